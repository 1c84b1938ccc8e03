"""Linear algebra by NumPy and SciPy, on the BLAS and LAPACK that they bring."""

import benchworker
import numpy as np
import scipy.linalg


@benchworker.function
def gemm(a, b, seed):
    return {"product": a @ b.T}


@benchworker.function
def eigen(a, seed, driver):
    values, vectors = scipy.linalg.eigh(benchworker.prepared(square, a), driver=driver)
    return {"values": values[None, ::-1], "vectors": vectors.T[::-1]}


@benchworker.function
def cholesky(a, seed):
    return {"upper": scipy.linalg.cholesky(benchworker.prepared(square, a))}


def square(a):
    """The leading square of a, in the precision that decompositions are asked for."""
    return np.asfortranarray(a[:, :len(a)], dtype=np.float64)


benchworker.serve("numpy", "scipy")
