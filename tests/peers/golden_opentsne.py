"""Sparse t-SNE of digits by openTSNE: similarities, gradients on a given layout, and new rows."""

import goldenfile

import logging

import numpy as np
import openTSNE
from openTSNE import affinity
from openTSNE.tsne import kl_divergence_bh
from sklearn.neighbors import NearestNeighbors

ROWS = 300
KNOWN = 1200
logging.getLogger("openTSNE").setLevel(logging.ERROR)
HOW = (
    "affinities: of the first 'rows' digits, with exact neighbours. each: P.toarray() of PerplexityBasedNN(perplexity=20), "
    "Multiscale(perplexities=[10, 40]) and FixedSigmaNN(sigma=12, k=60), sum 1, at [i, j] of pairs. layout: y[i] = (20 sin i, "
    "15 cos 2i + i/30). gradients: kl_divergence_bh of openTSNE.tsne at the layout by the perplexity-based affinity, theta=1e-9, for "
    "every dof: the kernel (1 + d^2/dof)^-dof; the gradient is without the factor 4. fit: TSNE() of the first 'known' digits from "
    "the start of PCA, random_state=0, n_jobs=1, with neighbors='exact', negative_gradient_method='bh'; kl: of the final map by the affinity. "
    "one_nn: share of the other digits whose nearest row of the map, after transform(), has their label."
)

digits, labels = goldenfile.table("digits")
x = digits[:ROWS]
pairs = []
near = NearestNeighbors(n_neighbors=61).fit(x).kneighbors(return_distance=False)
for t in range(120):
    i = (37 * t + 11) % ROWS
    pairs.append([i, int(near[i, 1 + t % 55])])
i = np.arange(ROWS)
layout = np.column_stack([20 * np.sin(i), 15 * np.cos(2 * i) + i / 30])
kinds = {
    "perplexity": affinity.PerplexityBasedNN(x, perplexity=20, method="exact", n_jobs=1),
    "perplexities": affinity.Multiscale(x, perplexities=[10, 40], method="exact", n_jobs=1),
    "bandwidth": affinity.FixedSigmaNN(x, sigma=12, k=60, method="exact", n_jobs=1),
}
affinities = {name: [float(a.P[i, j]) for i, j in pairs] for name, a in kinds.items()}
gradients = []
for dof in (1.0, 0.5, 3.0):
    kl, gradient = kl_divergence_bh(layout.copy(), kinds["perplexity"].P, dof=dof, bh_params={"theta": 1e-9}, n_jobs=1, should_eval_error=True)
    gradients.append({"dof": dof, "kl": float(kl), "gradient": np.asarray(gradient)[::7]})

model = openTSNE.TSNE(random_state=0, n_jobs=1, neighbors="exact", negative_gradient_method="bh").fit(digits[:KNOWN])
z = model.transform(digits[KNOWN:])
nearest = NearestNeighbors(n_neighbors=1).fit(np.asarray(model)).kneighbors(np.asarray(z), return_distance=False)[:, 0]
goldenfile.write("opentsne", "openTSNE", "sparse t-SNE of digits: similarities, gradients on a given layout, and new rows", HOW, {
    "rows": ROWS,
    "pairs": pairs,
    "affinities": affinities,
    "every": 7,
    "gradients": gradients,
    "fit": {"known": KNOWN, "kl": float(model.kl_divergence), "one_nn": float(np.mean(labels[:KNOWN][nearest] == labels[KNOWN:]))},
})
