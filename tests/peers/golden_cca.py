"""Canonical correlations of the columns of wine by scikit-learn, and by singular values."""

import goldenfile

import numpy as np
from sklearn.cross_decomposition import CCA

HOW = (
    "x: the first 6 columns, y: the other 7. nipals: CCA(n_components=3, tol=1e-14, max_iter=100000): the correlations of "
    "the two results of transform, and the first 3 rows of both, divided by their standard deviations (divisor n-1); their "
    "signs are free, but for that of a pair. all: the singular values of Qx'Qy for the QR factors of the centred views."
)


def unit(scores):
    return (scores / scores.std(axis=0, ddof=1))[:3]


wine, _ = goldenfile.table("wine")
x, y = wine[:, :6], wine[:, 6:]
model = CCA(n_components=3, tol=1e-14, max_iter=100000).fit(x, y)
a, b = model.transform(x, y)
qx, qy = (np.linalg.qr(v - v.mean(axis=0))[0] for v in (x, y))
goldenfile.write("cca", "scikit-learn", "canonical correlations of the columns of wine", HOW, {
    "wine": {
        "nipals": {"correlations": [np.corrcoef(a[:, c], b[:, c])[0, 1] for c in range(3)], "x": unit(a), "y": unit(b)},
        "all": np.linalg.svd(qx.T @ qy, compute_uv=False),
    },
})
