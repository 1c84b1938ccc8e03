"""Intrinsic dimension by scikit-dimension, on the neighbours that scikit-learn finds with all cores: both estimators take them,
and find them slower by themselves."""

import benchworker
import skdim.id
from sklearn.neighbors import NearestNeighbors


def nearest(x, k):
    return NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=-1).fit(x).kneighbors()


@benchworker.function
def twonn(x, seed):
    distances, _ = nearest(x, 2)
    return {"dimension": skdim.id.TwoNN(dist=True).fit(distances).dimension_}


@benchworker.function
def mle(x, seed, neighbors):
    model = skdim.id.MLE().fit(x, n_neighbors=neighbors, precomputed_knn_arrays=nearest(x, neighbors))
    return {"dimension": model.dimension_}


benchworker.serve("scikit-dimension", "scikit-learn", "numpy", "numba")
