"""Principal components of iris, wine and digits, learned batch after batch, by scikit-learn."""

import goldenfile

import numpy as np
from sklearn.decomposition import IncrementalPCA

HOW = (
    "IncrementalPCA(n_components=k, batch_size=batch).fit, float64. components: one row per component; sign: the entry of "
    "largest magnitude is positive. transformed, whitened: the first 3 rows with the same signs."
)


def golden(x, k, batch):
    model = IncrementalPCA(n_components=k, batch_size=batch).fit(x)
    size = np.sort(np.abs(model.components_), axis=1)
    assert np.all(size[:, -1] - size[:, -2] > 1e-6), "no entry is clearly the largest: the sign rule is ambiguous"
    signs = np.sign(model.components_[np.arange(k), np.argmax(np.abs(model.components_), axis=1)])
    return {
        "batch": batch,
        "mean": model.mean_,
        "explained_variance": model.explained_variance_,
        "explained_variance_ratio": model.explained_variance_ratio_,
        "components": model.components_ * signs[:, None],
        "transformed": model.transform(x[:3]) * signs,
        "whitened": IncrementalPCA(n_components=k, batch_size=batch, whiten=True).fit(x).transform(x[:3]) * signs,
    }


goldenfile.write("incrementalpca", "scikit-learn", "principal components, learned batch after batch", HOW, {
    "data": {name: golden(goldenfile.table(name)[0], k, batch)
             for name, k, batch in (("iris", 2, 40), ("wine", 3, 50), ("digits", 8, 100))},
})
