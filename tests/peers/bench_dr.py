"""Dimensionality reduction by scikit-learn."""

import benchworker
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.manifold import TSNE


@benchworker.function
def pca(x, seed, components, solver, power="auto", oversamples=10):
    model = PCA(n_components=components or min(len(x) - 1, x.shape[1]), svd_solver=solver, iterated_power=power, n_oversamples=oversamples, random_state=seed)
    y = model.fit_transform(x)
    return {"components": model.components_, "map": y}


@benchworker.function
def incremental_pca(x, seed, components, batch):
    model = IncrementalPCA(n_components=components)
    for first in range(0, len(x), batch):
        model.partial_fit(x[first:first + batch])
    return {"components": model.components_}


@benchworker.function
def tsne(x, seed, components, perplexity, iterations):
    model = TSNE(n_components=components, method="exact", perplexity=perplexity, max_iter=iterations, random_state=seed, n_jobs=-1,
                 n_iter_without_progress=iterations, min_grad_norm=0)  # never stops early, as ours never does
    return {"map": model.fit_transform(x)}


@benchworker.function
def barnes_hut(x, seed, components, perplexity, iterations):
    model = TSNE(n_components=components, perplexity=perplexity, max_iter=iterations, random_state=seed, n_jobs=-1,
                 n_iter_without_progress=iterations, min_grad_norm=0)
    return {"map": model.fit_transform(x), "divergence": model.kl_divergence_}


benchworker.serve("scikit-learn", "numpy", "scipy")
