"""Dimensions of the benchmark manifolds by scikit-dimension, on samples of its own."""

import goldenfile

import math
import multiprocessing
import warnings

import numpy as np
import skdim
from sklearn.neighbors import NearestNeighbors

SEEDS = 3
ROWS = 2500
ESS_ROWS = 20
HOW = (
    f"values: dimension_ for BenchmarkManifolds(random_state=s).generate(n={ROWS}), s = 0 … {SEEDS - 1}; null where it is not a "
    "number. MLE: MLE(), 20 neighbours, comb='mle'; MLE mean: comb='mean'; MOM: 100 neighbours; MADA, TLE: 20; CorrInt: "
    "CorrInt(), k1 10, k2 20; MiND: MiND_ML(D=100), 20; TwoNN: TwoNN(); FisherS: FisherS(); ESS: ESS(), 100 neighbours, the mean "
    f"over the first {ESS_ROWS} rows of seed 0 alone, as it takes .1 s a row; spread: the standard deviation of those."
)


def dimensions(task):
    warnings.simplefilter("ignore")
    name, x, first = task
    nearest = NearestNeighbors(n_neighbors=100).fit(x).kneighbors()
    few = nearest[0][:, :20], nearest[1][:, :20]
    found = {
        "TwoNN": skdim.id.TwoNN().fit(x).dimension_,
        "MLE": skdim.id.MLE().fit(x, n_neighbors=20, precomputed_knn_arrays=few).dimension_,
        "MLE mean": skdim.id.MLE().fit(x, n_neighbors=20, precomputed_knn_arrays=few, comb="mean").dimension_,
        "MOM": skdim.id.MOM().fit(x, precomputed_knn_arrays=nearest).dimension_,
        "MADA": skdim.id.MADA().fit(x).dimension_,
        "TLE": skdim.id.TLE().fit(x, precomputed_knn_arrays=few).dimension_,
        "CorrInt": skdim.id.CorrInt().fit(x).dimension_,
        "MiND": skdim.id.MiND_ML(D=100).fit(x).dimension_,
        "FisherS": skdim.id.FisherS().fit(x).dimension_,
    }
    found = {estimator: float(np.mean(value)) for estimator, value in found.items()}
    spread = 0
    if first:
        local = [skdim.id.ESS(random_state=0).fit_once(x[nearest[1][i]]).dimension_ for i in range(ESS_ROWS)]
        found["ESS"], spread = float(np.mean(local)), float(np.std(local, ddof=1))
    return name, found, spread


def main():
    tasks, rows = [], {}
    for seed in range(SEEDS):
        manifolds = skdim.datasets.BenchmarkManifolds(random_state=seed)
        for name, x in manifolds.generate(n=ROWS).items():
            d, columns, _ = manifolds._dict_truth[name]
            rows.setdefault(name, {"name": name.split("_")[0], "dimension": d, "values": {}})
            tasks.append((name, x, seed == 0))
    with multiprocessing.Pool(2) as pool:
        for name, found, spread in pool.imap(dimensions, tasks):
            for estimator, value in found.items():
                rows[name]["values"].setdefault(estimator, []).append(value if math.isfinite(value) else None)
            if spread:
                rows[name]["spread"] = spread
    goldenfile.write(
        "manifolddimensions", "scikit-dimension", "dimensions of the benchmark manifolds", HOW, {"rows": list(rows.values())},
        others=("scikit-learn",),
    )


if __name__ == "__main__":
    main()
