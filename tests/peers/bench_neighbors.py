"""Nearest neighbours by scikit-learn."""

import benchworker
from sklearn.neighbors import NearestNeighbors


@benchworker.function
def exact(x, seed, neighbors):
    near = NearestNeighbors(n_neighbors=neighbors, algorithm="brute", n_jobs=-1).fit(x)
    distances, indices = near.kneighbors()  # of the rows themselves, which are not their own neighbours
    return {"indices": indices, "distances": distances}


benchworker.serve("scikit-learn", "numpy", "scipy")
