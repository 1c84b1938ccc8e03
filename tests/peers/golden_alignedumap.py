"""How well AlignedUMAP keeps rows in their places and neighbours near, by umap-learn."""

import warnings

import goldenfile

import numpy as np
from sklearn.manifold import trustworthiness
from umap import UMAP, AlignedUMAP
from umap.aligned_umap import build_neighborhood_similarities, expand_relations

warnings.simplefilter("ignore")

ROWS, SLICE, STEP, SEEDS = 600, 200, 100, 5


def apart(y, z):
    """The root mean square distance of rows y from their images z, over that of both from their centres."""
    scatter = ((y - y.mean(0)) ** 2).sum() + ((z - z.mean(0)) ** 2).sum()
    return np.sqrt(2 * ((y - z) ** 2).sum() / scatter)


def fitted(y, z):
    """The distance of rows y from their images z, once z is moved, turned and scaled to be nearest."""
    a, b = y - y.mean(0), z - z.mean(0)
    u, s, v = np.linalg.svd(b.T @ a)
    return apart(a, b @ (u @ v) * (s.sum() / (b**2).sum()))


x = goldenfile.table("digits")[0][:ROWS]
x = x[np.argsort(x.sum(1), kind="stable")]
slices = [x[i : i + SLICE] for i in range(0, ROWS - SLICE + 1, STEP)]
relations = [{i + STEP: i for i in range(SLICE - STEP)} for _ in slices[1:]]
maps = {"aligned": [], "umap": []}
for seed in range(SEEDS):
    model = AlignedUMAP(random_state=seed, transform_seed=seed)
    kinds = {"aligned": list(model.fit_transform([s.copy() for s in slices], relations=relations)),
             "umap": [UMAP(random_state=seed).fit_transform(s) for s in slices]}
    for kind, layouts in kinds.items():
        measure = apart if kind == "aligned" else fitted
        maps[kind].append({
            "trustworthiness": [trustworthiness(s, y, n_neighbors=10) for s, y in zip(slices, layouts)],
            "apart": [measure(y[STEP:].astype(np.float64), z[:-STEP].astype(np.float64)) for y, z in zip(layouts, layouts[1:])]})
    if seed == 0:
        graphs = [m.graph_ for m in model.mappers_]
        shares = build_neighborhood_similarities([g.indptr for g in graphs], [g.indices for g in graphs], expand_relations(relations, 3))
goldenfile.write("alignedumap", "umap-learn", "the first 600 digits, by the sum of their pixels, in five slices of 200 that share 100: trustworthiness at 10 of every slice, and how far rows are from their images in the next one, over five seeds",
                 "AlignedUMAP(random_state=seed, transform_seed=seed); umap: UMAP(random_state=seed) of every slice on its own, each map moved, turned and scaled onto the one before; shares: build_neighborhood_similarities of the rows of the second slice that are in the first.",
                 {**maps, "shares": shares[1, 2, : SLICE - STEP].astype(np.float64)}, others=("numba", "scikit-learn"))
