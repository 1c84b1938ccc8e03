"""Search by inner product, by faiss."""

import benchworker
import faiss


@benchworker.function
def search(x, queries, seed, neighbors, dim, candidates, stages):
    d = x.shape[1]
    if stages == 1:
        index = faiss.IndexFlatIP(d)
    else:
        index = faiss.index_factory(d, f"PCA{dim},Flat,RFlat", faiss.METRIC_INNER_PRODUCT)
        index.k_factor = candidates / neighbors
        index.train(x)
    index.add(x)
    _, indices = index.search(queries, neighbors)
    return {"indices": indices.astype("int32")}


benchworker.serve("faiss-cpu", "numpy")
