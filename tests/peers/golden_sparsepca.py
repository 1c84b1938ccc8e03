"""Sparse principal components by scikit-learn's SparsePCA, to convergence."""

import goldenfile

import numpy as np
from sklearn.decomposition import SparsePCA

HOW = (
    "iris and wine_standardized as datasets.Iris and dr.Standardize of datasets.Wine hold them, digits the first 300 rows of "
    "datasets.Digits. SparsePCA(method='lars', tol=1e-13, max_iter=20000), where no component begins again. objective: the last of "
    "error_. transformed: the first 5 rows."
)

wine = goldenfile.table("wine")[0]
TABLES = {
    "iris": goldenfile.table("iris")[0],
    "wine_standardized": (wine - wine.mean(axis=0)) / wine.std(axis=0),
    "digits": goldenfile.table("digits")[0][:300],
}


def golden(table, components, penalty=1.0, ridge=0.01):
    x = TABLES[table]
    model = SparsePCA(components, alpha=penalty, ridge_alpha=ridge, method="lars", tol=1e-13, max_iter=20000).fit(x)
    assert model.n_iter_ < 20000 and (model.components_ != 0).any(axis=1).all()
    order = np.argmax(np.abs(model.components_), axis=1)
    signs = np.sign(model.components_[np.arange(components), order])[:, None]
    return {"table": table, "components": components, "penalty": penalty, "ridge": ridge, "rows": model.components_ * signs,
            "objective": model.error_[-1], "transformed": model.transform(x)[:5] * signs.T}


goldenfile.write("sparsepca", "scikit-learn", "sparse principal components", HOW, {"runs": [
    golden("iris", 2),
    golden("iris", 2, 3.0),
    golden("wine_standardized", 4, 2.0),
    golden("wine_standardized", 3, 5.0, 1.0),
    golden("digits", 5, 60.0),
]})
