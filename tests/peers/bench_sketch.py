"""Random projections and features by NumPy and scikit-learn."""

import benchworker
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.kernel_approximation import RBFSampler
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection


@benchworker.function
def gaussian(x, seed, dim):
    return {"map": _gaussian(x, seed, dim)}


@benchworker.function
def projection(x, seed, dim, filled):
    return {"map": {"some": _projection, "all": _gaussian}[filled](x, seed, dim)}


@benchworker.function
def words_projection(indices, values, seed, dim, words):
    return {"map": _projection(benchworker.prepared(lambda i: _rows(i, values, words), indices), seed, dim)}


@benchworker.function
def words_gaussian(indices, values, seed, dim, words):
    x = benchworker.prepared(lambda i: _rows(i, values, words), indices)
    return {"map": GaussianRandomProjection(n_components=dim, random_state=seed).fit_transform(x)}


@benchworker.function
def features(x, seed, dim, gamma):
    return {"map": RBFSampler(gamma=1 / gamma, n_components=dim, random_state=seed).fit_transform(x)}


def _gaussian(x, seed, dim):
    matrix = np.random.default_rng(seed).standard_normal((x.shape[1], dim), dtype=np.float32)
    matrix /= np.float32(dim ** 0.5)
    return x @ matrix


def _projection(x, seed, dim):
    return SparseRandomProjection(n_components=dim, dense_output=True, random_state=seed).fit_transform(x)


def _rows(indices, values, words):
    """The sparse matrix whose rows have values, which are followed by zeros, in the columns of indices."""
    filled = values != 0
    ends = filled.sum(axis=1).cumsum()
    return csr_matrix((values[filled], indices[filled].astype("int32"), [0, *ends]), shape=(len(values), words))


benchworker.serve("scikit-learn", "numpy", "scipy")
