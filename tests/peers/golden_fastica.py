"""Sources of a mixture, by scikit-learn's FastICA to convergence."""

import goldenfile

import numpy as np
from sklearn.decomposition import FastICA

HOW = (
    "x: 240 rows of three sources (uniform, Laplace, the sign of a sine) mixed into four columns, from numpy's "
    "default_rng(0), rounded to 6 digits. FastICA(n_components=3, whiten='unit-variance', tol=1e-14, max_iter=5000). "
    "Sources come by falling length of their column of mixing_, whose entry of largest magnitude is positive. mixing: "
    "one row per source. sources: the first 5 rows."
)

rng = np.random.default_rng(0)
n = 240
s = np.column_stack([rng.uniform(-1, 1, n), rng.laplace(size=n), np.sign(np.sin(np.arange(n) / 3.7))])
x = np.round(s @ rng.normal(size=(3, 4)) + 0.05 * rng.normal(size=(n, 4)) + [3, -1, 0, 2], 6)


def golden(fun, algorithm, alpha=1.0):
    model = FastICA(3, whiten="unit-variance", fun=fun, algorithm=algorithm, tol=1e-14, max_iter=5000, random_state=1,
                    fun_args={"alpha": alpha} if fun == "logcosh" else None).fit(x)
    assert model.n_iter_ < 5000
    mixing = model.mixing_.T
    order = np.argsort(-np.linalg.norm(mixing, axis=1))
    mixing, sources = mixing[order], model.transform(x)[:, order]
    signs = np.sign(mixing[np.arange(3), np.argmax(np.abs(mixing), axis=1)])
    return {"contrast": fun, "alpha": alpha, "deflation": algorithm == "deflation", "mixing": mixing * signs[:, None],
            "components": model.components_[order] * signs[:, None], "sources": (sources * signs)[:5]}


goldenfile.write("fastica", "scikit-learn", "sources of a mixture", HOW, {
    "x": x,
    "runs": [golden(fun, "parallel") for fun in ("logcosh", "exp", "cube")] + [golden("logcosh", "deflation"), golden("logcosh", "parallel", 1.7)],
})
