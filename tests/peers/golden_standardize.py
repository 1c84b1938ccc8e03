"""Centres and scales of wine and digits by scikit-learn."""

import goldenfile

from sklearn.preprocessing import RobustScaler, StandardScaler

HOW = (
    "standard: StandardScaler, mean and standard deviation with divisor n. robust: RobustScaler, median and distance of "
    "the quartiles (quantiles interpolated linearly between order statistics). A column whose scale is zero gets "
    "scale 1. transformed: the first 3 rows, (x - center) / scale. *_float32: the rows rounded to float32 first."
)


def golden(x):
    standard, robust = StandardScaler().fit(x), RobustScaler().fit(x)
    return {
        "rows": len(x),
        "columns": x.shape[1],
        "standard": {"center": standard.mean_, "scale": standard.scale_, "transformed": standard.transform(x[:3])},
        "robust": {"center": robust.center_, "scale": robust.scale_, "transformed": robust.transform(x[:3])},
    }


wine, _ = goldenfile.table("wine")
digits, _ = goldenfile.table("digits")
goldenfile.write("standardize", "scikit-learn", "centres and scales of wine, and of digits, some of whose columns are constant", HOW, {
    "data": {"wine": golden(wine), "wine_float32": golden(goldenfile.single(wine)), "digits": golden(digits)},
})
