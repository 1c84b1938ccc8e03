"""Distances of persistence diagrams by GUDHI; of Wasserstein distances POT's network simplex does the work."""

import benchworker
import numpy as np
from gudhi import bottleneck_distance
from gudhi.wasserstein import wasserstein_distance


@benchworker.function
def bottleneck(p, q, seed):
    return {"distance": bottleneck_distance(p, q)}


@benchworker.function
def wasserstein(p, q, seed, order):
    return {"distance": wasserstein_distance(p.astype(np.float64), q.astype(np.float64), order=order, internal_p=np.inf)}


benchworker.serve("gudhi", "POT")
