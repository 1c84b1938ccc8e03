"""Search by inner product, by faiss."""

import benchworker
import faiss


def _index(x, neighbors, dim, candidates, stages):
    d = x.shape[1]
    if stages == 1:
        index = faiss.IndexFlatIP(d)
    else:
        index = faiss.index_factory(d, f"PCA{dim},Flat,RFlat", faiss.METRIC_INNER_PRODUCT)
        index.k_factor = candidates / neighbors
        index.train(x)
    index.add(x)
    return index


def _search(index, queries, neighbors):
    _, indices = index.search(queries, neighbors)
    return {"indices": indices.astype("int32")}


@benchworker.function
def search(x, queries, seed, neighbors, dim, candidates, stages):
    return _search(_index(x, neighbors, dim, candidates, stages), queries, neighbors)


@benchworker.function
def search_ready(x, queries, seed, neighbors, dim, candidates, stages):
    kept = benchworker.prepared(lambda _: {}, x)
    if stages not in kept:
        kept[stages] = _index(x, neighbors, dim, candidates, stages)
    return _search(kept[stages], queries, neighbors)


benchworker.serve("faiss-cpu", "numpy")
