"""Exact nearest neighbours of wine and of some digits by brute force."""

import goldenfile

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.preprocessing import StandardScaler

K = 10
HOW = (
    "scipy.spatial.distance.cdist (Euclidean, float64, differences squared and summed), all pairs; the row itself left "
    "out, sorted by distance, ties by index (stable sort). One line per query row, queries 0 to queries-1. least_gap: the "
    "smallest relative difference (d[j+1]-d[j])/d[j+1] of neighbouring distances that differ, up to neighbour k+1: rows "
    "rounded by less than that have the same neighbours. ties: pairs of neighbouring equal distances there. *_float32: the rows "
    "rounded to float32 first; standardized: every column less its mean over its standard deviation, divisor n, in "
    "float64, then rounded where float32 says so."
)


def golden(x, queries):
    distances = cdist(x[:queries], x)
    distances[np.arange(queries), np.arange(queries)] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")[:, : K + 1]
    nearest = np.take_along_axis(distances, order, axis=1)
    assert np.all(nearest > 0)
    gaps = np.diff(nearest, axis=1) / nearest[:, 1:]
    return {
        "rows": len(x),
        "columns": x.shape[1],
        "queries": queries,
        "k": K,
        "ties": int(np.sum(gaps == 0)),
        "least_gap": float(np.min(gaps[gaps > 0])),
        "indices": order[:, :K],
        "distances": nearest[:, :K],
    }


wine, _ = goldenfile.table("wine")
digits, _ = goldenfile.table("digits")
standardized = StandardScaler().fit_transform(wine)
goldenfile.write("neighbors", "scipy", "the 10 nearest neighbours of every row of wine and of the first 50 digits", HOW, {
    "data": {
        "wine": golden(wine, len(wine)),
        "wine_float32": golden(goldenfile.single(wine), len(wine)),
        "wine_standardized": golden(standardized, len(wine)),
        "wine_standardized_float32": golden(goldenfile.single(standardized), len(wine)),
        "digits": golden(digits, 50),
    },
}, others=("scikit-learn",))
