"""Clusters by scikit-learn, fastcluster, SciPy and hdbscan."""

import warnings

import benchworker
import fastcluster
import hdbscan
import numpy as np
import scipy.cluster.hierarchy
from sklearn.cluster import HDBSCAN, KMeans, SpectralClustering

warnings.simplefilter("ignore")  # of what becomes the default in later versions


@benchworker.function
def kmeans(x, seed, clusters, restarts, algorithm):
    return labels(KMeans(clusters, n_init=restarts, algorithm=algorithm, random_state=seed).fit(x))


@benchworker.function
def ward(x, seed, by):
    linkage = {
        "fastcluster": fastcluster.linkage,
        "fastcluster_vector": fastcluster.linkage_vector,
        "scipy": scipy.cluster.hierarchy.linkage,
    }[by]
    return {"heights": linkage(x, method="ward")[:, 2].sum()}


@benchworker.function
def density(x, seed, size, core, by):
    if by == "sklearn":  # which counts the row itself
        found = HDBSCAN(min_cluster_size=size, min_samples=core + 1, n_jobs=-1, copy=False).fit(x).labels_
    else:
        found = hdbscan.HDBSCAN(min_cluster_size=size, min_samples=core, algorithm=by, approx_min_span_tree=False, core_dist_n_jobs=-1).fit(x).labels_
    return {"clusters": found.max() + 1, "noise": (found < 0).sum()}


@benchworker.function
def spectral_clusters(x, seed, clusters, neighbors, solver):
    model = SpectralClustering(clusters, affinity="nearest_neighbors", n_neighbors=neighbors + 1, eigen_solver=solver, random_state=seed, n_jobs=-1)
    return labels(model.fit(x))  # n_neighbors counts the row itself


def labels(model):
    return {"labels": model.labels_.astype(np.int32)[:, None]}


benchworker.serve("scikit-learn", "fastcluster", "hdbscan", "numpy", "scipy")
