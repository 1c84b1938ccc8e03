"""White iris and wine, by scikit-learn and SciPy."""

import goldenfile

import numpy as np
from scipy import linalg
from sklearn.decomposition import PCA

HOW = (
    "float64, divisor n-1. pca: PCA(whiten=True, svd_solver='full'), its sign by the rule that the entry of a component of "
    "largest magnitude is positive; zca: centred rows times inv(sqrtm(covariance)); cholesky: the inverse of the lower "
    "factor, transposed; the same of standardised columns (correlation): pca_cor, zca_cor. zipf: rows weighed 1, 1/2, "
    "1/3, …, their mean and covariance subtracted and whitened by the eigenvectors of that covariance. The first 3 rows, "
    "transformed. symmetry: centrality and isotropy of the rows under those weights, and under equal ones."
)


def signed(z, components):
    return z * np.sign(components[np.arange(len(components)), np.argmax(np.abs(components), axis=1)])


def symmetry(x, p):
    mean = p @ x
    covariance = (x - mean).T @ (p[:, None] * (x - mean))
    share = np.linalg.eigvalsh(covariance) / np.trace(covariance)
    return [
        float(1 - np.linalg.norm(mean) / (p @ np.linalg.norm(x, axis=1))),
        float(-(share * np.log(share)).sum() / np.log(len(share))),
    ]


def zipf(x, p):
    mean = p @ x
    values, vectors = np.linalg.eigh((x - mean).T @ (p[:, None] * (x - mean)))
    values, vectors = values[::-1], vectors[:, ::-1]
    return signed((x[:3] - mean) @ vectors / np.sqrt(values), vectors.T)


def golden(x):
    n, d = x.shape
    y = x - x.mean(axis=0)
    t = y / x.std(axis=0, ddof=1)
    pca, cor = PCA(whiten=True, svd_solver="full").fit(x), PCA(whiten=True, svd_solver="full").fit(t)
    p = 1 / np.arange(1, n + 1)
    p /= p.sum()
    return {
        "pca": signed(pca.transform(x[:3]), pca.components_),
        "zca": y[:3] @ linalg.inv(linalg.sqrtm(np.cov(x.T))),
        "cholesky": linalg.solve_triangular(linalg.cholesky(np.cov(x.T), lower=True), y[:3].T, lower=True).T,
        "pca_cor": signed(cor.transform(t[:3]), cor.components_),
        "zca_cor": t[:3] @ linalg.inv(linalg.sqrtm(np.corrcoef(x.T))),
        "zipf": zipf(x, p),
        "symmetry": {"zipf": symmetry(x, p), "equal": symmetry(x, np.full(n, 1 / n))},
    }


goldenfile.write("whitening", "scikit-learn", "white rows of iris and wine by five maps, and under Zipf's law", HOW, {
    "data": {name: golden(goldenfile.table(name)[0]) for name in ("iris", "wine")},
})
