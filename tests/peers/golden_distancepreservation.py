"""Correlations of distances in data and in maps by SciPy, and stresses, with and without ties."""

import goldenfile

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn.isotonic import IsotonicRegression

HOW = (
    "Rows are the table's values times 'times', as whole numbers: squared distances are exact in float64, and equal distances are equal to the bit. "
    "x: every step-th row, or their distances where metric is cityblock; y: the columns from 'first' to before 'end' of the same rows. delta = "
    "scipy.spatial.distance.pdist(x, metric), d = pdist(y). pearson: scipy.stats.pearsonr(delta, d).statistic; spearman: "
    "scipy.stats.spearmanr(delta, d).statistic, average ranks; scale: numpy.linalg.lstsq of delta = scale * d; stress: norm(delta - scale * d) / "
    "norm(delta); pairs: how many distances; distinct: how many different values d has. kendall: scipy.stats.kendalltau(delta, d, variant='b'). raw: "
    "sum((delta - d)**2); normalized, kruskal: its root over norm(delta), over norm(d); sammon: sum((delta - d)**2 / delta) / sum(delta) where delta > 0, "
    "left out otherwise: coincident of them; nonmetric: norm(d - f) / norm(d), f by sklearn.isotonic.IsotonicRegression of d on its place in the order "
    "by delta, then by d (Kruskal's primary approach to ties)."
)


def case(name, table, times, step, first, end, metric="euclidean"):
    rows = np.rint(goldenfile.table(table)[0] * times)[::step]
    delta, d = pdist(rows, metric), pdist(rows[:, first:end])
    scale = np.linalg.lstsq(d[:, None], delta, rcond=None)[0][0]
    miss, apart, order = (delta - d) ** 2, delta > 0, np.lexsort((d, delta))
    fitted = IsotonicRegression().fit_transform(np.arange(len(d)), d[order])
    return {
        "name": name,
        "table": table,
        "times": times,
        "step": step,
        "first": first,
        "end": end,
        "metric": metric,
        "pairs": len(d),
        "distinct": len(np.unique(d)),
        "pearson": float(pearsonr(delta, d).statistic),
        "spearman": float(spearmanr(delta, d).statistic),
        "scale": float(scale),
        "stress": float(np.linalg.norm(delta - scale * d) / np.linalg.norm(delta)),
        "kendall": float(kendalltau(delta, d, variant="b").statistic),
        "raw": float(np.sum(miss)),
        "normalized": float(np.sqrt(np.sum(miss)) / np.linalg.norm(delta)),
        "kruskal": float(np.sqrt(np.sum(miss)) / np.linalg.norm(d)),
        "sammon": float(np.sum(miss[apart] / delta[apart]) / np.sum(delta)),
        "coincident": int(np.sum(~apart)),
        "nonmetric": float(np.linalg.norm(d[order] - fitted) / np.linalg.norm(d)),
    }


cases = [
    case("petals", "iris", 10, 1, 2, 4),
    case("sepals", "iris", 10, 1, 0, 2),
    case("a row of pixels", "digits", 1, 3, 24, 32),
    case("one pixel", "digits", 1, 3, 20, 21),
    case("an empty pixel's neighbour", "digits", 1, 2, 0, 2),
    case("given distances", "iris", 10, 2, 0, 3, "cityblock"),
]
assert all(c["distinct"] > 1 for c in cases) and min(c["distinct"] for c in cases) < 30
goldenfile.write("distancepreservation", "scipy", "correlations of distances in data and in maps", HOW, {"cases": cases}, ("scikit-learn",))
