"""How well densMAP keeps density, by umap-learn."""

import warnings

import goldenfile

import numpy as np
from sklearn.metrics import pairwise_distances
from umap import UMAP

warnings.simplefilter("ignore")


def radii(x):
    """The logarithm of the mean squared distance of the ten nearest others."""
    d = np.sort(pairwise_distances(x.astype(np.float64)), axis=1)[:, 1:11]
    return np.log((d**2).mean(1))


random = np.random.RandomState(0)
spreads = [.2, .5, 1, 2, 4]
x = np.concatenate([random.normal(size=(60, 5)) * s + 25 * np.eye(5)[c] for c, s in enumerate(spreads)]).round(3)
correlations = {True: [], False: []}
for on in correlations:
    for seed in range(3):
        y = UMAP(random_state=seed, densmap=on).fit_transform(x)
        correlations[on].append(np.corrcoef(radii(x), radii(y))[0, 1])
goldenfile.write("densmap", "umap-learn", "five groups of different spread, and the correlation of local radii of rows and of maps",
                 "UMAP(random_state=0…2, densmap=True), and without densmap; radii: the logarithm of the mean squared distance of the ten nearest others.",
                 {"rows": x, "densmap": correlations[True], "umap": correlations[False]}, others=("numba", "scikit-learn"))
