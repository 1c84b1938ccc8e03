"""Intrinsic dimension by scikit-dimension: on the neighbours that it finds itself, or on those that scikit-learn finds with all
cores, which its estimators take."""

import benchworker
import skdim.id
from sklearn.neighbors import NearestNeighbors


def nearest(x, k):
    return NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=-1).fit(x).kneighbors()


@benchworker.function
def twonn(x, seed, given):
    if given:
        distances, _ = nearest(x, 2)
        return {"dimension": skdim.id.TwoNN(dist=True).fit(distances).dimension_}
    return {"dimension": skdim.id.TwoNN().fit(x).dimension_}


@benchworker.function
def mle(x, seed, neighbors, given):
    found = nearest(x, neighbors) if given else None
    model = skdim.id.MLE().fit(x, n_neighbors=neighbors, precomputed_knn_arrays=found, n_jobs=-1)
    return {"dimension": model.dimension_}


benchworker.serve("scikit-dimension", "scikit-learn", "numpy", "numba")
