"""TriMap by its authors."""

import benchworker
from trimap import TRIMAP


@benchworker.function
def trimap(x, seed, components):
    return {"map": TRIMAP(n_dims=components).fit_transform(x)}  # it takes no seed


benchworker.serve("trimap", "annoy", "numba", "numpy", "scikit-learn")
