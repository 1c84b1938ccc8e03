"""Multidimensional scaling and isotonic regression by scikit-learn."""

import warnings

import goldenfile

import numpy as np
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform
from sklearn.isotonic import IsotonicRegression
from sklearn.manifold import MDS, ClassicalMDS, smacof

warnings.simplefilter("ignore")  # of changes to come

HOW = (
    "wine is the first 60 rows of datasets.Wine, each column over the mean of its magnitudes; iris is every third row of datasets.Iris "
    "without those at distance 0 from an earlier one. start is sin(i + 2·c) of row i and coordinate c. isotonic: "
    "IsotonicRegression().fit_transform(range, y, weights). classical: ClassicalMDS(2), signs such that the largest coordinate is "
    "positive. metric: smacof from start, raw stress after so many iterations with eps=0, and stress-1; local: "
    "MDS(init='classical_mds', eps=1e-12, max_iter=3000). weighted: the least stress that scipy's L-BFGS-B finds from the classical "
    "layout, weights 1 / (1 + distance). nonmetric: smacof(metric=False) from start after so many iterations with eps=0, and the "
    "layout. sammon: the least Sammon stress that scipy's L-BFGS-B finds from the classical layout."
)

wine = goldenfile.table("wine")[0][:60]
wine = wine / np.abs(wine).mean(axis=0)
iris = goldenfile.table("iris")[0][::3]
iris = iris[np.sort(np.unique(iris, axis=0, return_index=True)[1])]
TABLES = {"wine": wine, "iris": iris}


def start(n):
    return np.sin(np.arange(n)[:, None] + 2 * np.arange(2)[None, :])


def stress1(d, z):
    e = pdist(z)
    return np.sqrt(((e - d) ** 2).sum() / (e**2).sum())


def isotonic(y, weights=None):
    fitted = IsotonicRegression().fit_transform(np.arange(len(y)), y, sample_weight=weights)
    return {"y": y, "weights": weights if weights is not None else [], "fitted": fitted}


def classical(table):
    model = ClassicalMDS(2, metric="euclidean")
    z = model.fit_transform(TABLES[table])
    z = z * np.sign(z[np.abs(z).argmax(axis=0), range(2)])
    return {"table": table, "embedding": z, "eigenvalues": model.eigenvalues_}


def metric(table, iterations):
    d = pdist(TABLES[table])
    z, stress = smacof(squareform(d), init=start(len(TABLES[table])), n_init=1, max_iter=iterations, eps=0, normalized_stress=False)
    return {"table": table, "iterations": iterations, "embedding": z[:5], "stress": stress, "stress1": stress1(d, z)}


def local(table):
    d = pdist(TABLES[table])
    model = MDS(2, init="classical_mds", n_init=1, eps=1e-12, max_iter=3000, metric="precomputed", normalized_stress=False)
    z = model.fit_transform(squareform(d))
    return {"table": table, "stress": model.stress_, "stress1": stress1(d, z)}


def nonmetric(table, iterations):
    d = pdist(TABLES[table])
    z, _ = smacof(squareform(d), metric=False, init=start(len(TABLES[table])), n_init=1, max_iter=iterations, eps=0)
    disparities = IsotonicRegression().fit_transform(d, pdist(z))
    return {"table": table, "iterations": iterations, "embedding": z[:5], "stress1": stress1(disparities, z)}


def least(table, weigh, scale):
    d = pdist(TABLES[table])
    w = weigh(d)
    n = len(TABLES[table])
    i, j = np.triu_indices(n, 1)

    def loss(flat):
        z = flat.reshape(n, 2)
        difference = z[i] - z[j]
        e = np.sqrt((difference**2).sum(axis=1))
        pull = (2 * w * (e - d) / e)[:, None] * difference
        gradient = np.zeros((n, 2))
        np.add.at(gradient, i, pull)
        np.add.at(gradient, j, -pull)
        return (w * (e - d) ** 2).sum(), gradient.ravel()

    z = ClassicalMDS(2, metric="euclidean").fit_transform(TABLES[table])
    found = minimize(loss, z.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 20000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-10})
    return {"table": table, "stress": found.fun / scale(d)}


random = np.random.default_rng(5)
goldenfile.write("mds", "scikit-learn", "multidimensional scaling and isotonic regression", HOW, {
    "isotonic": [isotonic(np.sort(random.normal(size=60)) + random.normal(size=60)),
                 isotonic(random.normal(size=40), random.uniform(0.1, 3, size=40))],
    "classical": [classical("wine"), classical("iris")],
    "metric": [metric("wine", 1), metric("wine", 30), metric("iris", 10)],
    "local": [local("wine"), local("iris")],
    "weighted": [least(t, lambda d: 1 / (1 + d), lambda d: 1) for t in TABLES],
    "nonmetric": [nonmetric("wine", 1), nonmetric("wine", 30)],
    "sammon": [least(t, lambda d: 1 / d, lambda d: d.sum()) for t in TABLES],
})
