"""Locality preserving projections by SciPy and neighbourhood preserving embeddings on the graphs of scikit-learn."""

import goldenfile

import numpy as np
from scipy.linalg import eigh
from sklearn.manifold import LocallyLinearEmbedding
from sklearn.manifold._locally_linear import barycenter_kneighbors_graph
from sklearn.neighbors import kneighbors_graph

HOW = (
    "wine: 10 neighbours by kneighbors_graph. lpp: scipy.linalg.eigh of X'LX and X'DX, the columns centred by the mean "
    "weighted by D, for pairs of which either has the other, with the heat kernel whose width is their mean squared "
    "distance, and with weights 1. npe: eigh of X'MX and X'X for centred columns and M = (I-W)'(I-W), W of "
    "barycenter_kneighbors_graph(reg=1e-3). All smallest first, the entry of largest magnitude of a component being "
    "positive. wide: the first 12 rows, 5 neighbours; laplacian: eigh of L and D without its constant vector; lle: "
    "LocallyLinearEmbedding(eigen_solver='dense', reg=1e-3) of 3 coordinates, signs free."
)


def signed(rows):
    return rows * np.sign(rows[np.arange(len(rows)), np.argmax(np.abs(rows), axis=1)])[:, None]


def graph(x, k, simple):
    d = kneighbors_graph(x, k, mode="distance").toarray()
    d = np.maximum(d, d.T)
    edges = d > 0
    w = edges * (1.0 if simple else np.exp(-(d**2) / (d[edges] ** 2).mean()))
    return w, np.diag(w.sum(axis=1))


def lpp(x, k, simple):
    w, d = graph(x, k, simple)
    x = x - np.diag(d) @ x / d.sum()
    values, vectors = eigh(x.T @ (d - w) @ x, x.T @ d @ x)
    return {"simple": simple, "values": values, "components": signed(vectors.T)}


def npe(x, k):
    w = np.eye(len(x)) - barycenter_kneighbors_graph(x, k, reg=1e-3).toarray()
    c = x - x.mean(axis=0)
    values, vectors = eigh(c.T @ w.T @ w @ c, c.T @ c)
    return {"values": values, "components": signed(vectors.T)}


wine, _ = goldenfile.table("wine")
wide = wine[:12]
w, d = graph(wide, 5, True)
values, vectors = eigh(d - w, d)
lle = LocallyLinearEmbedding(n_neighbors=5, n_components=3, eigen_solver="dense", reg=1e-3).fit(wide)
goldenfile.write("locality", "scikit-learn", "linear maps of wine that keep neighbourhoods", HOW, {
    "wine": {"lpp": [lpp(wine, 10, False), lpp(wine, 10, True)], "npe": npe(wine, 10)},
    "wide": {"laplacian": {"values": values[1:4], "map": vectors[:, 1:4]},
             "lle": {"error": lle.reconstruction_error_, "map": lle.embedding_}},
})
