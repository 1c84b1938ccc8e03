"""Walks and potentials of wine and digits by phate, and what its landmarks are."""

import goldenfile

import graphtools
import graphtools.graphs
import numpy as np
import phate
from phate import vne
from scipy.spatial.distance import pdist
from sklearn.preprocessing import normalize

HOW = (
    "rows: the first 100 of wine as it is, every twelfth of digits, and every third of iris, which has duplicates. PHATE(n_pca=None) "
    "with the knn, decay and gamma written, all else as it is by default, without landmarks, and graphtools without numba, which makes "
    "it compute in float32: rows 0 and 40 of the kernel and of diff_op, the von Neumann entropies of 1 … 100 steps, their knee, rows 0 "
    "and 40 of the diffusion potential, and every hundredth of the distances between potentials (pdist). transform: extend_to_data "
    "of the rows between, times the columns i and i² / 100 of row i. landmarks: for clusters i % 7 the landmark operator, and row 50 of "
    "the transitions."
)

ROWS = (0, 40)
graphtools.graphs.NUMBA_AVAILABLE = False


def steps(x, knn, decay, gamma):
    model = phate.PHATE(knn=knn, decay=decay, gamma=gamma, n_pca=None, n_landmark=None, verbose=0, random_state=1)
    model.fit(x)
    p = np.asarray(model.diff_op.toarray() if hasattr(model.diff_op, "toarray") else model.diff_op)
    entropy = vne.compute_von_neumann_entropy(p, t_max=100)
    t = int(vne.find_knee_point(entropy))
    ends = np.linalg.matrix_power(p, t)
    if gamma == 1:
        potential = -np.log(ends + 1e-7)
    elif gamma == -1:
        potential = ends
    else:
        c = (1 - gamma) / 2
        potential = ends**c / c
    kernel = model.graph.kernel
    return {"neighbors": knn, "decay": decay, "gamma": gamma, "kernel": kernel[list(ROWS)].toarray(), "steps": p[list(ROWS)],
            "entropies": entropy, "time": t, "potential": potential[list(ROWS)], "distances": pdist(potential)[::100]}


def transform(x, new, knn):
    g = graphtools.Graph(x, knn=knn, decay=40, thresh=1e-4, n_pca=None, verbose=0)
    i = np.arange(len(x))
    weights = g.extend_to_data(new)
    return {"neighbors": knn, "places": weights @ np.column_stack([i, i**2 / 100])}


def landmarks(x, knn):
    g = graphtools.Graph(x, knn=knn, decay=40, thresh=1e-4, n_pca=None, n_landmark=7, verbose=0, random_state=1)
    g._clusters = np.arange(len(x)) % 7
    pmn = g._landmarks_to_data()
    pnm = pmn.transpose()
    pmn, pnm = normalize(pmn, norm="l1", axis=1), normalize(pnm, norm="l1", axis=1)
    return {"neighbors": knn, "operator": pmn.dot(pnm).toarray(), "transitions": pnm.toarray()[50]}


wine, _ = goldenfile.table("wine")
digits, _ = goldenfile.table("digits")
iris, _ = goldenfile.table("iris")
goldenfile.write("phate", "phate", "walks, entropies, potentials and landmarks of PHATE", HOW, {
    "wine": [steps(wine[:100], 5, 40, 1), steps(wine[:100], 5, 40, 0), steps(wine[:100], 8, 10, -1)],
    "digits": [steps(digits[::12], 5, 40, 1)],
    "iris": [steps(iris[::3], 5, 40, 1)],
    "transform": transform(digits[::12], digits[6::12], 5),
    "landmarks": landmarks(wine[:100], 5),
}, others=("graphtools", "scikit-learn"))
