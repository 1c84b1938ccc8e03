"""Exact t-SNE of digits by scikit-learn, and its stages on the first 300 rows."""

import goldenfile

import logging

import openTSNE.affinity
import numpy as np
from scipy.optimize import brentq
from scipy.spatial.distance import cdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _gradient_descent, _joint_probabilities, _kl_divergence
from sklearn.neighbors import NearestNeighbors

SUBSET = 300
SPREAD = 1e5
STEPS = [1, 2, 10, 25, 50, 100]
logging.getLogger("openTSNE").setLevel(logging.ERROR)  # it warns that all neighbours are many
HOW = (
    "start: the first two principal components of digits, signs such that the entry of largest magnitude of each component "
    "is positive, both divided by the standard deviation (divisor n) of the first and times 1e-4, then rounded to 9 "
    "significant digits; every run begins from these rounded numbers. runs: TSNE(method='exact', init=start, "
    "learning_rate='auto' = max(n/12/4, 50) for a gradient with factor 4, early_exaggeration=12 and momentum .5 for 250 "
    "iterations, then momentum .8, max_iter=1000), gains +.2 / *.8 not below .01, gains 1 and no velocity at the start of "
    "both phases, layout never centred; on the first 'rows' rows of digits and of start. kl: of the final layout, "
    "exaggeration 1; kl_nearby: the same from the start rounded to 6 digits, which shows what rounding errors come to; "
    "kl_reported: scikit-learn's kl_divergence_, of the layout before the last step. trustworthiness: of the final layout, "
    "k=15. one_nn: share of rows whose nearest row in the layout has their label. stages (first 300 rows) use the joint "
    "probabilities (p_i|j + p_j|i)/2n, sum over all ordered pairs 1. scikit-learn stops its search for a row's precision at "
    "1e-5 in entropy, openTSNE at 1e-8; 'exact' finds it by Brent's method to 1e-14 with scipy. precision: beta of p_j|i ~ "
    "exp(-beta*d^2), exact, every 15th row. entropy: -sum p ln p over ordered pairs. pairs: [i, j, exact, sklearn, "
    "opentsne]. kl_start, gradient_start: objective and its gradient with factor 4 at the start by scikit-learn's "
    "_kl_divergence with the exact p; *_spread: the same at the start times 1e5. early: the first phase of the runs by "
    "scikit-learn's _gradient_descent with the exact p, learning rate 50: kl (exaggeration 1) and the first 5 rows of the "
    "layout after 'iterations' steps; nearby: largest difference of any coordinate when each of the start's is changed by a "
    "part in 1e13, over the largest coordinate, which tells how many digits of the layout have a meaning. late: the second "
    "phase, likewise, from the start times 1e5."
)


def rounded(start, digits):
    return np.array([[float(f"{value:.{digits}g}") for value in row] for row in start])


def start_of(x):
    pca = PCA(n_components=2, svd_solver="full").fit(x)
    largest = np.argmax(np.abs(pca.components_), axis=1)
    scores = pca.transform(x) * np.sign(pca.components_[np.arange(2), largest])
    scores *= 1e-4 / np.std(scores[:, 0])
    return rounded(scores, 9)


def embed(x, start, perplexity):
    model = TSNE(method="exact", init=start.copy(), perplexity=perplexity, learning_rate="auto", max_iter=1000)
    y = model.fit_transform(x)
    p = _joint_probabilities(cdist(x, x, "sqeuclidean"), perplexity, 0)
    kl, _ = _kl_divergence(y.ravel(), p, 1, len(x), 2)
    return model, y, float(kl)


def run(x, labels, start, perplexity):
    model, y, kl = embed(x, start, perplexity)
    _, _, nearby = embed(x, rounded(start, 6), perplexity)
    near = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(y).kneighbors(return_distance=False)[:, 0]
    return {
        "rows": len(x),
        "perplexity": perplexity,
        "learning_rate": float(model.learning_rate_),
        "iterations": model.n_iter_ + 1,
        "kl": kl,
        "kl_nearby": nearby,
        "kl_reported": float(model.kl_divergence_),
        "trustworthiness": float(trustworthiness(x, y, n_neighbors=15)),
        "one_nn": float(np.mean(labels[near] == labels)),
    }


