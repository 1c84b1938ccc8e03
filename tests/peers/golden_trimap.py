"""TriMap by trimap: what the map is made of, and the first steps."""

import goldenfile

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors
from trimap import trimap_ as peer

HOW = (
    "generate_triplets of the rows x, which are as preprocessing leaves them, for 4 inliers, 3 outliers and 2 random triplets, with its "
    "functions as Python runs them, so that numpy.random.seed(3) chooses; the first 60·4·3 of triplets have near rows. At the points y, "
    "trimap_grad has gradient, loss (the sum) and violated, and TRIMAP.global_score is global_score. Then steps: the points after 3 iterations of update_embedding_dbd with gradients "
    "at y + momentum·velocity, rate 0.1, and after 3 more as they are beyond iteration 250. Last the quality of TRIMAP's map of every third row "
    "of datasets.Digits, for three seeds: scikit-learn's trustworthiness for 10 neighbours, and the share of the 10 nearest points in the "
    "map that are of the same digit."
)

draw = np.random.default_rng(11)
x = draw.normal(size=(60, 5)) + 3 * draw.integers(0, 3, size=(60, 1))
x -= x.min()
x /= x.max()
x = np.round(x - x.mean(axis=0), 6).astype(np.float32)
y = np.round(draw.normal(size=(60, 2)), 4).astype(np.float32)

for name in ("rejection_sample", "sample_knn_triplets", "sample_random_triplets"):
    setattr(peer, name, getattr(peer, name).py_func)
np.random.seed(3)
triplets, weights = peer.generate_triplets(x, 4, 3, 2)
triplets, weights = triplets.astype(np.int32), weights.astype(np.float32)


def gradient(at):
    g = peer.trimap_grad(at.astype(np.float32), 4, 3, triplets, weights)
    return g[:-1], g[-1]


first, (loss, violated) = gradient(y)
points, velocity, gain = y.copy(), np.zeros_like(y), np.ones_like(y)
steps = []
for momentum, iterations in ((0.5, (0, 1, 2)), (0.8, (251, 252, 253))):
    for iteration in iterations:
        g, _ = gradient(points + np.float32(momentum) * velocity)
        peer.update_embedding_dbd(points, g, velocity, gain, np.float32(0.1), iteration)
    steps.append(points.astype(np.float64).tolist())

digits, labels = (part[::3] for part in goldenfile.table("digits"))
trust, hits = [], []
for seed in (1, 2, 3):
    np.random.seed(seed)
    at = peer.TRIMAP(verbose=False).fit_transform(digits)
    trust.append(trustworthiness(digits, at, n_neighbors=10))
    nearest = NearestNeighbors(n_neighbors=10).fit(at).kneighbors(return_distance=False)
    hits.append(float((labels[nearest] == labels[:, None]).mean()))

goldenfile.write(
    "trimap",
    "trimap",
    "generate_triplets, trimap_grad, update_embedding_dbd",
    HOW,
    {
        "x": x.astype(np.float64),
        "triplets": triplets,
        "weights": weights.astype(np.float64),
        "y": y.astype(np.float64),
        "gradient": first.astype(np.float64),
        "loss": float(loss),
        "violated": int(violated),
        "global_score": float(peer.TRIMAP(verbose=False).global_score(x.astype(np.float64), y.astype(np.float64))),
        "steps": steps,
        "digits": {"trustworthiness": trust, "hits": hits},
    },
    others=("scikit-learn",),
)
