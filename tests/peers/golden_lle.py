"""Locally linear embedding by scikit-learn."""

import goldenfile

import numpy as np
import scipy.linalg
from sklearn.manifold import LocallyLinearEmbedding, _locally_linear

HOW = (
    "digits is every twelfth row of datasets.Digits, column j times 1 + j/1000, so that no two distances are equal; roll is x. "
    "Signs are such that the largest coordinate is positive. "
    "LocallyLinearEmbedding(method, n_neighbors, n_components, eigen_solver='dense'); transformed are six tenths of every row and four of "
    "that which follows. For 'hessian' with more neighbours than the second derivatives need, the orthogonal factor of qr is the economic "
    "one, as in the paper: with the whole one that scikit-learn takes, the method is 'ltsa'."
)

draw = np.random.default_rng(5)
t = 1.5 * np.pi * (1 + 2 * draw.random(150))
roll = np.round(np.stack([t * np.cos(t), 10 * draw.random(150), t * np.sin(t)], axis=1), 6)
TABLES = {"roll": roll, "digits": goldenfile.table("digits")[0][::12] * (1 + np.arange(64) / 1000)}


def between(x):
    return 0.6 * x[:-1] + 0.4 * x[1:]


def lle(table, method, components, neighbors):
    x = TABLES[table]
    model = LocallyLinearEmbedding(method=method, n_components=components, n_neighbors=neighbors, eigen_solver="dense")
    z = model.fit_transform(x)
    signs = np.sign(z[np.abs(z).argmax(axis=0), range(components)])
    return {
        "table": table,
        "method": method,
        "components": components,
        "neighbors": neighbors,
        "reconstruction_error": model.reconstruction_error_,
        "embedding": z * signs,
        "transformed": (model.transform(between(x)) * signs)[::5],
    }


maps = [
    lle("roll", "standard", 2, 12),
    lle("roll", "standard", 1, 5),
    lle("roll", "modified", 2, 12),
    lle("roll", "hessian", 2, 6),
    lle("roll", "ltsa", 2, 12),
    lle("digits", "standard", 3, 10),
    lle("digits", "modified", 2, 30),
    lle("digits", "ltsa", 2, 30),
]
_locally_linear.qr = lambda a: scipy.linalg.qr(a, mode="economic")
maps += [lle("roll", "hessian", 2, 12), lle("digits", "hessian", 2, 30)]
goldenfile.write("lle", "scikit-learn", "LocallyLinearEmbedding", HOW, {"roll": roll, "maps": maps})
