"""Places of given parameters on the benchmark manifolds of scikit-dimension."""

import goldenfile

import numpy as np
import skdim.datasets

HOW = (
    "dimension and columns: of every shape in BenchmarkManifolds.truth. cases: where its generator puts rows whose random "
    "numbers are given, in float64. parameters: one row for each, as the generator asks for them, which is uniform numbers but "
    "for M1 and M12 (normal), Mp (exponential) and Mbeta (beta); those of M5a hold its shift by 1/n. "
    "M10 is not among the cases, as its generator fills face after face. TwinPeaks is hyperTwinPeaks."
)
ROWS = 3


class Given:
    """Stands in for a numpy.random.RandomState and remembers what it gave."""

    def __init__(self):
        self.rng = np.random.default_rng(1)
        self.parameters = []  # a row for each parameter

    def rand(self, *shape):
        values = self.rng.random(shape)
        self.parameters += [values] if values.ndim == 1 else list(values)
        return values

    def randn(self, *shape):
        values = self.rng.standard_normal(shape)
        self.parameters += list(values.T)
        return values

    def multivariate_normal(self, mean, covariance, n):
        return self.randn(n, len(mean))

    def exponential(self, scale, shape):
        values = self.rng.exponential(scale, shape)
        self.parameters += list(values)
        return values

    def random(self, size):
        values = self.rng.random(size)
        self.parameters += list(values.T)
        return values

    uniform = random

    def beta(self, a, b, size):
        values = self.rng.beta(a, b, size)
        self.parameters += list(values.T)
        return values


manifolds = skdim.datasets.BenchmarkManifolds(random_state=0)
shapes, cases = [], []
for name, (d, columns, _) in manifolds._dict_truth.items():
    short = name.split("_")[0]
    shapes.append({"name": short, "dimension": d, "columns": columns})
    if short.startswith("M10"):
        continue
    given = manifolds.random_state = Given()
    rows = manifolds.dict_gen[name](n=ROWS, dim=columns, d=d)
    parameters = np.array(given.parameters).T
    if short == "M5a":
        parameters += 1 / ROWS
    cases.append({"name": short, "parameters": parameters, "rows": rows})

given = Given()
skdim.datasets.check_random_state = lambda state: state
rows = skdim.datasets.hyperTwinPeaks(ROWS, d=2, random_state=given)
cases.append({"name": "TwinPeaks", "parameters": np.array(given.parameters).T, "rows": rows})

goldenfile.write("manifolds", "scikit-dimension", "places on the benchmark manifolds", HOW, {"shapes": shapes, "cases": cases})
