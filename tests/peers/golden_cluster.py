"""Clusters by scikit-learn and SciPy: k-means from given centres, linkages, spectral clustering and HDBSCAN."""

import goldenfile

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import HDBSCAN, KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score

HOW = (
    "iris, wine and digits as datasets.Iris, Wine and Digits hold them; digits are the first 400 rows. kmeans: KMeans from the rows "
    "'start' as centres, n_init=1, algorithm='lloyd', tol=0; inertia, centers (in the order of start) and labels. linkages: "
    "scipy.cluster.hierarchy.linkage of the rows: the heights of all merges, and fcluster(maxclust) labels for k clusters. "
    "spectral: SpectralClustering(affinity='precomputed') of the average of the graph of 10 other neighbours and its transpose, with "
    "the default assign_labels. hdbscan: sklearn.cluster.HDBSCAN(min_cluster_size=m, min_samples=m+1), so that m other rows count; labels "
    "and probabilities. Many edges of its tree are equally long, core distances, and are taken in an order that depends on that of the rows: "
    "agreement is the least adjusted Rand index of the labels with those of the same rows in another order, ten times."
)

TABLES = {name: goldenfile.table(name)[0] for name in ("iris", "wine", "digits")}
TABLES["digits"] = TABLES["digits"][:400]


def kmeans(table, start):
    x = TABLES[table]
    m = KMeans(len(start), init=x[start], n_init=1, algorithm="lloyd", tol=0, max_iter=1000).fit(x)
    return {"table": table, "start": start, "inertia": m.inertia_, "centers": m.cluster_centers_, "labels": m.labels_}


def linked(table, method, k):
    z = linkage(TABLES[table], method)
    return {"table": table, "linkage": method, "heights": z[:, 2], "clusters": k, "labels": fcluster(z, k, "maxclust")}


def spectral(table, k):
    x = TABLES[table]
    d = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    np.fill_diagonal(d, np.inf)
    near = np.argsort(d, axis=1, kind="stable")[:, :10]
    a = np.zeros(d.shape)
    np.put_along_axis(a, near, 1, axis=1)
    m = SpectralClustering(k, affinity="precomputed", random_state=0, n_init=10).fit((a + a.T) / 2)
    return {"table": table, "clusters": k, "labels": m.labels_}


def dense(table, m):
    x = TABLES[table]
    method = HDBSCAN(min_cluster_size=m, min_samples=m + 1, copy=True)
    labels, probabilities = method.fit(x).labels_, method.probabilities_
    agreement, draw = 1, np.random.default_rng(0)
    for _ in range(10):
        order, other = draw.permutation(len(x)), np.empty(len(x), int)
        other[order] = method.fit(x[order]).labels_
        agreement = min(agreement, adjusted_rand_score(labels, other))
    return {"table": table, "min_size": m, "labels": labels, "probabilities": probabilities, "agreement": agreement}


goldenfile.write("cluster", "scikit-learn", "clusters of rows", HOW, {
    "kmeans": [kmeans("iris", [0, 60, 110]), kmeans("wine", [0, 70, 150]), kmeans("digits", list(range(10)))],
    "linkages": [linked(t, m, k) for t, k in (("wine", 3), ("digits", 10)) for m in ("ward", "average", "complete", "single")],
    "spectral": [spectral("wine", 3), spectral("digits", 10)],
    "hdbscan": [dense("iris", 10), dense("iris", 15), dense("wine", 5), dense("wine", 12), dense("digits", 5), dense("digits", 8)],
})
