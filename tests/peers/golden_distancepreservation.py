"""Correlations of distances in data and in maps by SciPy, with and without ties."""

import goldenfile

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr

HOW = (
    "Rows are the table's values times 'times', as whole numbers: squared distances are exact in float64, and equal distances are equal to the bit. "
    "x: every step-th row, or their distances where metric is cityblock; y: the columns from 'first' to before 'end' of the same rows. delta = "
    "scipy.spatial.distance.pdist(x, metric), d = pdist(y). pearson: scipy.stats.pearsonr(delta, d).statistic; spearman: "
    "scipy.stats.spearmanr(delta, d).statistic, average ranks; scale: numpy.linalg.lstsq of delta = scale * d; stress: norm(delta - scale * d) / "
    "norm(delta); pairs: how many distances; distinct: how many different values d has."
)


def case(name, table, times, step, first, end, metric="euclidean"):
    rows = np.rint(goldenfile.table(table)[0] * times)[::step]
    delta, d = pdist(rows, metric), pdist(rows[:, first:end])
    scale = np.linalg.lstsq(d[:, None], delta, rcond=None)[0][0]
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
goldenfile.write("distancepreservation", "scipy", "correlations of distances in data and in maps", HOW, {"cases": cases})
