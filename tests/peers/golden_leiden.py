"""Communities by leidenalg: modularity and the constant Potts model on a social network, a block model and a graph of digits."""

import goldenfile

import igraph
import leidenalg
import networkx
import numpy as np

HOW = (
    "karate: Zachary's club, 78 edges of weight 1. blocks: 5 blocks of 60 nodes, drawn by numpy with probabilities 0.2 and 0.02; edges are those of "
    "the field. digits: the 1797 digits as datasets.Digits holds them, ½ where one of two has the other among its 15 nearest, ties by index, and 1 "
    "where both do. Runs: find_partition(n_iterations=-1) for the seeds 0 to 9, with RBConfigurationVertexPartition (modularity: "
    "Graph.modularity of what is found, at the same resolution) or CPMVertexPartition (constant Potts model: half its quality(), which counts every edge twice); "
    "values in ascending order, and the number of communities of the best."
)


def found(graph, kind, resolution):
    values = []
    for seed in range(10):
        partition = {"modularity": leidenalg.RBConfigurationVertexPartition, "constant Potts model": leidenalg.CPMVertexPartition}[kind]
        p = leidenalg.find_partition(graph, partition, weights="weight", n_iterations=-1, seed=seed, resolution_parameter=resolution)
        value = graph.modularity(p.membership, weights="weight", resolution=resolution) if kind == "modularity" else p.quality() / 2
        values.append((value, len(p)))
    values.sort()
    return {"quality": kind, "resolution": resolution, "values": np.array([v for v, _ in values]), "communities": values[-1][1]}


def weighted(n, edges, weights=None):
    graph = igraph.Graph(n=n, edges=edges)
    graph.es["weight"] = [1.0] * len(edges) if weights is None else weights
    return graph


def digits():
    x, _ = goldenfile.table("digits")
    x = x.astype(int)  # distances are whole numbers, and ties are ties
    squares = (x**2).sum(axis=1)
    d = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(d, d.max() + 1)
    near = np.argsort(d, axis=1, kind="stable")[:, :15]
    a = np.zeros(d.shape)
    np.put_along_axis(a, near, 1, axis=1)
    a = np.triu((a + a.T) / 2)
    i, j = np.nonzero(a)
    return weighted(len(x), np.stack([i, j], axis=1).tolist(), a[i, j].tolist())


def blocks():
    truth = np.repeat(np.arange(5), 60)
    draw = np.random.default_rng(0)
    chance = np.where(truth[:, None] == truth, 0.2, 0.02)
    i, j = np.nonzero(np.triu(draw.random(chance.shape) < chance, 1))
    return np.stack([i, j], axis=1).tolist(), truth


karate = weighted(34, [list(e) for e in networkx.karate_club_graph().edges()])
edges, truth = blocks()
goldenfile.write("leiden", "leidenalg", "communities of graphs", HOW, {
    "karate": [found(karate, "modularity", 1.0), found(karate, "modularity", 0.5), found(karate, "constant Potts model", 0.1), found(karate, "constant Potts model", 0.3)],
    "blocks": {"edges": np.array(edges).ravel(), "truth": truth, "runs": [found(weighted(300, edges), "modularity", 1.0), found(weighted(300, edges), "constant Potts model", 0.1)]},
    "digits": [found(digits(), "modularity", 1.0), found(digits(), "modularity", 5.0), found(digits(), "constant Potts model", 0.01)],
}, others=("igraph",))
