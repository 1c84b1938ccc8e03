"""Clusterings by scikit-learn's HDBSCAN, and steadiness and cohesiveness as their authors define them, upon it."""

import goldenfile

from collections import deque

import numpy as np
from scipy.spatial.distance import cdist, squareform, pdist
from sklearn.cluster import HDBSCAN

HOW = (
    "clusterings: sklearn.cluster.HDBSCAN(metric='precomputed', min_cluster_size=size, min_samples=core+1 (it counts the row), allow_single_cluster=single) of the "
    "distances of points, scipy's pdist. maps: x is every step-th row of the table, its values times 'times' as whole numbers unless 0; y the columns 'first' to before 'end' of it, with a little noise that leaves no equal distances where jitter "
    "is not 0: y[i, c] + jitter*sin(i*(c+1)). k others by cdist and a stable argsort; similarity: sum over common neighbours of (k+1-r)(k+1-s), r and s their ranks from 0, over its maximum; "
    "distance 1/(similarity+0.1). parts: one cluster of the map of a walk as below, its groups by HDBSCAN(min_cluster_size=5, min_samples=6, allow_single_cluster=True), and the sums of "
    "weights and of weighted distortions of pairs of groups. steadiness, cohesiveness: the mean over 'seeds' runs of 150 walks each, breadth first from a random row to neighbours with "
    "the probability of the similarity, until int(0.3 n) steps are made, again where none is; deviation: the standard deviation between runs."
)


def by_density(d, size, core, single):
    return HDBSCAN(metric="precomputed", min_cluster_size=size, min_samples=core + 1, allow_single_cluster=single, copy=True).fit_predict(d)


def clustering(seed, spots, size, core, single):
    r = np.random.RandomState(seed)
    points = np.vstack([np.round(r.normal(size=(count, 2)) * width + np.array([x, y]), 6) for count, width, x, y in spots])
    labels = by_density(squareform(pdist(points)), size, core, single)
    return {"points": points, "size": size, "core": core, "single": single, "labels": labels}


class Space:
    """How alike the rows of a space are by the neighbours they share."""

    def __init__(self, x, k):
        d = cdist(x, x)
        np.fill_diagonal(d, -1)
        self.near = np.argsort(d, axis=1, kind="stable")[:, 1 : k + 1]
        weights = np.zeros(d.shape)
        np.put_along_axis(weights, self.near, np.arange(k + 1, 1, -1.0)[None, :], axis=1)
        self.alike = weights @ weights.T
        np.fill_diagonal(self.alike, 0)
        self.alike /= self.alike.max()
        self.apart = 1 / (self.alike + 0.1)

    def walk(self, r):
        n = len(self.near)
        start = r.randint(n)
        while True:
            met, queue, steps = {start}, deque([start]), 0
            while queue and steps < int(0.3 * n):
                i = queue.popleft()
                for j in self.near[i][r.uniform(size=len(self.near[i])) < self.alike[i, self.near[i]]]:
                    queue.append(j)
                    met.add(int(j))
                    steps += 1
            if len(met) > 1:
                return np.array(sorted(met))


def part(source, other, rows):
    """The groups of a cluster of one space in the other, -1 for rows alone, and what they say."""
    most = np.max(other.apart - source.apart)
    d = other.apart[np.ix_(rows, rows)].copy()
    np.fill_diagonal(d, 0)
    if len(rows) < 7:  # where hdbscan lowers min_samples to all others: the two farthest leave together, when all do
        labels = np.zeros(len(rows), int)
    else:
        labels = by_density(d, 5, 5, True)
    groups, alone = labels.copy(), labels < 0
    groups[alone] = labels.max() + 1 + np.arange(alone.sum())
    of = np.equal.outer(np.arange(groups.max() + 1), groups).astype(float)
    counts = of.sum(1)
    pairs = np.outer(counts, counts)
    means = [of @ s.alike[np.ix_(rows, rows)] @ of.T / pairs for s in (other, source)]
    change = 1 / (means[0] + 0.1) - 1 / (means[1] + 0.1)
    worse = np.tril(change > 1e-12, -1)
    return labels, float(np.sum(worse * pairs * change) / most), float(np.sum(worse * pairs))


def run(spaces, seed):
    r = np.random.RandomState(seed)
    scores = []
    for source, other in (spaces[::-1], spaces):
        sums = np.zeros(2)
        for _ in range(150):
            _, distortion, weight = part(source, other, source.walk(r))
            sums += distortion, weight
        scores.append(1 - sums[0] / sums[1])
    return scores


def picture(table, times, step, first, end, jitter, k, seeds):
    x = goldenfile.table(table)[0][::step]
    x = np.rint(x * times) if times else x
    y = x[:, first:end].copy()
    n = len(x)
    y += jitter * np.sin(np.outer(np.arange(n), np.arange(1, y.shape[1] + 1)))
    spaces = [Space(x, k), Space(y, k)]
    parts = []
    r = np.random.RandomState(7)
    for steady in (True, False):
        source, other = (spaces[1], spaces[0]) if steady else (spaces[0], spaces[1])
        for _ in range(3):
            rows = source.walk(r)
            labels, distortion, weight = part(source, other, rows)
            parts.append({"steady": steady, "rows": rows, "labels": labels, "distortion": distortion, "weight": weight})
    scores = np.array([run(spaces, seed) for seed in range(seeds)])
    return {
        "table": table,
        "times": times,
        "step": step,
        "first": first,
        "end": end,
        "jitter": jitter,
        "k": k,
        "parts": parts,
        "seeds": seeds,
        "steadiness": float(scores[:, 0].mean()),
        "cohesiveness": float(scores[:, 1].mean()),
        "deviation": scores.std(0, ddof=1),
    }


SPOTS = [(25, 1.0, 0, 0), (30, 0.5, 6, 0), (15, 2.0, 0, 9), (5, 9.0, 4, 4)]
goldenfile.write(
    "steadiness",
    "scikit-learn",
    "clusterings by density of given distances, steadiness and cohesiveness",
    HOW,
    {
        "clusterings": [
            clustering(1, SPOTS, 5, 1, False),
            clustering(2, SPOTS, 5, 1, True),
            clustering(3, SPOTS, 5, 5, True),
            clustering(4, SPOTS, 9, 3, False),
            clustering(5, [(40, 1.0, 0, 0)], 5, 1, True),
            clustering(6, [(40, 1.0, 0, 0)], 5, 5, True),
            clustering(7, [(20, 1.0, 0, 0), (12, 0.2, 1, 1)], 3, 1, True),
            clustering(8, SPOTS[:2], 2, 1, False),
        ],
        "maps": [
            picture("iris", 10, 1, 0, 2, 0.1, 12, 20),
            picture("digits", 0, 9, 20, 22, 0.01, 14, 20),
            picture("wine", 0, 1, 5, 7, 0.01, 13, 20),
        ],
    },
)
