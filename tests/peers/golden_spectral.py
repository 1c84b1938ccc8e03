"""Spectral embeddings by scikit-learn and diffusion maps by pydiffmap."""

import warnings

import goldenfile

import numpy as np
from pydiffmap.diffusion_map import DiffusionMap
from scipy.linalg import eigh
from scipy.sparse.csgraph import laplacian
from sklearn.manifold import SpectralEmbedding

warnings.simplefilter("error")  # of graphs that are not connected
FRESH = 10


def embedded(name, x, k, components):
    model = SpectralEmbedding(n_components=components, n_neighbors=k + 1, eigen_solver="arpack", random_state=0)
    z = model.fit_transform(x)
    values = eigh(laplacian(model.affinity_matrix_.toarray(), normed=True), eigvals_only=True)[1:components + 1]
    return {"table": name, "neighbors": k, "eigenvalues": values, "map": z}


def diffused(name, x, k, alpha, components):
    model = DiffusionMap.from_sklearn(n_evecs=components, epsilon="bgh", alpha=alpha, k=k + 1)
    model.fit(x[:-FRESH])
    return {"table": name, "neighbors": k, "alpha": alpha, "epsilon": float(model.epsilon_fitted),
            "eigenvalues": 1 + model.evals * model.epsilon_fitted, "vectors": model.dmap, "fresh": model.transform(x[-FRESH:])}


wine, _ = goldenfile.table("wine")
digits = goldenfile.table("digits")[0][:150]
goldenfile.write("laplacianeigenmaps", "scikit-learn", "spectral embeddings of wine and the first 150 digits",
                 "SpectralEmbedding(n_neighbors=neighbors + 1, eigen_solver='arpack'): n_neighbors counts the row itself. "
                 "eigenvalues: scipy.linalg.eigvalsh of scipy.sparse.csgraph.laplacian(normed=True) of its affinity_matrix_.",
                 {"runs": [embedded("wine", wine, 15, 3), embedded("digits", digits, 15, 4), embedded("digits", digits, 30, 2)]})
warnings.simplefilter("ignore")  # of pydiffmap, about scipy
wine = (wine - wine.mean(axis=0)) / wine.std(axis=0)
goldenfile.write("diffusionmaps", "pydiffmap", "diffusion maps of wine and the first 150 digits",
                 "wine: its columns less their means, over their standard deviations. DiffusionMap.from_sklearn(epsilon='bgh', k=neighbors + 1), fitted to all rows but the last 10: k counts the row "
                 "itself. eigenvalues: 1 + evals·epsilon. vectors: dmap, eigenvectors of a scale of their own. fresh: transform of "
                 "the last 10 rows, which leaves out the division by the eigenvalue.",
                 {"runs": [diffused("wine", wine, 63, 0.5, 4), diffused("wine", wine, 63, 1.0, 4), diffused("wine", wine, 40, 0.0, 3),
                           diffused("digits", digits, 139, 1.0, 3)]}, others=("scikit-learn",))
