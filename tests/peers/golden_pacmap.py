"""PaCMAP and LocalMAP by pacmap: the choice of pairs, gradients on a fixed layout, steps, and maps."""

import goldenfile

import logging

import numpy as np
import pacmap.pacmap as peer

logging.getLogger("pacmap.pacmap").setLevel(logging.ERROR)  # it warns of every seed
ROWS, NEIGHBORS = 60, 4
HOW = (
    "pairs: of the first 'rows' rows of iris, compared as they are, the 'neighbors' + 50 nearest are candidates by exact distances "
    "(float64, ties by index); sigma: mean of the 4th to 6th distance, not below 1e-10; near: the 'neighbors' candidates of least "
    "scaled distance (pacmap's scale_dist and sample_neighbors_pair, float32), and margin the difference of the scaled "
    "distances of the last chosen and the first left out over the latter. layout: 3·sin(37·t+1) for the t-th coordinate, "
    "t = 0, 1, …, rounded to float32; mid_near and further: rows i+7, i+19 and i+11, i+23, i+31 modulo 'rows'. gradients: "
    "pacmap_grad at the layout for weights of near, mid-near and further pairs, and pacmap_grad_nearby_recip_sqrt for "
    "LocalMAP with a threshold of 10; the last number is the loss that pacmap reports. adam: three steps of "
    "update_embedding_adam from the layout with rate 1, each by pacmap_grad at where it is with weights 2, 1000, 1. weights: "
    "find_weight at iterations for phases of 100, 100 and 250. counts: near, mid-near and further pairs that PaCMAP decides "
    "for n rows, n_neighbors, MN_ratio and FP_ratio. mammoth: rows x on the skin of a made-up animal; triplets and local: of maps by PaCMAP and LocalMAP with five seeds, the share of "
    "20000 triplets (row i = t mod n, rows (i·7919+t·104729+1) mod n and (i·15485863+t·32452843+2) mod n in 64-bit "
    "arithmetic, those with equal rows left out) whose two distances from the first have the same order in map and data."
)


def chosen(x):
    order = [
        sorted((float(np.sqrt(((x[i] - x[j]) ** 2).sum())), j) for j in range(ROWS) if j != i)[: NEIGHBORS + 50]
        for i in range(ROWS)
    ]
    nbrs = np.array([[j for _, j in row] for row in order], dtype=np.int32)
    far = np.array([[d for d, _ in row] for row in order])
    sigma = np.maximum(far[:, 3:6].mean(axis=1), 1e-10)
    scaled = peer.scale_dist(far.astype(np.float32), sigma.astype(np.float32), nbrs)
    near = peer.sample_neighbors_pair(x.astype(np.float32), scaled, nbrs, NEIGHBORS)
    ranked = np.sort(scaled, axis=1)
    margin = (ranked[:, NEIGHBORS] - ranked[:, NEIGHBORS - 1]) / ranked[:, NEIGHBORS]
    return near[:, 1].reshape(ROWS, NEIGHBORS), margin


def listed(offsets):
    return np.array([[i, (i + o) % ROWS] for i in range(ROWS) for o in offsets], dtype=np.int32)


def gradient(y, near, midnear, further, weights):
    return peer.pacmap_grad(y, near, midnear, further, *(np.float32(w) for w in weights))


def steps(y, *pairs):
    y = y.copy()
    m, v = np.zeros_like(y), np.zeros_like(y)
    for step in range(3):
        grad = gradient(y, *pairs, (2, 1000, 1))
        peer.update_embedding_adam(y, grad, m, v, np.float32(0.9), np.float32(0.999), np.float32(1), step)
        yield y.copy()


def counts(n, neighbors, mid, further):
    model = peer.PaCMAP(n_neighbors=neighbors, MN_ratio=mid, FP_ratio=further)
    model.decide_num_pairs(n)
    return {"n": n, "neighbors": neighbors or 0, "mid_ratio": mid, "further_ratio": further,
            "near": model.n_neighbors, "mid_near": model.n_MN, "further": model.n_FP}


