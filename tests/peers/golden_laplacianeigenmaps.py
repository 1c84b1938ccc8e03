"""Spectral embeddings by scikit-learn."""

import warnings

import goldenfile

from scipy.linalg import eigh
from scipy.sparse.csgraph import laplacian
from sklearn.manifold import SpectralEmbedding

warnings.simplefilter("error")  # of graphs that are not connected


def embedded(name, x, k, components):
    model = SpectralEmbedding(n_components=components, n_neighbors=k + 1, eigen_solver="arpack", random_state=0)
    z = model.fit_transform(x)
    values = eigh(laplacian(model.affinity_matrix_.toarray(), normed=True), eigvals_only=True)[1:components + 1]
    return {"table": name, "neighbors": k, "eigenvalues": values, "map": z}


wine, _ = goldenfile.table("wine")
digits = goldenfile.table("digits")[0][:150]
goldenfile.write("laplacianeigenmaps", "scikit-learn", "spectral embeddings of wine and the first 150 digits",
                 "SpectralEmbedding(n_neighbors=neighbors + 1, eigen_solver='arpack'): n_neighbors counts the row itself. "
                 "eigenvalues: scipy.linalg.eigvalsh of scipy.sparse.csgraph.laplacian(normed=True) of its affinity_matrix_.",
                 {"runs": [embedded("wine", wine, 15, 3), embedded("digits", digits, 15, 4), embedded("digits", digits, 30, 2)]})
