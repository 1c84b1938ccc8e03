"""Factors of a matrix by scikit-learn."""

import warnings

import benchworker
from scipy.sparse import csr_matrix
from sklearn.decomposition import NMF, FastICA, KernelPCA, TruncatedSVD

warnings.simplefilter("ignore")  # of iterations that end before they converge, as ours may


@benchworker.function
def nmf(x, seed, components):
    model = NMF(components, random_state=seed)
    return {"map": model.fit_transform(x), "components": model.components_}


@benchworker.function
def fastica(x, seed, components, solver):
    return {"map": FastICA(components, whiten="unit-variance", whiten_solver=solver, random_state=seed).fit_transform(x)}


@benchworker.function
def kernelpca(x, seed, components, squares, solver):
    return {"map": KernelPCA(components, kernel="rbf", gamma=1 / squares, eigen_solver=solver, random_state=seed, n_jobs=-1).fit_transform(x)}


@benchworker.function
def truncatedsvd(indices, values, seed, components, words, algorithm):
    x = benchworker.prepared(lambda i: rows(i, values, words), indices)
    model = TruncatedSVD(components, algorithm=algorithm, random_state=seed)
    return {"map": model.fit_transform(x), "components": model.components_}


def rows(indices, values, words):
    """The sparse matrix whose rows have values, which are followed by zeros, in the columns of indices."""
    filled = values != 0
    ends = filled.sum(axis=1).cumsum()
    return csr_matrix((values[filled], indices[filled].astype("int32"), [0, *ends]), shape=(len(values), words))


benchworker.serve("scikit-learn", "numpy", "scipy")