def triplets(x, y):
    n = len(x)
    t = np.arange(20000, dtype=np.int64)
    i = t % n
    j, k = (i * 7919 + t * 104729 + 1) % n, (i * 15485863 + t * 32452843 + 2) % n
    keep = (i != j) & (i != k) & (j != k)
    i, j, k = i[keep], j[keep], k[keep]

    def order(z):
        return ((z[i] - z[j]) ** 2).sum(1) < ((z[i] - z[k]) ** 2).sum(1)

    return float(np.mean(order(x) == order(y)))


def skin():
    """A body, a head, four legs, two tusks and a trunk."""
    draw = np.random.default_rng(7)

    def ball(n, at, size):
        v = draw.normal(size=(n, 3))
        return np.array(at) + np.array(size) * v / np.linalg.norm(v, axis=1)[:, None]

    def tube(n, curve, radius):
        t, angle = draw.uniform(size=n), draw.uniform(0, 2 * np.pi, size=n)
        around = np.stack([np.cos(angle), np.sin(angle), np.zeros(n)], axis=1)
        return np.array([curve(u) for u in t]) + radius * around

    parts = [ball(380, (0, 0, 2), (2, 0.8, 1)), ball(120, (2.3, 0, 2.9), (0.6, 0.5, 0.6))]
    for x, y in ((-1.3, 0.5), (-1.3, -0.5), (1.2, 0.5), (1.2, -0.5)):
        parts.append(tube(80, lambda u, x=x, y=y: (x, y, 1.3 * u), 0.25))
    for side in (1, -1):
        parts.append(tube(60, lambda u, side=side: (2.6 + 1.4 * u, side * (0.3 + 0.6 * np.sin(np.pi * u)), 2.5 - 1.8 * u + 2 * u * u), 0.1))
    parts.append(tube(60, lambda u: (2.9 + 0.4 * np.sin(3 * u), 0, 2.6 - 2.3 * u), 0.15))
    return np.round(np.concatenate(parts), 3)


iris, _ = goldenfile.table("iris")
near, margin = chosen(iris[:ROWS])
y = (3 * np.sin(37 * np.arange(2 * ROWS) + 1)).astype(np.float32).reshape(ROWS, 2)
pairs = (
    np.array([[i, j] for i in range(ROWS) for j in near[i]], dtype=np.int32),
    listed((7, 19)),
    listed((11, 23, 31)),
)
goldenfile.write("pacmap", "pacmap", "PaCMAP and LocalMAP: pairs, gradients on a fixed layout, steps, global form", HOW, {
    "rows": ROWS,
    "neighbors": NEIGHBORS,
    "near": near,
    "margin": margin,
    "gradients": [
        {
            "weights": list(weights),
            "values": (found := gradient(y, *pairs, weights))[:-1].astype(np.float64),
            "loss": float(found[-1, 0]),
        }
        for weights in ((2, 1000, 1), (3, 3, 1), (1, 0, 1))
    ],
    "local": peer.pacmap_grad_nearby_recip_sqrt(
        y, *pairs, *(np.float32(w) for w in (1, 0, 1)), np.float32(5))[:-1].astype(np.float64),
    "adam": [step.astype(np.float64).tolist() for step in steps(y, *pairs)],
    "weights": [
        {"iteration": it, "mid_near": float(w[0]), "near": float(w[1])}
        for it in (0, 1, 50, 99, 100, 150, 199, 200, 201, 449)
        for w in [peer.find_weight(1000.0, it, num_iters=(100, 100, 250))]
    ],
    "counts": [
        counts(*of)
        for of in ((4, 2, 0.5, 2.0), (10, 8, 0.5, 2.0), (30, 10, 0.5, 2.0), (36, 10, 0.5, 2.0), (36, 13, 1.5, 0.5), (150, 10, 0.5, 2.0),
                   (12000, None, 0.5, 2.0), (70000, None, 0.5, 2.0))
    ],
    "mammoth": {
        "x": (x := skin()),
        "triplets": [triplets(x, peer.PaCMAP(random_state=seed).fit_transform(x).astype(np.float64)) for seed in range(1, 6)],
        "local": [triplets(x, peer.LocalMAP(random_state=seed).fit_transform(x).astype(np.float64)) for seed in range(1, 6)],
    },
}, others=("numba", "scikit-learn", "faiss-cpu"))
