"""Bounds on the dimension of random projections by scikit-learn, Hadamard products by SciPy."""

import goldenfile

import numpy as np
import scipy.linalg
from sklearn.random_projection import johnson_lindenstrauss_min_dim

HOW = (
    "min_dim: johnson_lindenstrauss_min_dim(n, eps=eps). hadamard: scipy.linalg.hadamard(16) times the vector."
)

cases = [(n, eps) for n in (2, 100, 1797, 70000, 10**9) for eps in (0.01, 0.1, 0.25, 0.5, 0.9, 0.999)]
vector = np.arange(16) ** 2 % 23 - 7
goldenfile.write("sketch", "scikit-learn", "least dimensions, and a Hadamard product", HOW, {
    "min_dim": [{"n": n, "eps": eps, "dim": int(johnson_lindenstrauss_min_dim(n, eps=eps))} for n, eps in cases],
    "hadamard": {"vector": vector, "product": scipy.linalg.hadamard(16) @ vector},
})
