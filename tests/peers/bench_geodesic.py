"""Isomap and locally linear embedding by scikit-learn."""

import warnings

import benchworker
from sklearn.manifold import Isomap, LocallyLinearEmbedding

warnings.simplefilter("ignore")  # of components that are joined, as ours are


@benchworker.function
def isomap(x, seed, components, neighbors, solver):
    model = Isomap(n_components=components, n_neighbors=neighbors, eigen_solver=solver, path_method="D", n_jobs=-1)
    return {"map": model.fit_transform(x), "error": float(model.reconstruction_error())}


@benchworker.function
def lle(x, seed, components, neighbors, solver):
    model = LocallyLinearEmbedding(n_components=components, n_neighbors=neighbors, eigen_solver=solver, random_state=seed, n_jobs=-1)
    return {"map": model.fit_transform(x), "error": float(model.reconstruction_error_)}


benchworker.serve("scikit-learn", "numpy", "scipy")
