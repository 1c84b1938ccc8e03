"""UMAP, stage by stage, by umap-learn."""

import warnings

import goldenfile

import numpy as np
from sklearn.metrics import pairwise_distances
from umap import UMAP
from umap.spectral import spectral_layout
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, smooth_knn_dist

warnings.simplefilter("ignore")  # of seeds that take the threads, which is why they are given


def nearest(x, k):
    """The rows nearest to each, itself first, those at equal distance by number."""
    d = pairwise_distances(x)
    np.fill_diagonal(d, -1)
    at = np.argsort(d, axis=1, kind="stable")[:, :k]
    near = np.take_along_axis(d, at, 1)
    near[:, 0] = 0
    return at, near


def short(values):
    """Seven digits, which float32 has."""
    return [[float(f"{v:.7g}") for v in row] if np.ndim(row) else float(f"{row:.7g}") for row in values]


def weighed(name, x, k, connectivity, mix, dim=0):
    at, near = nearest(x, k)
    sigmas, rhos = smooth_knn_dist(near.astype(np.float32), float(k), local_connectivity=float(connectivity))
    w, _, _ = fuzzy_simplicial_set(x, k, np.random.RandomState(0), "euclidean", knn_indices=at, knn_dists=near.astype(np.float32),
                                   set_op_mix_ratio=mix, local_connectivity=connectivity)
    w = w.tocoo()
    upper = (w.row < w.col) & (w.data > 0)
    order = np.lexsort((w.col[upper], w.row[upper]))
    run = {"table": name, "rows": len(x), "neighbors": k, "connectivity": connectivity, "mix": mix, "sigmas": short(sigmas), "rhos": short(rhos),
           "heads": w.row[upper][order], "tails": w.col[upper][order], "weights": short(w.data[upper][order])}
    if dim:
        run["spectral"] = short(spectral_layout(x, w.tocsr(), dim, np.random.RandomState(0), tol=1e-10, maxiter=10000))
    return run


def entropy(y, w, a, b):
    """The cross entropy of a point, over all pairs; squared distances below 0.001 count as such."""
    n = len(y)
    i, j = np.triu_indices(n, 1)
    w = np.asarray(w.todense(), dtype=np.float64)[i, j]
    w /= w.max()
    p = a * np.maximum(((y[i] - y[j]) ** 2).sum(1), 1e-3) ** b
    with np.errstate(divide="ignore", invalid="ignore"):
        joined = np.where(w > 0, w * (np.log(w) + np.log1p(p)), 0)
        parted = np.where(w < 1, (1 - w) * (np.log1p(-w) + np.log1p(1 / p)), 0)
    return (joined + parted).sum() / n


def mapped(name, x, k, seeds):
    values = []
    for seed in seeds:
        model = UMAP(n_neighbors=k, random_state=seed).fit(x)
        values.append(entropy(model.embedding_.astype(np.float64), model.graph_, model._a, model._b))
    return {"table": name, "rows": len(x), "neighbors": k, "cross_entropies": values}


wine, _ = goldenfile.table("wine")
digits = goldenfile.table("digits")[0]
curves = []
for low, spread in [(.1, 1), (.01, 1), (.001, 1), (0, 1), (.5, 1), (1, 1), (.25, 2.5)]:
    a, b = find_ab_params(spread, low)
    curves.append({"min_dist": low, "spread": spread, "a": a, "b": b})
goldenfile.write("umap", "umap-learn", "UMAP of wine and the first digits: scales, weights, curves, spectral starts, and what the maps come to",
                 "smooth_knn_dist and fuzzy_simplicial_set of exact neighbours, of which the row itself is one; weights: those with head < tail; "
                 "spectral: spectral_layout(tol=1e-10); find_ab_params; cross_entropies: of UMAP(random_state=0…14), per point, over all pairs.",
                 {"curves": curves,
                  "weights": [weighed("wine", wine[:100], 15, 1, 1.0, 2), weighed("digits", digits[:70], 15, 1, 1.0, 2), weighed("digits", digits[:60], 6, 2.5, .3)],
                  "maps": [mapped("digits", digits[:300], 15, range(15))]}, others=("numba", "scikit-learn"))
