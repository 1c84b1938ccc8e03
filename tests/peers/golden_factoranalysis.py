"""Factors of wine by scikit-learn to convergence."""

import goldenfile

import numpy as np
from sklearn.decomposition import FactorAnalysis

HOW = (
    "FactorAnalysis(svd_method='lapack', tol=1e-9, max_iter=100000), from as much noise as variance. loglike: the last. "
    "loadings: one row per factor (those of rotations by falling sum of squares), whose entry of largest magnitude is "
    "positive. transformed: the first 3 rows with the same signs."
)


def golden(x, k, rotation):
    model = FactorAnalysis(k, svd_method="lapack", tol=1e-9, max_iter=100000, rotation=rotation, noise_variance_init=np.var(x, axis=0)).fit(x)
    assert model.n_iter_ < 100000
    order = np.argsort(-np.sum(model.components_**2, axis=1)) if rotation else np.arange(k)
    loadings = model.components_[order]
    signs = np.sign(loadings[np.arange(k), np.argmax(np.abs(loadings), axis=1)])
    return {"components": k, "rotation": rotation or "", "loglike": float(model.loglike_[-1]), "noise": model.noise_variance_,
            "loadings": loadings * signs[:, None], "transformed": (model.transform(x)[:, order] * signs)[:3]}


wine, _ = goldenfile.table("wine")
goldenfile.write("factoranalysis", "scikit-learn", "factors of wine", HOW, {
    "data": {"wine": [golden(wine, k, r) for k, r in ((2, None), (3, None), (3, "varimax"), (3, "quartimax"))]},
})
