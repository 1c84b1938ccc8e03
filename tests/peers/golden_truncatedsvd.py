"""Leading singular vectors of iris, wine and digits, not centred, by scikit-learn."""

import goldenfile

import numpy as np
from sklearn.decomposition import TruncatedSVD

HOW = (
    "TruncatedSVD(algorithm='arpack', tol=0), float64. components: one row per component; sign: the entry of largest "
    "magnitude is positive. ratio: explained_variance_ratio_. transformed: the first 3 rows with the same signs."
)


def golden(x, k):
    model = TruncatedSVD(n_components=k, algorithm="arpack", tol=0, random_state=0).fit(x)
    assert np.allclose(model.singular_values_, np.linalg.svd(x, compute_uv=False)[:k], rtol=1e-10)
    size = np.sort(np.abs(model.components_), axis=1)
    assert np.all(size[:, -1] - size[:, -2] > 1e-6), "no entry is clearly the largest: the sign rule is ambiguous"
    signs = np.sign(model.components_[np.arange(k), np.argmax(np.abs(model.components_), axis=1)])
    return {
        "singular_values": model.singular_values_,
        "ratio": model.explained_variance_ratio_,
        "components": model.components_ * signs[:, None],
        "transformed": model.transform(x[:3]) * signs,
    }


goldenfile.write("truncatedsvd", "scikit-learn", "leading singular vectors, not centred", HOW, {
    "data": {name: golden(goldenfile.table(name)[0], k) for name, k in (("iris", 3), ("wine", 6), ("digits", 8))},
})
