"""Trustworthiness and continuity of principal planes by scikit-learn, and by the definition where distances tie."""

import goldenfile

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

NEIGHBORS = [5, 15, 50]
UNIT = 2.0**-17
HOW = (
    "rows: the table's values times 'times' (a power of ten that makes them whole numbers), as whole numbers; with 'jitter', "
    "plus h(i*columns+j)/2^17 in row i, column j, where for unsigned 32-bit k: k=k*2654435761; k=k^(k>>15); "
    "k=k*2246822519; h=k>>18 (14 bits). All of it is exact in float32, and so are squared distances in float64. "
    "embedding: the first two principal components of the rows with jitter, rounded; its entries are in units of 2^-17 "
    "(embedding_unit), exact in float32. neighbors: the k of each entry of the lists that follow. trustworthiness: "
    "sklearn.manifold.trustworthiness(rows, embedding, n_neighbors=k); continuity: the same with the arguments swapped; "
    "hit: share of the k nearest rows in the embedding that bear the row's label, mean over rows. Data with jitter have no "
    "two equal distances from one row (checked: least_gap is the smallest difference of two distances from one row). "
    "Data without have many; scikit-learn ranks equal distances in the order of an unstable sort, so for these the "
    "numbers follow from the same formula with equal distances ranked by index (stable sort, the row itself left out), and "
    "scikit-learn's own are in sklearn_trustworthiness and sklearn_continuity, for the size of the effect."
)


def hashed(k):
    k = k.astype(np.uint32)
    k = k * np.uint32(2654435761)
    k = k ^ (k >> np.uint32(15))
    k = k * np.uint32(2246822519)
    return k >> np.uint32(18)


def distances(x):
    """All distances, a row's own infinite."""
    d = cdist(x, x)
    np.fill_diagonal(d, np.inf)
    return d


def least_gap(d):
    ordered = np.sort(d, axis=1)[:, :-1]
    return float(np.min(np.diff(ordered, axis=1)))


def by_index(dx, dy, k):
    """Trustworthiness by its definition, ties ranked by index."""
    n = len(dx)
    ranks = np.empty((n, n), dtype=int)
    np.put_along_axis(ranks, np.argsort(dx, axis=1, kind="stable"), np.broadcast_to(np.arange(1, n + 1), (n, n)), axis=1)
    chosen = np.argsort(dy, axis=1, kind="stable")[:, :k]
    excess = np.maximum(np.take_along_axis(ranks, chosen, axis=1) - k, 0).sum()
    return float(1.0 - excess * (2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0))))


def golden(name, times):
    x, labels = goldenfile.table(name)
    whole = np.rint(x * times)
    assert np.allclose(whole, x * times, rtol=1e-12, atol=1e-9)
    n, d = whole.shape
    jittered = whole + hashed(np.arange(n * d).reshape(n, d)) / 2.0**17
    scores = PCA(n_components=2, svd_solver="full").fit_transform(jittered)
    units = np.rint(scores / UNIT).astype(int)
    y = units * UNIT
    for exact in (whole, jittered, y):
        assert np.array_equal(goldenfile.single(exact), exact)

    dw, dx, dy = distances(whole), distances(jittered), distances(y)
    gap = min(least_gap(dx), least_gap(dy))
    assert gap > 1e-11, f"{name} has rows at equal distances: {gap}"

    near = NearestNeighbors(n_neighbors=max(NEIGHBORS), algorithm="brute").fit(y).kneighbors(return_distance=False)
    same = labels[near] == labels[:, None]
    trust = [trustworthiness(jittered, y, n_neighbors=k) for k in NEIGHBORS]
    cont = [trustworthiness(y, jittered, n_neighbors=k) for k in NEIGHBORS]
    # Without ties the definition and scikit-learn must agree to the bit or nearly.
    assert np.allclose(trust, [by_index(dx, dy, k) for k in NEIGHBORS], rtol=1e-14)
    assert np.allclose(cont, [by_index(dy, dx, k) for k in NEIGHBORS], rtol=1e-14)
    return {
        "table": name,
        "times": times,
        "rows": n,
        "columns": d,
        "neighbors": NEIGHBORS,
        "least_gap": gap,
        "embedding_unit": UNIT,
        "embedding": units,
        "jittered_row_1": jittered[1],  # for a check of the jitter itself
        "jittered": {
            "trustworthiness": trust,
            "continuity": cont,
            "hit": [float(same[:, :k].mean()) for k in NEIGHBORS],
        },
        "tied": {
            "trustworthiness": [by_index(dw, dy, k) for k in NEIGHBORS],
            "continuity": [by_index(dy, dw, k) for k in NEIGHBORS],
            "sklearn_trustworthiness": [trustworthiness(whole, y, n_neighbors=k) for k in NEIGHBORS],
            "sklearn_continuity": [trustworthiness(y, whole, n_neighbors=k) for k in NEIGHBORS],
        },
    }


goldenfile.write("quality", "scikit-learn", "trustworthiness, continuity and neighbourhood hit of the principal planes of digits and iris", HOW, {
    "data": {"digits": golden("digits", 1), "iris": golden("iris", 10)},
})
