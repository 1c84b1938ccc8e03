"""PHATE by its authors."""

import warnings

import benchworker
from phate import PHATE

warnings.simplefilter("ignore")


@benchworker.function
def phate(x, seed, components):
    model = PHATE(n_components=components, n_jobs=-1, random_state=seed, verbose=0)
    return {"map": model.fit_transform(x), "time": float(model.optimal_t)}


benchworker.serve("phate", "graphtools", "s_gd2", "numpy", "scikit-learn")
