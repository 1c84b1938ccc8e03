"""Intrinsic dimension by scikit-dimension: on the neighbours that it finds itself, or on those that scikit-learn finds with all
cores, which its estimators take."""

import os

import benchworker
import numpy as np
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


@benchworker.function
def mom(x, seed, given):
    found = nearest(x, min(100, len(x) - 1)) if given else None
    return {"dimension": skdim.id.MOM().fit(x, precomputed_knn_arrays=found, n_jobs=-1).dimension_}


@benchworker.function
def mada(x, seed):
    return {"dimension": skdim.id.MADA().fit(x).dimension_}


@benchworker.function
def tle(x, seed, given, parallel):
    found = nearest(x, 20) if given else None
    jobs = os.cpu_count() if parallel else 1
    return {"dimension": skdim.id.TLE().fit(x, precomputed_knn_arrays=found, n_jobs=jobs).dimension_}


@benchworker.function
def mind(x, seed):
    return {"dimension": skdim.id.MiND_ML(D=100).fit(x).dimension_}


@benchworker.function
def corrint(x, seed):
    return {"dimension": skdim.id.CorrInt().fit(x).dimension_}


@benchworker.function
def fishers(x, seed):
    return {"dimension": np.mean(skdim.id.FisherS().fit(x).dimension_)}


@benchworker.function
def ess(x, seed, parallel):
    jobs = os.cpu_count() if parallel else 1
    return {"dimension": skdim.id.ESS(random_state=seed).fit(x, n_jobs=jobs).dimension_}


@benchworker.function
def profile(x, seed, shared):
    """Six estimators one after the other: each on neighbours of its own, or all on the same."""
    found = nearest(x, min(100, len(x) - 1)) if shared else None
    few = (found[0][:, :20], found[1][:, :20]) if shared else None
    ratios = skdim.id.TwoNN(dist=True).fit(found[0]) if shared else skdim.id.TwoNN().fit(x)
    return {
        "dimension": ratios.dimension_,
        "mle": skdim.id.MLE().fit(x, n_neighbors=20, precomputed_knn_arrays=few, n_jobs=-1).dimension_,
        "mom": skdim.id.MOM().fit(x, precomputed_knn_arrays=found, n_jobs=-1).dimension_,
        "tle": skdim.id.TLE().fit(x, precomputed_knn_arrays=few, n_jobs=os.cpu_count()).dimension_,
        "corrint": skdim.id.CorrInt().fit(x).dimension_,
        "mada": skdim.id.MADA().fit(x).dimension_,
    }


benchworker.serve("scikit-dimension", "scikit-learn", "numpy", "numba")
