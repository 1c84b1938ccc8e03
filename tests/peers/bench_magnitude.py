"""Magnitude by SciPy, as its definition is written down."""

import benchworker
import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist


@benchworker.function
def magnitude(x, seed, lean):
    ones = np.ones(len(x))
    if lean:
        z = cdist(x, x)
        np.negative(z, out=z)
        np.exp(z, out=z)
        factor = cho_factor(z, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, ones, overwrite_b=True, check_finite=False)
    else:
        weights = cho_solve(cho_factor(np.exp(-cdist(x, x))), ones)
    return {"magnitude": weights.sum(), "weights": weights[None, :]}


benchworker.serve("scipy", "numpy")
