"""The weights of supervised UMAP, by umap-learn."""

import warnings

import goldenfile

import numpy as np
from sklearn.metrics import pairwise_distances
from umap.umap_ import (discrete_metric_simplicial_set_intersection, fuzzy_simplicial_set, general_simplicial_set_intersection,
                        reset_local_connectivity)

warnings.simplefilter("ignore")


def fuzzy(x, k):
    d = pairwise_distances(x)
    np.fill_diagonal(d, -1)
    at = np.argsort(d, axis=1, kind="stable")[:, :k]
    near = np.take_along_axis(d, at, 1)
    near[:, 0] = 0
    w, _, _ = fuzzy_simplicial_set(x, k, np.random.RandomState(0), "euclidean", knn_indices=at, knn_dists=near.astype(np.float32))
    return w


def upper(w):
    w = w.tocoo()
    w.sum_duplicates()
    keep = (w.row < w.col) & (w.data > 0)
    order = np.lexsort((w.col[keep], w.row[keep]))
    return {"heads": w.row[keep][order], "tails": w.col[keep][order], "weights": w.data[keep][order]}


def by_labels(x, labels, weight):
    far = 2.5 / (1 - weight) if weight < 1 else 1e12
    w = discrete_metric_simplicial_set_intersection(fuzzy(x, 15), labels, far_dist=far)
    return {"rows": len(x), "weight": weight, "labels": labels, **upper(w)}


def by_targets(x, targets, k, weight):
    w = general_simplicial_set_intersection(fuzzy(x, 15), fuzzy(targets.reshape(-1, 1), k), weight)
    return {"rows": len(x), "weight": weight, "neighbors": k, "targets": targets, **upper(reset_local_connectivity(w))}


digits, labels = goldenfile.table("digits")
digits, labels = digits[:50], labels[:50].copy()
labels[::5] = -1
targets = np.sin(digits @ np.linspace(.1, 2, digits.shape[1])) + np.arange(50) / 50
goldenfile.write("umapsupervised", "umap-learn", "weights of the first digits that respect labels (−1 unknown) and numbers",
                 "fuzzy_simplicial_set of exact neighbours, 15; discrete_metric_simplicial_set_intersection, with far_dist as UMAP sets it; "
                 "general_simplicial_set_intersection and reset_local_connectivity. Weights: those with head < tail.",
                 {"labels": [by_labels(digits, labels, w) for w in (.5, .9, 1)],
                  "targets": [by_targets(digits, targets, k, w) for k, w in ((15, .5), (10, .2), (8, .8))]}, others=("numba", "scikit-learn"))
