"""Neighbour graphs by pynndescent."""

import os
import tempfile

import benchworker

# A cache of an earlier run would hide what compiling takes.
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="flatland-numba-")

from pynndescent import NNDescent  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402


@benchworker.function
def graph(x, seed, neighbors):
    return _graph(x, "euclidean", seed, neighbors)


@benchworker.function
def sparse(indices, values, seed, neighbors, words):
    return _graph(benchworker.prepared(lambda i: rows(i, values, words), indices), "cosine", seed, neighbors)


def _graph(x, metric, seed, neighbors):
    index = NNDescent(x, metric=metric, n_neighbors=neighbors + 1, random_state=seed, n_jobs=-1)
    return benchworker.others(*index.neighbor_graph)


def rows(indices, values, words):
    """The sparse matrix whose rows have values, which are followed by zeros, in the columns of indices."""
    filled = values != 0
    ends = filled.sum(axis=1).cumsum()
    return csr_matrix((values[filled], indices[filled].astype("int32"), [0, *ends]), shape=(len(values), words))


benchworker.serve("pynndescent", "numba", "numpy")
