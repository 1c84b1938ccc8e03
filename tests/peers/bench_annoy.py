"""Nearest neighbours of new rows by Annoy, which is asked for one row after the other."""

import annoy
import benchworker
import numpy as np


@benchworker.function
def query(x, queries, seed, neighbors, trees, search, **_):
    index = annoy.AnnoyIndex(x.shape[1], "euclidean")
    index.set_seed(seed)
    for i, row in enumerate(x):
        index.add_item(i, row)
    index.build(trees, n_jobs=-1)
    indices = np.empty((len(queries), neighbors), np.int32)
    distances = np.empty((len(queries), neighbors), np.float32)
    for q, row in enumerate(queries):
        indices[q], distances[q] = index.get_nns_by_vector(row, neighbors, search, include_distances=True)
    return {"indices": indices, "distances": distances}


benchworker.serve("annoy", "numpy")
