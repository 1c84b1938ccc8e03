"""Spectral embeddings by scikit-learn and diffusion maps by pydiffmap."""

import warnings

import benchworker
from pydiffmap.diffusion_map import DiffusionMap
from sklearn.manifold import SpectralEmbedding

warnings.simplefilter("ignore")  # of iterations that end before they converge


@benchworker.function
def spectral(x, seed, components, neighbors, solver):
    model = SpectralEmbedding(n_components=components, n_neighbors=neighbors + 1, eigen_solver=solver, random_state=seed, n_jobs=-1)
    return {"map": model.fit_transform(x)}  # n_neighbors counts the row itself


@benchworker.function
def diffusion(x, seed, components, neighbors, algorithm):
    model = DiffusionMap.from_sklearn(n_evecs=components, alpha=1.0, k=neighbors + 1, epsilon="bgh",
                                      neighbor_params={"n_jobs": -1, "algorithm": algorithm})
    return {"map": model.fit(x).evecs}  # k counts the row itself


benchworker.serve("scikit-learn", "pydiffmap", "numpy", "scipy")
