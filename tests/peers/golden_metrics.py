"""Distances between rows of digits, wine and iris by every metric of neighbors."""

import goldenfile

import numpy as np
from scipy.spatial.distance import jensenshannon, pdist, squareform
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import haversine_distances

ROWS = 20
HOW = (
    "scipy.spatial.distance.pdist, float64, of 20 rows spread over the data (every len//20-th from the first), in condensed form. digits: pixels 0 to 16, many of "
    "them 0. wine: as written. signed: wine less 5. places: the first two columns of iris over 3, as latitude and longitude "
    "in radians. ball: digits over 100. jaccard and dice: of the pixels that are not 0, as booleans. hellinger: the Euclidean distance "
    "of the roots of the rows over their sums, over the root of 2. haversine: sklearn.metrics.pairwise.haversine_distances. "
    "spearman: 1 - scipy.stats.spearmanr. poincare: arccosh(1 + 2 |a-b|^2 / ((1-|a|^2) (1-|b|^2))) by its definition. "
    "mahalanobis: VI the inverse of numpy.cov of all rows of wine; mahalanobis_given: VI the inverse of 1/(1+|i-j|). minkowski_weighted: w = 1, 2, ..., 13 over 13."
)


def spread(x):
    return x[:: len(x) // ROWS][:ROWS]


def condensed(square):
    return squareform(square, checks=False)


wine_all = goldenfile.table("wine")[0]
digits, wine, iris = (spread(goldenfile.table(name)[0]) for name in ("digits", "wine", "iris"))
signed, ball, places = wine - 5, digits / 100, iris[:, :2] / 3
data = {"digits": digits, "wine": wine, "signed": signed}

cases = []


def case(metric, name, distances):
    cases.append({"metric": metric, "data": name, "distances": distances})


for name, x in data.items():
    for metric in ("euclidean", "sqeuclidean", "cosine", "correlation", "chebyshev", "canberra", "braycurtis", "hamming"):
        case(metric, name, pdist(x, metric))
    case("manhattan", name, pdist(x, "cityblock"))
    for p in (1, 1.5, 2, 3, 4, 5, 12):
        case(f"minkowski(p={p:g})", name, pdist(x, "minkowski", p=p))
    case("spearman", name, 1 - condensed(spearmanr(x, axis=1).statistic))
for metric in ("jaccard", "dice"):
    case(metric, "digits", pdist(digits != 0, metric))
for name in ("digits", "wine"):
    case("jensenshannon", name, pdist(data[name], "jensenshannon"))
    roots = np.sqrt(data[name] / data[name].sum(axis=1, keepdims=True))
    case("hellinger", name, pdist(roots) / np.sqrt(2))
case("haversine", "places", condensed(haversine_distances(places)))
room = 1 - np.sum(ball**2, axis=1)
case("poincare", "ball", condensed(np.arccosh(1 + 2 * squareform(pdist(ball, "sqeuclidean")) / np.outer(room, room))))
case("mahalanobis", "wine", pdist(wine, "mahalanobis", VI=np.linalg.inv(np.cov(wine_all.T))))
i = np.arange(13)
case("mahalanobis_given", "signed", pdist(signed, "mahalanobis", VI=np.linalg.inv(1 / (1 + np.abs(i[:, None] - i)))))
case("minkowski_weighted", "signed", pdist(signed, "minkowski", p=3, w=(i + 1) / 13))

assert abs(cases[-1]["distances"][0]) > 0
assert np.allclose(pdist(digits[:2], "jensenshannon")[0], jensenshannon(digits[0], digits[1]))
goldenfile.write("metrics", "scipy", "the distances between 20 rows by every metric", HOW, {"cases": cases}, others=("scikit-learn",))
