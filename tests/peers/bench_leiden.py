"""Communities of graphs by leidenalg and igraph."""

import random

import benchworker
import igraph
import leidenalg
import numpy as np


def graph(near):
    """The graph of neighbours, given as numbers of rows: ½ where one of two is near to the other, 1 where both are. Of a few rows for a
    start, neighbours that are not among them are left out."""
    n, k = near.shape
    i, j = np.repeat(np.arange(n), k), near.astype(np.int64).ravel()
    i, j = i[j < n], j[j < n]
    pairs, counts = np.unique(np.minimum(i, j) * n + np.maximum(i, j), return_counts=True)
    g = igraph.Graph(n=n, edges=np.stack([pairs // n, pairs % n], axis=1))
    g.es["weight"] = counts / 2
    return g


def labels(partition):
    return {"labels": np.array(partition.membership, dtype=np.int32)[:, None], "communities": len(partition)}


@benchworker.function
def leidenalg_communities(near, seed):
    g = benchworker.prepared(graph, near)
    return labels(leidenalg.find_partition(g, leidenalg.RBConfigurationVertexPartition, weights="weight", n_iterations=2, seed=seed))


@benchworker.function
def igraph_communities(near, seed):
    g = benchworker.prepared(graph, near)
    random.seed(seed)  # from which igraph draws
    return labels(g.community_leiden(objective_function="modularity", weights="weight", n_iterations=2))


benchworker.serve("leidenalg", "igraph", "numpy")