def precision_of(squares, perplexity):
    """The beta for which exp(-beta*squares), made to sum to 1, has the perplexity; and those probabilities."""
    squares = squares - squares.min()

    def probabilities(beta):
        weights = np.exp(-beta * squares)
        return weights / weights.sum()

    def excess(log_beta):
        beta = np.exp(log_beta)
        weights = np.exp(-beta * squares)
        return np.log(weights.sum()) + beta * (weights @ squares) / weights.sum() - np.log(perplexity)

    beta = np.exp(brentq(excess, -20, 5, xtol=1e-14, rtol=1e-14))
    return beta, probabilities(beta)


def exact_joint(squares, perplexity):
    n = len(squares)
    conditional, betas = np.zeros((n, n)), np.zeros(n)
    for i in range(n):
        others = np.arange(n) != i
        betas[i], conditional[i, others] = precision_of(squares[i, others], perplexity)
    return (conditional + conditional.T) / (2 * n), betas


def trajectory(p, start, exaggeration, momentum):
    """What a phase of the runs has reached after STEPS, for condensed p."""
    n = len(start)
    shaken = start * (1 + 1e-13 * np.where(np.arange(2 * n) % 3 == 0, 1, -1).reshape(n, 2))
    for steps in STEPS:
        y, nearby = (
            _gradient_descent(
                _kl_divergence, from_.ravel(), 0, steps, n_iter_check=50, momentum=momentum, learning_rate=50.0,
                args=[exaggeration * p, 1, n, 2],
            )[0].reshape(n, 2)
            for from_ in (start, shaken)
        )
        kl, _ = _kl_divergence(y.ravel(), p, 1, n, 2)
        yield {
            "iterations": steps,
            "kl": float(kl),
            "nearby": float(np.abs(y - nearby).max() / np.abs(y).max()),
            "layout": y[:5],
        }


def stage(x, start, perplexity):
    n = len(x)
    squares = cdist(x, x, "sqeuclidean")
    exact, betas = exact_joint(squares, perplexity)
    peer = squareform(_joint_probabilities(squares, perplexity, 0))
    other = openTSNE.affinity.PerplexityBasedNN(x, perplexity=perplexity, method="exact", k_neighbors=n - 1, n_jobs=1).P.toarray()
    off = ~np.eye(n, dtype=bool)
    for p, tolerance in ((exact, 1e-12), (peer, 1e-12), (other, 1e-12)):
        assert abs(p.sum() - 1) < tolerance
    likely = exact > 1e-3 / n**2
    assert np.allclose(exact[likely], peer[likely], rtol=2e-4) and np.allclose(exact[likely], other[likely], rtol=1e-6)

    # Half of the pairs are nearest neighbours, where p is large; half are spread over all pairs.
    np.fill_diagonal(squares, np.inf)
    pairs = [(i, int(np.argmin(squares[i]))) for i in range(0, n, 3)]
    pairs += [(i, j) for i, j in (((37 * t + 11) % n, (101 * t + 53) % n) for t in range(100)) if i != j]

    condensed = squareform(exact)
    positive = exact[off & (exact > 0)]
    found = {
        "rows": n,
        "perplexity": perplexity,
        "precision_rows": list(range(0, n, 15)),
        "precision": betas[::15],
        "entropy": float(-np.sum(positive * np.log(positive))),
        "pairs": [[i, j, float(exact[i, j]), float(peer[i, j]), float(other[i, j])] for i, j in pairs],
        "spread": SPREAD,
    }
    for name, layout in (("start", start), ("spread", start * SPREAD)):
        kl, gradient = _kl_divergence(layout.ravel(), condensed, 1, n, 2)
        found[f"kl_{name}"] = float(kl)
        found[f"gradient_{name}"] = gradient.reshape(n, 2)
    found["early"] = list(trajectory(condensed, start, 12, 0.5))
    found["late"] = list(trajectory(condensed, start * SPREAD, 1, 0.8))
    return found


digits, labels = goldenfile.table("digits")
start = start_of(digits)
first = slice(0, SUBSET)
goldenfile.write("tsne", "scikit-learn", "exact t-SNE of digits, and its stages on the first 300 rows", HOW, {
    "stages": [stage(digits[first], start[first], perplexity) for perplexity in (30, 10)],
    "runs": [
        run(digits[first], labels[first], start[first], 30),
        run(digits[first], labels[first], start[first], 10),
        run(digits, labels, start, 30),
        run(digits, labels, start, 10),
    ],
    "start": start,
}, others=("openTSNE",))
