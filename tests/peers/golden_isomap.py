"""Isomap by scikit-learn."""

import warnings

import goldenfile

import numpy as np
from sklearn.manifold import Isomap

warnings.simplefilter("ignore")  # of changes to come

HOW = (
    "wine is datasets.Wine, each column over the mean of its magnitudes; digits is every eighth row of datasets.Digits. signs are such that "
    "the largest coordinate is positive. Isomap(n_neighbors, n_components), or Isomap(radius): sums are those of the rows of "
    "dist_matrix_, transformed are six tenths of every row and four of that which follows."
)

wine = goldenfile.table("wine")[0]
TABLES = {"wine": wine / np.abs(wine).mean(axis=0), "digits": goldenfile.table("digits")[0][::8]}


def pointed(z, signs=None):
    return z * (np.sign(z[np.abs(z).argmax(axis=0), range(z.shape[1])]) if signs is None else signs)


def between(x):
    return 0.6 * x[:-1] + 0.4 * x[1:]


def isomap(table, components, **options):
    x = TABLES[table]
    model = Isomap(n_components=components, eigen_solver="dense", **options)
    z = model.fit_transform(x)
    signs = np.sign(z[np.abs(z).argmax(axis=0), range(components)])
    return {
        "table": table,
        "components": components,
        "neighbors": options.get("n_neighbors") or 0,
        "radius": options.get("radius", 0),
        "distances": model.dist_matrix_[::60],
        "sums": model.dist_matrix_.sum(axis=1),
        "embedding": z * signs,
        "eigenvalues": model.kernel_pca_.eigenvalues_,
        "reconstruction_error": model.reconstruction_error(),
        "transformed": model.transform(between(x)) * signs,
    }


goldenfile.write("isomap", "scikit-learn", "Isomap", HOW, {
    "isomap": [
        isomap("wine", 2, n_neighbors=6),
        isomap("wine", 3, n_neighbors=None, radius=2),
        isomap("digits", 4, n_neighbors=7),
    ],
})
