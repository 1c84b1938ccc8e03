"""Nearest neighbours of new rows by hnswlib."""

import benchworker
import hnswlib


@benchworker.function
def query(x, queries, seed, neighbors, links, construction, search):
    index = hnswlib.Index(space="l2", dim=x.shape[1])
    index.init_index(max_elements=len(x), M=links, ef_construction=construction, random_seed=seed)
    index.set_ef(search)
    index.add_items(x)
    indices, squares = index.knn_query(queries, neighbors)
    return {"indices": indices.astype("int64"), "distances": squares**0.5}


benchworker.serve("hnswlib", "numpy")
