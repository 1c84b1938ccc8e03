"""Indices of clusters and of labelings by scikit-learn, local shapes and densities by SciPy."""

import goldenfile

import numpy as np
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import cdist
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    mutual_info_score,
    normalized_mutual_info_score,
    silhouette_samples,
)

HOW = (
    "x: every step-th row of the table, its values times 'times' as whole numbers unless 0; y: its columns from 'first' to before 'end'. silhouettes: sklearn.metrics.silhouette_samples(y, labels) of every "
    "10th row, silhouette their mean over all; davies_bouldin, calinski_harabasz of y and labels. With k neighbours by scipy.spatial.distance.cdist and a "
    "stable argsort: procrustes, scaled: mean over rows of |A - s B R|^2 / |A|^2, A and B the centred rows of x and y of the row and its neighbours in x, R "
    "by scipy.linalg.orthogonal_procrustes (y filled up with zero columns), s 1 or its scale / |B|^2; topographic: Bauer and Pawelzik's product, factors "
    "with a distance of 0 left out; radius: numpy.corrcoef of the logs of mean squared distances to the k nearest in x and in y, of rows with both above 0. "
    "labelings: a and b from integers below 'of_a', 'of_b' of numpy.random.RandomState(seed), b equal to a where a third number is below 'same'; "
    "adjusted_rand, and nmi by sklearn's normalisers; joint: mutual_info_score over the joint entropy."
)


def case(table, times, step, first, end, k):
    rows, labels = goldenfile.table(table)
    rows = np.rint(rows * times) if times else rows
    x, labels = rows[::step], labels[::step]
    y = x[:, first:end]
    n = len(x)
    dx, dy = cdist(x, x), cdist(y, y)

    def nearest(d):
        d = d.copy()
        np.fill_diagonal(d, -1)
        return np.argsort(d, axis=1, kind="stable")[:, 1 : k + 1]

    nx, ny = nearest(dx), nearest(dy)
    rigid, scaled, product = [], [], []
    for i in range(n):
        near = np.r_[i, nx[i]]
        a, b = x[near] - x[near].mean(0), np.zeros((k + 1, x.shape[1]))
        b[:, : y.shape[1]] = y[near] - y[near].mean(0)
        turn, nuclear = orthogonal_procrustes(b, a)
        if np.sum(a**2) > 0:
            s = nuclear / np.sum(b**2) if np.sum(b**2) > 0 else 0
            rigid.append(np.sum((a - b @ turn) ** 2) / np.sum(a**2))
            scaled.append(np.sum((a - s * b @ turn) ** 2) / np.sum(a**2))
        logs = 0
        for count, (o, e) in enumerate(zip(nx[i], ny[i]), 1):
            for p, q in ((dx[i, e], dx[i, o]), (dy[i, e], dy[i, o])):
                if p > 0 and q > 0:
                    logs += np.log(p / q)
            product.append(logs / (2 * count))
    rx, ry = (np.array([np.mean(d[i, near[i]] ** 2) for i in range(n)]) for d, near in ((dx, nx), (dy, ny)))
    both = (rx > 0) & (ry > 0)
    samples = silhouette_samples(y, labels)
    return {
        "table": table,
        "times": times,
        "step": step,
        "first": first,
        "end": end,
        "k": k,
        "silhouette": float(np.mean(samples)),
        "silhouettes": samples[::10],
        "davies_bouldin": float(davies_bouldin_score(y, labels)),
        "calinski_harabasz": float(calinski_harabasz_score(y, labels)),
        "procrustes": float(np.mean(rigid)),
        "scaled": float(np.mean(scaled)),
        "topographic": float(np.mean(product)),
        "radius": float(np.corrcoef(np.log(rx[both]), np.log(ry[both]))[0, 1]),
        "radii": int(np.sum(both)),
    }


def labelings(seed, n, of_a, of_b, same):
    r = np.random.RandomState(seed)
    a, b, u = r.randint(of_a, size=n), r.randint(of_b, size=n), r.uniform(size=n)
    b = np.where(u < same, a, b)
    _, counts = np.unique(np.stack([a, b]), axis=1, return_counts=True)
    nmi = {m: float(normalized_mutual_info_score(a, b, average_method=m)) for m in ("arithmetic", "geometric", "max", "min")}
    nmi["joint"] = float(mutual_info_score(a, b) / -np.sum(counts / n * np.log(counts / n)))
    return {"a": a, "b": b, "adjusted_rand": float(adjusted_rand_score(a, b)), "nmi": nmi}


goldenfile.write(
    "qualitydistance",
    "scikit-learn",
    "indices of clusters and of labelings, local shapes and densities",
    HOW,
    {
        "cases": [case("iris", 10, 1, 2, 4, 10), case("wine", 0, 1, 0, 5, 12), case("digits", 1, 9, 20, 23, 8)],
        "labelings": [labelings(1, 60, 4, 3, 0.5), labelings(2, 40, 9, 2, 0.0), labelings(3, 30, 1, 3, 0.0)],
    },
)
