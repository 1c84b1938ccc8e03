"""The evidence of every number of components, and the number chosen, by scikit-learn's form of Minka's rule."""

import goldenfile

import numpy as np
from sklearn.decomposition import PCA
from sklearn.decomposition._pca import _assess_dimension

HOW = (
    "evidence: _assess_dimension of all eigenvalues of the covariance (divisor n-1) for 1, 2, … components, one less "
    "than there are columns. chosen: n_components_ of PCA(n_components='mle', svd_solver='full'). planted: k normal "
    "directions of standard deviation 3 in noise of standard deviation 1, from numpy's default_rng(k)."
)


def golden(name, x):
    full = PCA(svd_solver="full").fit(x)
    values = full.explained_variance_
    chosen = PCA(n_components="mle", svd_solver="full").fit(x).n_components_
    evidence = [float(_assess_dimension(values, k, len(x))) for k in range(1, len(values))]
    assert np.all(np.isfinite(evidence)) and int(np.argmax(evidence)) + 1 == chosen
    return {"name": name, "rows": len(x), "values": values, "evidence": evidence, "chosen": int(chosen)}


def planted(k, n, d):
    rng = np.random.default_rng(k)
    return rng.normal(size=(n, d)) + 3 * rng.normal(size=(n, k)) @ np.linalg.qr(rng.normal(size=(d, k)))[0].T


iris, _ = goldenfile.table("iris")
wine, _ = goldenfile.table("wine")
goldenfile.write("spectrum", "scikit-learn", "the evidence of numbers of components", HOW, {
    "spectra": [
        golden("iris", iris),
        golden("wine", wine),
        golden("2 planted of 10", planted(2, 60, 10)),
        golden("5 planted of 20", planted(5, 300, 20)),
        golden("1 planted of 6", planted(1, 40, 6)),
    ],
})
