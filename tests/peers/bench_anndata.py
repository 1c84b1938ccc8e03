"""Reading of .h5ad files by anndata, for pkg/datasets/anndata/internal/speed."""

import anndata
import benchworker
import numpy as np


@benchworker.function
def read(seed, path, sums):
    a = anndata.read_h5ad(path)
    values = {"cells": a.n_obs, "genes": a.n_vars, "nnz": a.X.nnz}
    if sums:
        values |= {"values": a.X.data.sum(dtype=np.float64), "indices": a.X.indices.sum(dtype=np.int64), "map": a.obsm["X_pca"].sum(dtype=np.float64)}
    return values


benchworker.serve("anndata", "h5py", "numpy", "pandas", "scipy")
