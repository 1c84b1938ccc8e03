"""What is read off the neighbour graph of wine: spanning trees, components, hubness, symmetric graphs."""

import goldenfile

import numpy as np
from scipy.cluster.hierarchy import single
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial.distance import cdist, squareform
from scipy.stats import skew

HOW = (
    "distances: scipy.spatial.distance.cdist (Euclidean, float64); graph: the k nearest other rows of each, by a stable "
    "sort. tree: the sorted lengths of scipy.sparse.csgraph.minimum_spanning_tree of all distances, which are also the "
    "heights of scipy.cluster.hierarchy.single; reachability: the same of max(d, core_i, core_j), core the distance to "
    "the 5th other row. forest: the number of edges and the total length of the spanning forest of the graph of k. "
    "components: sizes, by lowest row, of scipy.sparse.csgraph.connected_components of the graph, direction ignored, and "
    "of the graph of mutual neighbours. counts: in how many lists each row is; skewness: scipy.stats.skew of them (biased); "
    "robinhood: half the sum of |count - mean| over the sum of counts; union, mutual: undirected edges."
)

x, _ = goldenfile.table("wine")
n = len(x)
distances = cdist(x, x)
apart = distances.copy()
np.fill_diagonal(apart, np.inf)
order = np.argsort(apart, axis=1, kind="stable")


def lengths(weights):
    """Sorted lengths of the minimum spanning tree; no two rows are equal, so no length is zero."""
    tree = np.sort(minimum_spanning_tree(csr_matrix(weights)).data)
    heights = single(squareform(weights, checks=False))[:, 2]
    assert np.allclose(tree, heights, rtol=1e-14, atol=0)
    return tree


def of(k):
    near = np.zeros((n, n), dtype=bool)
    np.put_along_axis(near, order[:, :k], True, axis=1)
    mutual = near & near.T

    def sizes(adjacency):
        count, labels = connected_components(csr_matrix(adjacency), directed=True, connection="weak")
        first = [int(np.flatnonzero(labels == c)[0]) for c in range(count)]
        return [int(np.sum(labels == c)) for c in np.argsort(first)]

    counts = near.sum(axis=0)
    forest = minimum_spanning_tree(csr_matrix(np.where(near | near.T, distances, 0))).data
    return {
        "k": k,
        "forest_edges": len(forest),
        "forest_length": float(np.sort(forest).sum()),
        "components": sizes(near),
        "mutual_components": sizes(mutual),
        "counts": counts,
        "skewness": float(skew(counts)),
        "robinhood": float(np.abs(counts - counts.mean()).sum() / 2 / counts.sum()),
        "union": int((near | near.T).sum()) // 2,
        "mutual": int(mutual.sum()) // 2,
        "reciprocity": float(mutual.sum() / near.sum()),
    }


core = np.sort(apart, axis=1)[:, 4]
reachability = np.maximum(np.maximum(distances, core[:, None]), core[None, :])
np.fill_diagonal(reachability, 0)
goldenfile.write("graph", "scipy", "spanning trees, components and hubness of the neighbour graph of wine", HOW, {
    "tree": lengths(distances),
    "reachability": lengths(reachability),
    "graphs": [of(k) for k in (2, 5, 10)],
})
