"""Treatments of columns and rows of iris, wine and digits by scikit-learn, medians of deviations by SciPy."""

import goldenfile

import numpy as np
from scipy import sparse, stats
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import RobustScaler, StandardScaler, normalize

HOW = (
    "All in float64 on float64 rows; sparse ones are the digits as csr_matrix, rounded to float32 first (they are whole "
    "numbers). mad: median, and median_abs_deviation(scale='normal'). sparse_standard: StandardScaler(with_mean=False), "
    "sparse_robust: RobustScaler(with_centering=False), scale_ of the columns whose scale is not 0. normalize: "
    "normalize(norm=…), the first 3 rows. log: normalize(norm='l1') times the median total of the rows, log1p. holes: "
    "values that are missing, as [row, column]. simple: statistics_ of SimpleImputer by strategy. nearest: "
    "KNNImputer(n_neighbors=k, weights=w): what stands at the holes, in their order; new: at the holes of the last "
    "10 rows, of an imputer fitted to the others."
)


def holes(x, share, seed):
    """Places that a linear congruential generator takes out, but none of a column's first two values."""
    places, state = [], seed
    for i in range(len(x)):
        for j in range(x.shape[1]):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            if i > 1 and state / 2**64 < share:
                places.append([i, j])
    return places


def impute(x, share, seed):
    places = holes(x, share, seed)
    gaps = x.copy()
    rows, columns = np.array(places).T
    gaps[rows, columns] = np.nan
    cut = len(x) - 10
    late = rows >= cut
    nearest = []
    for k, w in ((5, "uniform"), (1, "uniform"), (7, "distance")):
        new = KNNImputer(n_neighbors=k, weights=w).fit(gaps[:cut]).transform(gaps[cut:])
        nearest.append({
            "neighbors": k,
            "weights": w,
            "values": KNNImputer(n_neighbors=k, weights=w).fit_transform(gaps)[rows, columns],
            "new": new[rows[late] - cut, columns[late]],
        })
    return {
        "holes": places,
        "simple": {s: SimpleImputer(strategy=s).fit(gaps).statistics_ for s in ("mean", "median", "most_frequent")},
        "nearest": nearest,
    }


def rows(x):
    l1 = normalize(x, norm="l1")
    return {
        "mad": {"center": np.median(x, axis=0), "scale": stats.median_abs_deviation(x, axis=0, scale="normal")},
        "normalize": {norm: normalize(x, norm=norm)[:3] for norm in ("l2", "l1", "max")},
        "log": {"target": float(np.median(x.sum(axis=1))), "rows": np.log1p(l1 * np.median(x.sum(axis=1)))[:3]},
    }


iris, _ = goldenfile.table("iris")
wine, _ = goldenfile.table("wine")
digits, _ = goldenfile.table("digits")
csr = sparse.csr_matrix(digits)
goldenfile.write("treatments", "scikit-learn", "treatments of columns and rows, and missing values", HOW, {
    "data": {"iris": rows(iris), "wine": rows(wine), "digits": rows(digits)},
    "sparse": {
        "standard": StandardScaler(with_mean=False).fit(csr).scale_,
        "robust": RobustScaler(with_centering=False).fit(csr).scale_,
        "l2": normalize(csr, norm="l2")[:3].toarray(),
    },
    "impute": {"wine": impute(wine, 0.1, 2), "wine_standardized": impute(StandardScaler().fit_transform(wine), 0.2, 1)},
})
