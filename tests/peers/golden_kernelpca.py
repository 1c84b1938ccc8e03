"""Kernel principal components by scikit-learn's KernelPCA."""

import goldenfile

import numpy as np
from sklearn.decomposition import KernelPCA

HOW = (
    "digits are the first 80 rows of datasets.Digits over 16, iris as datasets.Iris holds it. KernelPCA(n_components=3, "
    "eigen_solver='dense', fit_inverse_transform=True) fitted to all rows but the last ten, less their mean for rbf and linear. "
    "transformed: the first 5 rows. fresh: the last 10 rows. inverse: the points of the first 5 rows of transformed, plus the mean."
)

TABLES = {"iris": goldenfile.table("iris")[0], "digits": goldenfile.table("digits")[0][:80] / 16}


def golden(table, kernel, gamma=None, degree=3, coef0=1.0, alpha=1.0):
    x = TABLES[table]
    fit, new = x[:-10], x[-10:]
    mean = fit.mean(axis=0) if kernel in ("rbf", "linear") else np.zeros(x.shape[1])
    model = KernelPCA(3, kernel=kernel, gamma=gamma, degree=degree, coef0=coef0, alpha=alpha, eigen_solver="dense",
                      fit_inverse_transform=kernel != "sigmoid")
    z = model.fit_transform(fit - mean)
    run = {"table": table, "kernel": kernel, "gamma": gamma or 0, "degree": degree, "offset": coef0, "ridge": alpha,
           "eigenvalues": model.eigenvalues_, "transformed": z[:5], "fresh": model.transform(new - mean)}
    if kernel != "sigmoid":
        run["inverse"] = model.inverse_transform(z[:5]) + mean
    return run


goldenfile.write("kernelpca", "scikit-learn", "kernel principal components", HOW, {"runs": [
    golden("iris", "rbf"),
    golden("digits", "rbf", gamma=0.05, alpha=0.1),
    golden("iris", "linear"),
    golden("digits", "poly"),
    golden("digits", "poly", gamma=0.1, degree=2, coef0=0.5),
    golden("iris", "cosine"),
    golden("digits", "sigmoid", gamma=0.01, coef0=0.1),
]})
