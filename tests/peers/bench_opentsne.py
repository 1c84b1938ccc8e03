"""t-SNE by openTSNE."""

import benchworker
import numpy as np
from openTSNE import TSNE

EARLY = 250  # of the iterations, as is its default


@benchworker.function
def tsne(x, seed, components, perplexity, iterations, repulsion):
    model = TSNE(n_components=components, perplexity=perplexity, n_iter=iterations - EARLY, early_exaggeration_iter=EARLY,
                 negative_gradient_method=repulsion, n_jobs=-1, random_state=seed)
    made = model.fit(x)
    return {"map": np.asarray(made), "divergence": made.kl_divergence}


benchworker.serve("openTSNE", "numpy", "scikit-learn")
