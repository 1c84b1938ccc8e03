"""Lyapunov exponents by a loop that Numba compiles, as textbooks write it down."""

import benchworker
import numba
import numpy as np


@numba.njit(fastmath=True)
def rate(x, y):
    """Writes the rate of the state in y[0] and of the tangent vectors in y[1:]."""
    y[0, 0] = 10.0 * (x[0, 1] - x[0, 0])
    y[0, 1] = x[0, 0] * (28.0 - x[0, 2]) - x[0, 1]
    y[0, 2] = x[0, 0] * x[0, 1] - 8.0 / 3.0 * x[0, 2]
    for v in range(1, 4):
        y[v, 0] = 10.0 * (x[v, 1] - x[v, 0])
        y[v, 1] = (28.0 - x[0, 2]) * x[v, 0] - x[v, 1] - x[0, 0] * x[v, 2]
        y[v, 2] = x[0, 1] * x[v, 0] + x[0, 0] * x[v, 1] - 8.0 / 3.0 * x[v, 2]


@numba.njit(fastmath=True)
def step(x, h, k, at):
    """One step by the method of Runge and Kutta, of order four."""
    rate(x, k[0])
    at[:] = x + 0.5 * h * k[0]
    rate(at, k[1])
    at[:] = x + 0.5 * h * k[1]
    rate(at, k[2])
    at[:] = x + h * k[2]
    rate(at, k[3])
    x += h / 6 * (k[0] + 2 * k[1] + 2 * k[2] + k[3])


@numba.njit(fastmath=True)
def exponents(steps, h, interval, transient):
    x = np.zeros((4, 3))
    x[0] = np.array([0.0, -0.01, 9.0])
    x[1:] = np.eye(3)
    k = np.empty((4, 4, 3))
    at = np.empty((4, 3))
    grown = np.zeros(3)
    for i in range(-transient, steps):
        if i == 0:
            grown[:] = 0
        step(x, h, k, at)
        if i % interval == 0:
            for v in range(1, 4):
                for u in range(1, v):
                    x[v] -= np.dot(x[u], x[v]) * x[u]
                norm = np.sqrt(np.sum(x[v] ** 2))
                grown[v - 1] += np.log(norm)
                x[v] /= norm
    return grown / (steps * h)


@benchworker.function
def lyapunov(x, seed, steps):
    found = exponents(steps, 0.01, 10, 5000)
    return {"first": found[0], "second": found[1], "third": found[2]}


benchworker.serve("numba", "numpy")
