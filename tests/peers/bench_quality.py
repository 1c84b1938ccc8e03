"""Judging maps by scikit-learn."""

import benchworker
from sklearn.manifold import trustworthiness as sklearn_trustworthiness


@benchworker.function
def trustworthiness(x, y, seed, neighbors):
    return {"trustworthiness": sklearn_trustworthiness(x, y, n_neighbors=neighbors)}


benchworker.serve("scikit-learn", "numpy", "scipy")
