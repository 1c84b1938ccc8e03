"""Diffusion maps by pydiffmap."""

import goldenfile

import numpy as np
from pydiffmap import diffusion_map
from pydiffmap.diffusion_map import DiffusionMap

FRESH = 10

# The search for eigenvectors begins at random, without a seed to give.
search = diffusion_map.spsl.eigs
diffusion_map.spsl.eigs = lambda matrix, **options: search(matrix, v0=np.arange(1.0, 1 + matrix.shape[0]), **options)


def diffused(name, x, k, alpha, components):
    model = DiffusionMap.from_sklearn(n_evecs=components, epsilon="bgh", alpha=alpha, k=k + 1)
    model.fit(x[:-FRESH])
    return {"table": name, "neighbors": k, "alpha": alpha, "epsilon": float(model.epsilon_fitted),
            "eigenvalues": 1 + model.evals * model.epsilon_fitted, "vectors": model.dmap, "fresh": model.transform(x[-FRESH:])}


wine, _ = goldenfile.table("wine")
digits = goldenfile.table("digits")[0][:150]
wine = (wine - wine.mean(axis=0)) / wine.std(axis=0)
goldenfile.write("diffusionmaps", "pydiffmap", "diffusion maps of wine and the first 150 digits",
                 "wine: its columns less their means, over their standard deviations. DiffusionMap.from_sklearn(epsilon='bgh', k=neighbors + 1), fitted to all rows but the last 10: k counts the row "
                 "itself. eigenvalues: 1 + evals·epsilon. vectors: dmap, eigenvectors of a scale of their own. fresh: transform of "
                 "the last 10 rows, which leaves out the division by the eigenvalue.",
                 {"runs": [diffused("wine", wine, 63, 0.5, 4), diffused("wine", wine, 63, 1.0, 4), diffused("wine", wine, 40, 0.0, 3),
                           diffused("digits", digits, 139, 1.0, 3)]}, others=("scikit-learn",))
