"""UMAP by umap-learn."""

import os
import tempfile
import time
import warnings

import benchworker

# A cache of an earlier run would hide what compiling takes.
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="flatland-numba-")

import numpy as np  # noqa: E402
from umap import UMAP  # noqa: E402

warnings.simplefilter("ignore")  # of a seed that costs it the threads


def model(seed, components, neighbors, seeded):
    """A map with the seed, or else on all cores. Neighbours are found as in a large set, so that this is compiled on a small one."""
    how = {"random_state": seed} if seeded else {"n_jobs": -1}
    return UMAP(n_components=components, n_neighbors=neighbors, force_approximation_algorithm=True, **how)


@benchworker.function
def umap(x, seed, components, neighbors, seeded):
    return {"map": model(seed, components, neighbors, seeded).fit_transform(x)}


@benchworker.function
def transform(x, queries, seed, components, neighbors):
    fitted = benchworker.prepared(lambda x: model(seed, components, neighbors, False).fit(x), x)
    rows, seconds = [], []
    for i in range(len(queries)):
        start = time.perf_counter()
        rows.append(fitted.transform(queries[i:i + 1]))
        seconds.append(time.perf_counter() - start)
    return {"fitted": fitted.embedding_, "map": np.vstack(rows),
            "median": 1e3 * np.percentile(seconds, 50), "p99": 1e3 * np.percentile(seconds, 99)}


benchworker.serve("umap-learn", "pynndescent", "numba", "numpy", "scikit-learn")
