"""Multilayer perceptrons by scikit-learn."""

import warnings

import benchworker
import numpy as np
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")  # of trainings that end before they converge, as ours do


@benchworker.function
def mlp(x, labels, held, names, seed, hidden, epochs, double):
    if double:
        x, held = x.astype(np.float64), held.astype(np.float64)
    model = MLPClassifier((hidden,), max_iter=epochs, tol=0, n_iter_no_change=10**6, random_state=seed)
    model.fit(x, labels.ravel().astype(int))
    return {"accuracy": float(model.score(held, names.ravel().astype(int))), "loss": float(model.loss_)}


benchworker.serve("scikit-learn", "numpy")
