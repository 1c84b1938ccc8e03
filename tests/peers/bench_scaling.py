"""Scaling of distances by scikit-learn."""

import warnings

import benchworker
from sklearn.manifold import MDS

warnings.simplefilter("ignore")  # of defaults to come


@benchworker.function
def metric_mds(x, seed, iterations, dtype):
    model = MDS(2, init="classical_mds", n_init=1, max_iter=iterations, eps=1e-6, normalized_stress=False, random_state=seed)
    return {"map": model.fit_transform(x.astype(dtype, copy=False))}


benchworker.serve("scikit-learn", "numpy", "scipy")
