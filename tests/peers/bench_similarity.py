"""Comparing representations by NumPy, as the definitions are written down."""

import benchworker
import numpy as np


def linear_cka(x, y):
    x = x - x.mean(axis=0)
    y = y - y.mean(axis=0)
    norm = np.linalg.norm
    return norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y))


@benchworker.function
def cka(x, y, seed):
    return {"cka": linear_cka(x, y)}


@benchworker.function
def cka_layers(*layers, seed):
    values = np.ones((len(layers), len(layers)))
    for i, x in enumerate(layers):
        for j in range(i):
            values[i, j] = values[j, i] = linear_cka(x, layers[j])
    return {"mean": values.mean()}


benchworker.serve("numpy")
