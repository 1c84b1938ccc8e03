"""Principal components of iris, wine and digits by scikit-learn."""

import goldenfile

import numpy as np
import scipy.sparse
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

HOW = (
    "PCA(svd_solver='full') on the centred rows, float64. Variances have divisor n-1; ratios are shares of the total "
    "variance of all columns. components: one row per component; sign: the entry of largest magnitude is positive. "
    "transformed and whitened (whiten=True: scores over their standard deviation, divisor n-1) hold the first 5 rows "
    "with the same signs. noise_variance: the mean variance of the components left out by the first 2. rank: number of "
    "variances that are not rounding error. digits: the first 10 components only, all 64 variances and singular values. "
    "*_float32: the same rows rounded to float32. wine_standardized: every column less its mean over its standard "
    "deviation, divisor n. scores: log-likelihoods in nats of the first 5 rows by probabilistic PCA with 2 components "
    "(score_samples), score: their mean over all rows. mle and share95: n_components_ of PCA(n_components='mle' and "
    "0.95), mle null where the table has a constant column. randomized: explained variances of 3 components by "
    "svd_solver='randomized', random_state 0; sparse: by svd_solver='arpack' of the table as a csr_matrix, which is not "
    "centred in memory."
)


def fix_signs(components):
    """The sign of each component that makes its entry of largest magnitude positive."""
    size = np.sort(np.abs(components), axis=1)
    assert np.all(size[:, -1] - size[:, -2] > 1e-6), "no entry is clearly the largest: the sign rule is ambiguous"
    largest = np.argmax(np.abs(components), axis=1)
    return np.sign(components[np.arange(len(components)), largest])


def golden(x, keep):
    full = PCA(svd_solver="full").fit(x)
    variance = full.explained_variance_
    # A second road to the same numbers: the covariance's own eigenvalues.
    other = np.linalg.eigvalsh(np.cov(x, rowvar=False))[::-1]
    assert np.allclose(variance, other, rtol=1e-9, atol=1e-12 * variance[0])

    signs = fix_signs(full.components_[:keep])
    whitener = PCA(svd_solver="full", whiten=True, n_components=keep).fit(x)
    assert np.array_equal(fix_signs(whitener.components_), signs)
    two = PCA(svd_solver="full", n_components=2).fit(x)
    randomized = PCA(svd_solver="randomized", n_components=3, iterated_power=20, random_state=0).fit(x)
    sparse = PCA(svd_solver="arpack", n_components=3, random_state=0).fit(scipy.sparse.csr_matrix(x))
    assert np.allclose(randomized.explained_variance_, variance[:3], rtol=1e-9)
    assert np.allclose(sparse.explained_variance_, variance[:3], rtol=1e-6)
    return {
        "rows": len(x),
        "columns": x.shape[1],
        "rank": int(np.sum(variance > 1e-12 * variance[0])),
        "mean": full.mean_,
        "explained_variance": variance,
        "explained_variance_ratio": full.explained_variance_ratio_,
        "singular_values": full.singular_values_,
        "noise_variance": float(two.noise_variance_),
        "scores": two.score_samples(x[:5]),
        "score": float(two.score(x)),
        "mle": None if np.any(np.ptp(x, axis=0) == 0) else int(PCA(svd_solver="full", n_components="mle").fit(x).n_components_),
        "share95": int(PCA(svd_solver="full", n_components=0.95).fit(x).n_components_),
        "randomized": randomized.explained_variance_,
        "sparse": sparse.explained_variance_,
        "components": full.components_[:keep] * signs[:, None],
        "transformed": full.transform(x[:5])[:, :keep] * signs,
        "whitened": whitener.transform(x[:5]) * signs,
    }


iris, _ = goldenfile.table("iris")
wine, _ = goldenfile.table("wine")
digits, _ = goldenfile.table("digits")
goldenfile.write("pca", "scikit-learn", "principal components of iris, wine and digits", HOW, {
    "data": {
        "iris": golden(iris, 4),
        "iris_float32": golden(goldenfile.single(iris), 4),
        "wine": golden(wine, 13),
        "wine_float32": golden(goldenfile.single(wine), 13),
        "wine_standardized": golden(StandardScaler().fit_transform(wine), 13),
        "digits": golden(digits, 10),
    },
})
