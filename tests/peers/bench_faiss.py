"""Nearest neighbours by faiss."""

import benchworker
import faiss


@benchworker.function
def exact(x, seed, neighbors):
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    squares, indices = index.search(x, neighbors + 1)
    return benchworker.others(indices, squares**0.5)


benchworker.serve("faiss-cpu", "numpy")
