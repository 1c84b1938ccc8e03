"""Non-negative factors by scikit-learn's NMF: by coordinate descent, and by multiplicative updates."""

import goldenfile

import numpy as np
from sklearn.decomposition import NMF, _nmf

HOW = (
    "iris and wine as datasets.Iris and datasets.Wine hold them; digits are the first 120 rows, and digits_plus1 those plus 1. "
    "init='nndsvda' or 'nndsvd' with the exact singular value decomposition instead of the randomised one, and what is below a "
    "millionth of the largest value of its factor set to zero. The steps are those of coordinate descent (solver='cd') or "
    "multiplicative updates (solver='mu'), as many as iterations says, tol=0. h: components_. w: the first 5 rows. error: "
    "reconstruction_err_. transformed: for 'cd', the first 5 rows by transform with tol=1e-14, max_iter=200000."
)

iris, wine = goldenfile.table("iris")[0], goldenfile.table("wine")[0]
digits = goldenfile.table("digits")[0][:120]
TABLES = {"iris": iris, "wine": wine, "digits": digits, "digits_plus1": digits + 1}


def exact_svd(x, n_components, random_state=None):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    return u[:, :n_components], s[:n_components], v[:n_components]


_nmf._randomized_svd = exact_svd


def start(x, k, init):
    w, h = _nmf._initialize_nmf(x, k, init="nndsvd", eps=0)
    for m in (w, h):
        m[m < 1e-6 * m.max()] = 0
        if init == "nndsvda":
            m[m == 0] = x.mean()
    return w, h


def golden(table, k, loss, iterations, init="nndsvda", alpha_w=0.0, alpha_h=0.0, l1_ratio=0.0):
    x = TABLES[table]
    w, h = start(x, k, init)
    solver = "cd" if loss == "frobenius" else "mu"
    options = dict(solver=solver, beta_loss=loss, alpha_W=alpha_w, alpha_H=alpha_h, l1_ratio=l1_ratio)
    model = NMF(k, init="custom", tol=0, max_iter=iterations, **options)
    w = model.fit_transform(x, W=w.copy(), H=h.copy())
    run = {"table": table, "components": k, "loss": loss, "init": init, "iterations": iterations, "penalty_w": alpha_w,
           "penalty_h": alpha_h, "l1_ratio": l1_ratio, "h": model.components_, "w": w[:5], "error": model.reconstruction_err_}
    if solver == "cd":
        model.tol, model.max_iter = 1e-14, 200000
        run["transformed"] = model.transform(x[:5])
    return run


goldenfile.write("nmf", "scikit-learn", "non-negative factors", HOW, {"runs": [
    golden("iris", 2, "frobenius", 60),
    golden("wine", 3, "frobenius", 60, "nndsvd"),
    golden("digits", 6, "frobenius", 40),
    golden("digits", 6, "frobenius", 40, alpha_w=0.01, alpha_h=0.02, l1_ratio=0.7),
    golden("digits", 6, "frobenius", 40, alpha_w=0.05, alpha_h=0.0),
    golden("iris", 2, "kullback-leibler", 60),
    golden("digits", 6, "kullback-leibler", 40),
    golden("digits", 6, "kullback-leibler", 40, alpha_w=0.001, alpha_h=0.002, l1_ratio=0.5),
    golden("iris", 2, "itakura-saito", 60),
    golden("digits_plus1", 6, "itakura-saito", 40),
]})
