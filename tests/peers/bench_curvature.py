"""Curvature of graphs by GraphRicciCurvature, which solves the transport of every edge by POT's emd2 in processes of its own."""

import os

import benchworker
import networkx as nx
import numpy as np
from GraphRicciCurvature.OllivierRicci import OllivierRicci


@benchworker.function
def ollivier_ricci(x, seed, paths):
    graph = nx.Graph()
    edges = [(int(a), int(b)) for a, b in x]
    graph.add_edges_from(edges)
    c = OllivierRicci(graph, alpha=0.5, method="OTD", shortest_path=paths, proc=len(os.sched_getaffinity(0)))
    c.compute_ricci_curvature()
    values = np.array([[c.G[a][b]["ricciCurvature"]] for a, b in edges])
    return {"curvature": values, "mean": float(values.mean())}


benchworker.serve("GraphRicciCurvature", "POT", "networkit", "networkx")
