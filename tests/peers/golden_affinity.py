"""Kernels, Laplacians and random walks of wine: graphtools, pydiffmap, scikit-learn and SciPy."""

import goldenfile

import graphtools
import graphtools.graphs
import numpy as np
from pydiffmap.diffusion_map import DiffusionMap
from scipy.linalg import eigh, svdvals
from scipy.sparse.csgraph import laplacian
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.neighbors import NearestNeighbors, kneighbors_graph

HOW = (
    "rows: wine as it is, and iris, which has duplicates. decay: graphtools.Graph(n_pca=None, thresh=1e-4) without "
    "numba, which makes it compute in float32; knn leaves the row itself out: the number of weights, the row sums of "
    "the kernel K, rows 0 and 101 of K and of diff_op, and the ten largest eigenvalues of diff_op with anisotropy 0 "
    "and 1, by numpy.linalg.eigvals. entropy: -sum p log p of the singular values of diff_op to the powers 1 to 20, "
    "over their sum. gaussian: DiffusionMap.from_sklearn(epsilon='bgh'), whose k counts the row itself: k here is one "
    "less; epsilon, the slope's dimension as rounded there, and the eight largest eigenvalues of its generator L, by "
    "numpy.linalg.eigvals, times epsilon plus 1 (eigs misses double ones). connectivity: "
    "kneighbors_graph(include_self=False) made (A+A')/2, and the ten smallest eigenvalues of "
    "scipy.sparse.csgraph.laplacian(normed=True) and of the combinatorial one. entropic: _joint_probabilities_nn of "
    "scikit-learn (float32 inside): row sums and row 0."
)

ROWS = (0, 101)
graphtools.graphs.NUMBA_AVAILABLE = False


def decay(x, knn, power):
    g = graphtools.Graph(x, knn=knn, decay=power, thresh=1e-4, n_pca=None, verbose=0, use_pygsp=False)
    k = g.kernel.tocsr()
    p = g.diff_op
    k.eliminate_zeros()

    def largest(anisotropy):
        h = graphtools.Graph(x, knn=knn, decay=power, thresh=1e-4, anisotropy=anisotropy, n_pca=None, verbose=0, use_pygsp=False)
        return np.sort(np.linalg.eigvals(h.diff_op.toarray()).real)[::-1][:10]

    s = svdvals(p.toarray())
    entropy = []
    for t in range(1, 21):
        q = s**t / np.sum(s**t)
        q = q[q > 0]
        entropy.append(float(-np.sum(q * np.log(q))))
    return {
        "neighbors": knn,
        "decay": power,
        "weights": int(k.nnz),
        "sums": np.asarray(k.sum(axis=1)).ravel(),
        "rows": k[list(ROWS)].toarray(),
        "steps": p.tocsr()[list(ROWS)].toarray(),
        "eigenvalues": np.array([largest(0), largest(1)]),
        "entropy": entropy,
    }


def gaussian(x, k, alpha):
    m = DiffusionMap.from_sklearn(n_evecs=6, epsilon="bgh", alpha=alpha, k=k + 1)
    m.fit(x)
    return {"neighbors": k, "alpha": alpha, "epsilon": float(m.epsilon_fitted), "dimension": float(m.local_kernel.d),
            "eigenvalues": np.sort(np.linalg.eigvals(m.L.toarray()).real)[::-1][:8] * m.epsilon_fitted + 1}


def connectivity(x, k):
    a = kneighbors_graph(x, k, include_self=False).toarray()
    w = (a + a.T) / 2
    return {"neighbors": k, "weights": int((w > 0).sum()), "sums": w.sum(axis=1),
            "symmetric": eigh(laplacian(w, normed=True), eigvals_only=True)[:10],
            "combinatorial": eigh(laplacian(w), eigvals_only=True)[:10]}


def entropic(x, perplexity):
    d = NearestNeighbors(n_neighbors=int(3 * perplexity)).fit(x).kneighbors_graph(mode="distance")
    d.sort_indices()
    d.data **= 2
    p = _joint_probabilities_nn(d, perplexity, 0)
    return {"perplexity": perplexity, "sums": np.asarray(p.sum(axis=1)).ravel(), "row": p[0].toarray().ravel()}


wine, _ = goldenfile.table("wine")
iris, _ = goldenfile.table("iris")
goldenfile.write("affinity", "graphtools", "weights of wine and iris, and what is made of them", HOW, {
    "wine": {"decay": [decay(wine, 5, 40), decay(wine, 5, 2), decay(wine, 12, 10)],
             "gaussian": [gaussian(wine, 63, 0.5), gaussian(wine, 63, 1.0)],
             "connectivity": connectivity(wine, 10),
             "entropic": entropic(wine, 20)},
    "iris": {"decay": [decay(iris, 5, 40)], "gaussian": [gaussian(iris, 30, 0.5)]},
}, others=("pydiffmap", "scikit-learn"))
