"""Linear discriminants by scikit-learn, and by SciPy of its shrunk covariance."""

import goldenfile

import numpy as np
from scipy.linalg import eigh
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

HOW = (
    "svd: LinearDiscriminantAnalysis(solver='svd'): scalings_, transposed, the entry of largest magnitude of a row being "
    "positive, explained_variance_ratio_, and transform of the first 3 rows with the same signs. shrunk: "
    "scipy.linalg.eigh of the covariance between classes (divisor n) and covariance_ of "
    "LinearDiscriminantAnalysis(solver='eigen', shrinkage=…), which is that within classes: the leading eigenvectors, "
    "with signs as above, and the shares of their eigenvalues in those of as many as there are classes less one."
)


def signed(rows):
    return rows * np.sign(rows[np.arange(len(rows)), np.argmax(np.abs(rows), axis=1)])[:, None]


def svd(x, y):
    model = LinearDiscriminantAnalysis(solver="svd").fit(x, y)
    k = len(model.classes_) - 1
    components = signed(model.scalings_.T[:k])
    return {"ratio": model.explained_variance_ratio_, "components": components, "transformed": (x[:3] - model.xbar_) @ components.T}


def shrunk(x, y, shrinkage):
    model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage, store_covariance=True).fit(x, y)
    means = model.means_ - x.mean(axis=0)
    between = (means.T * model.priors_) @ means
    k = len(model.classes_) - 1
    values, vectors = eigh(between, model.covariance_)
    values, vectors = values[::-1][:k], vectors[:, ::-1][:, :k]
    return {"shrinkage": 0 if shrinkage == "auto" else shrinkage, "auto": shrinkage == "auto", "ratio": values / values.sum(),
            "components": signed(vectors.T)}


data = {}
for name in ("iris", "wine", "digits"):
    x, y = goldenfile.table(name)
    data[name] = {"svd": svd(x, y), "shrunk": [shrunk(x, y, s) for s in (0.3, "auto")] if name != "digits" else [shrunk(x, y, 0.1)]}
goldenfile.write("lda", "scikit-learn", "linear discriminants of iris, wine and digits (which are singular within classes)", HOW, {"data": data})
