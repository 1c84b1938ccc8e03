"""Makes the .h5ad files that pkg/datasets/anndata is tested on, each with what anndata itself reads in it as JSON.

    anndata_files.py cells FOLDER     v<version>.h5ad and its JSON, by the version of anndata that is installed
    anndata_files.py layouts FOLDER   further files that only differ in how HDF5 keeps them, and storage.h5.gz, by h5py alone
    anndata_files.py large FOLDER     large_plain.h5ad and large_gzip.h5ad, for measuring: 50 000 cells, 25 000 genes

tests/peers/anndata.sh says which versions run which.
"""

import gzip
import hashlib
import io
import json
import sys
import warnings
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy
import scipy.sparse as sp

warnings.filterwarnings("ignore")
if hasattr(pd.options, "future") and hasattr(pd.options.future, "infer_string"):
    pd.options.future.infer_string = False

VERSION = tuple(int(p) for p in anndata.__version__.split(".")[:2])
CELLS, GENES = 24, 15


def cells():
    """An AnnData with one of everything that its version can write."""
    rng = np.random.default_rng(7)
    counts = rng.poisson(0.4, (CELLS, GENES)).astype(np.float32)
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical(rng.choice(["B", "NK", "T", "Monocyte é"], CELLS)),
            "batch": pd.Categorical(rng.choice([3, 7], CELLS)),
            "n_counts": counts.sum(1).astype(np.int64),
            "score": rng.normal(size=CELLS),
            "short": rng.integers(-100, 100, CELLS).astype(np.int8),
            "doublet": rng.random(CELLS) < 0.2,
            "barcode": [f"seq-{i}-ü" for i in range(CELLS)],
        },
        index=[f"cell-{i:03d}" for i in range(CELLS)],
    )
    obs["cell_type"] = obs["cell_type"].where(np.arange(CELLS) % 9 != 4)
    obs.loc[obs.index[3], "score"] = np.nan
    var = pd.DataFrame(
        {"mean": counts.mean(0), "highly_variable": counts.var(0) > 0.4, "n_cells": (counts > 0).sum(0).astype(np.uint32)},
        index=[f"Gene{j}" for j in range(GENES)],
    )
    if VERSION >= (0, 8):
        obs["maybe_int"] = pd.array([None if i % 5 == 0 else i * 11 for i in range(CELLS)], dtype="Int32")
        obs["maybe_bool"] = pd.array([None if i % 7 == 0 else i % 2 == 0 for i in range(CELLS)], dtype="boolean")
    a = anndata.AnnData(sp.csr_matrix(counts), obs=obs, var=var)
    a.raw = anndata.AnnData(sp.csr_matrix(np.hstack([counts, counts[:, :2] + 1])), obs=obs, var=pd.DataFrame({"id": np.arange(GENES + 2)}, index=[f"Raw{j}" for j in range(GENES + 2)]))
    a.layers["dense"] = np.log1p(counts).astype(np.float64)
    a.layers["columns"] = sp.csc_matrix(counts * 2)
    a.obsm["X_pca"] = rng.normal(size=(CELLS, 5)).astype(np.float32)
    a.obsm["X_umap"] = rng.normal(size=(CELLS, 2))
    a.varm["PCs"] = rng.normal(size=(GENES, 5))
    if VERSION >= (0, 7):
        a.obsm["scores"] = pd.DataFrame({"s": rng.normal(size=CELLS), "g2m": rng.normal(size=CELLS)}, index=obs.index)
        near = sp.random(CELLS, CELLS, 0.1, "csr", np.float64, np.random.RandomState(1))
        near.sort_indices()
        a.obsp["connectivities"] = near
        a.varp["correlation"] = np.corrcoef(counts.T + rng.normal(size=counts.T.shape) * 0.01)
    a.uns["title"] = "some cells, é"
    a.uns["n_pcs"] = 5
    a.uns["resolution"] = 0.75
    a.uns["cell_type_colors"] = np.array(["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728"], dtype=object)
    a.uns["pca"] = {"variance": rng.random(5), "params": {"zero_center": True, "use_highly_variable": False}}
    a.uns["table"] = rng.normal(size=(3, 4))
    a.uns["ranked"] = np.rec.fromarrays([np.array(["a", "bb", "c"], dtype="U4"), np.array([1.5, 2.5, 3.5])], names=["names", "scores"])
    if VERSION >= (0, 7):
        a.uns["frame"] = pd.DataFrame({"x": [1, 2, 3], "w": ["p", "q", "r"]}, index=["i", "j", "k"])
    if VERSION >= (0, 12):
        anndata.settings.allow_write_nullable_strings = True
        a.uns["frame"]["maybe"] = pd.array(["é", None, ""], dtype="string")
        a.uns["nothing"] = None
    return a


def number(v):
    v = float(v)
    return v if np.isfinite(v) else str(v)


def matrix(x):
    sparse = sp.issparse(x)
    if isinstance(x, pd.DataFrame):
        x = x.to_numpy()
    x = x.toarray() if sparse else np.asarray(x)
    return {"sparse": sparse, "shape": list(x.shape), "values": [number(v) for v in x.astype(np.float32).ravel()]}


def column(name, s):
    c = {"name": str(name)}
    if isinstance(s.dtype, pd.CategoricalDtype):
        c.update(kind="category", codes=[int(v) for v in s.cat.codes], names=[str(v) for v in s.cat.categories])
    elif str(s.dtype) in ("bool", "boolean"):
        c.update(kind="category", codes=[-1 if v is pd.NA else int(v) for v in s], names=["false", "true"])
    elif pd.api.types.is_numeric_dtype(s.dtype):
        c.update(kind="number", numbers=["nan" if v is pd.NA else number(v) for v in s])
    else:
        c.update(kind="text", texts=["" if v is None or v is pd.NA or v != v else str(v) for v in s])
    return c


def table(t):
    return {"index": [str(v) for v in t.index], "columns": [column(name, t[name]) for name in t.columns]}


def value(v):
    if isinstance(v, dict):
        return {str(k): value(w) for k, w in v.items()}
    if v is None:
        return None
    if isinstance(v, pd.DataFrame):
        return {"table": table(v)}
    if isinstance(v, np.ndarray) and v.dtype.names:
        return {"table": table(pd.DataFrame({n: [w.decode() if isinstance(w, bytes) else w for w in v[n]] for n in v.dtype.names}))}
    if isinstance(v, np.ndarray) and v.ndim == 0:
        return value(v[()])
    if isinstance(v, np.ndarray) and v.ndim > 1:
        return {"shape": list(v.shape), "values": [number(w) for w in v.ravel()]}
    if isinstance(v, (np.ndarray, list)):
        return [value(w) for w in v]
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    if isinstance(v, (float, np.floating)):
        return number(v)
    return str(v)


def golden(path):
    a = anndata.read_h5ad(path)
    matrices = {"X": a.X, "raw/X": a.raw.X}
    for part in ("layers", "obsm", "varm", "obsp", "varp"):
        if hasattr(a, part):
            matrices.update({f"{part}/{k}": x for k, x in getattr(a, part).items()})
    uns = {k: v for k, v in a.uns.items() if not sp.issparse(v)}
    return {
        "versions": {"anndata": anndata.__version__, "h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version, "numpy": np.__version__, "pandas": pd.__version__, "scipy": scipy.__version__},
        "cells": a.n_obs,
        "genes": a.n_vars,
        "matrices": {k: matrix(x) for k, x in matrices.items()},
        "tables": {"obs": table(a.obs), "var": table(a.var), "raw/var": table(a.raw.var)},
        "uns": value(uns),
    }


def keep(path):
    """Packs the file, most of which is empty, and writes what anndata reads in it beside it."""
    g = golden(path)
    path.with_suffix(".json").write_text(json.dumps(g, separators=(",", ":"), ensure_ascii=False) + "\n")
    path.with_suffix(".h5ad.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    path.unlink()


def write_cells(folder):
    path = folder / f"v{VERSION[0]}.{VERSION[1]}.h5ad"
    options = {"compression": "gzip"} if VERSION >= (0, 7) else {}
    cells().write(path, **options)
    if VERSION >= (0, 7):  # 0.6 cannot read with the libraries of today what it writes with them: a later version does, see below
        keep(path)


def write_layouts(folder):
    """The same cells, kept by HDF5 in other ways."""
    from anndata.io import write_elem

    ways = {
        "latest_lzf": (dict(libver="latest", track_order=True), dict(compression="lzf", shuffle=True)),
        "latest_gzip": (dict(libver="latest"), dict(compression="gzip", shuffle=True)),
        "v108": (dict(libver=("v108", "v108"), userblock_size=1024), dict(compression="gzip")),
        "earliest": (dict(libver=("earliest", "v108")), dict()),
    }
    for name, (how, options) in ways.items():
        path = folder / f"{name}.h5ad"
        a = cells()
        # A group, a frame and a group's attributes with many names.
        a.uns["many"] = {f"name_{i:03d}": i for i in range(60)}
        a.obsm["wide"] = pd.DataFrame({f"score_{i:03d}": np.arange(CELLS) * 0.5 + i for i in range(30)}, index=a.obs_names)
        with h5py.File(path, "w", **how) as f:
            write_elem(f, "/", a)
            for part, elem in (("X", a.X), ("layers", dict(a.layers)), ("obs", a.obs), ("obsm", dict(a.obsm))):
                del f[part]
                write_elem(f, part, elem, dataset_kwargs=options)  # uns has single values, which take no such options
            f["layers/alias"] = h5py.SoftLink("/layers/dense")
            for i in range(20):
                f["uns/many"].attrs[f"remark_{i}"] = f"more than a header holds {i}"
        keep(path)
    keep(folder / "v0.6.h5ad")
    # Rows out of order and with places twice, kinds of numbers that anndata does not choose by itself.
    path = folder / "odd.h5ad"
    a = cells()
    x = a.X
    rows, columns, values = [], [], []
    pointers = [0]
    rng = np.random.default_rng(3)
    for i in range(CELLS):
        j = rng.permutation(x.indices[x.indptr[i] : x.indptr[i + 1]])
        v = np.asarray(x[i].toarray()).ravel()[j]
        columns += list(j) + list(j[:1])
        values += list(v) + ([2.0] if len(j) else [])
        pointers.append(len(columns))
    a.write(path)
    with h5py.File(path, "r+") as f:
        for name, data, kind in (("data", values, "<f8"), ("indices", columns, "<i8"), ("indptr", pointers, "<i8")):
            del f["X"][name]
            f["X"].create_dataset(name, data=np.array(data, dtype=kind), chunks=(7,), maxshape=(None,))
        half = f["obsm/X_pca"][()].astype(np.float16)
        del f["obsm/X_pca"]
        d = f["obsm"].create_dataset("X_pca", data=half, chunks=(7, 2))
        d.attrs["encoding-type"], d.attrs["encoding-version"] = "array", "0.2.0"
    keep(path)


def write_storage(folder):
    """One file for every index of chunks; what h5py reads is kept as a hash of float64 values."""

    def fill(f):
        def put(name, shape, where=None, **how):
            data = (np.arange(int(np.prod(shape))) * 37 % 251).reshape(shape)
            d = f.create_dataset(name, shape=shape, dtype=how.pop("dtype", "u1"), **how)
            if where is None:
                d[...] = data
            for at in where or ():
                d[at] = data[at]

        put("contiguous", (13, 7), dtype="<i2")
        put("nothing", (13, 7), where=())
        put("filled", (50,), chunks=(8,), fillvalue=9, where=(slice(3, 12),))
        put("single", (13, 7), chunks=(13, 7))
        put("single_gzip", (13, 7), chunks=(13, 7), compression="gzip")
        put("larger_chunk", (5,), chunks=(16,), maxshape=(None,), compression="gzip", dtype=">f4")
        put("fixed", (13, 11), chunks=(3, 4))
        put("fixed_most", (13, 11), chunks=(3, 4), maxshape=(20, 30), compression="gzip", shuffle=True, dtype="<f8")
        put("fixed_pages", (2500,), chunks=(1,), where=(slice(0, 3), slice(1500, 1520), slice(2499, 2500)))
        put("fixed_pages_gzip", (2500,), chunks=(1,), compression="gzip", where=(slice(0, 3), slice(2100, 2120)))
        put("extensible", (300,), chunks=(1,), maxshape=(None,))
        put("extensible_gzip", (300,), chunks=(1,), maxshape=(None,), compression="gzip", fletcher32=True)
        put("extensible_second", (9, 60), chunks=(2, 1), maxshape=(20, None), compression="lzf", dtype="<i4")
        put("extensible_pages", (150_000,), chunks=(1,), maxshape=(None,), where=(slice(0, 2), slice(140_000, 140_010), slice(149_999, 150_000)))
        put("tree", (40, 30), chunks=(2, 2), maxshape=(None, None))
        put("tree_gzip", (40, 30), chunks=(2, 2), maxshape=(None, None), compression="gzip")
        put("tree_deep", (100, 100), chunks=(1, 1), maxshape=(None, None))
        put("three", (6, 5, 4), chunks=(2, 3, 4), compression="gzip", dtype="<u2")
        put("three_whole", (6, 5, 4), chunks=(4, 5, 4), dtype="<i8")
        put("shrunk", (40,), chunks=(4,), maxshape=(None,))
        f["shrunk"].resize((17,))
        # Space for all chunks at once is an implicit index.
        kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        kind.set_chunk((4, 3))
        kind.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        d = h5py.h5d.create(f.id, b"implicit", h5py.h5t.NATIVE_UINT8, h5py.h5s.create_simple((13, 11)), kind)
        d.write(h5py.h5s.ALL, h5py.h5s.ALL, (np.arange(143) * 37 % 251).astype(np.uint8).reshape(13, 11))
        kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        kind.set_layout(h5py.h5d.COMPACT)
        d = h5py.h5d.create(f.id, b"compact", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((20,)), kind)
        d.write(h5py.h5s.ALL, h5py.h5s.ALL, (np.arange(20) * 37 % 251).astype(np.int32))
        g = f.create_group("names")
        for i in range(200):
            g.create_dataset(f"n{i:03d}", data=np.float32(i))
            f.attrs[f"a{i:03d}"] = i
        # An attribute that no block of a heap holds: only the latest files keep it.
        try:
            f.attrs["long"] = np.arange(20_000, dtype=np.int32)
        except OSError:
            f.attrs["long"] = np.arange(5_000, dtype=np.int32)
        f["words"] = np.array(["", "a", "é" * 40, "x" * 5000, "last"], dtype=h5py.string_dtype())
        f["fixed_words"] = np.array([b"one", b"three", b""], dtype="S5")
        f["half"] = np.array([0, 1, -2, 0.1, 65504, 6e-8, np.inf], dtype=np.float16)

    def few(f):
        """A little of each, for the fuzzer to start with."""
        for name, most in (("fixed", (20,)), ("extensible", (None,)), ("tree", (None, None))):
            shape = (20,) * len(most)
            f.create_dataset(name, data=np.arange(np.prod(shape)).reshape(shape), dtype="<i2", chunks=(4,) * len(most), maxshape=most, compression="gzip", shuffle=True)
        f.create_dataset("lzf", data=np.zeros(50, "<f4"), chunks=(25,), compression="lzf", fletcher32=True)
        f["words"] = np.array(["a", "é"], dtype=h5py.string_dtype())
        f["records"] = np.rec.fromarrays([np.array([b"a", b"b"]), np.array([1.5, 2.5]), np.array([True, False])], names=["n", "s", "t"])
        for i in range(12):
            f["group/n%d" % i] = h5py.SoftLink("/words")
            f["fixed"].attrs["a%d" % i] = "a remark"
        f["fixed"].attrs["ref"] = f["words"].ref

    for name, libver in (("earliest", ("earliest", "v108")), ("latest", "latest")):
        raw = io.BytesIO()
        with h5py.File(raw, "w", libver=libver) as f:
            few(f)
        (folder / f"few_{name}.h5.gz").write_bytes(gzip.compress(raw.getvalue(), 9, mtime=0))
    hashes = {}
    for name, libver in (("earliest", ("earliest", "v108")), ("v110", ("v110", "v110")), ("latest", "latest")):
        raw = io.BytesIO()
        with h5py.File(raw, "w", libver=libver) as f:
            fill(f)
        with h5py.File(raw, "r") as f:
            own = hashes[name] = {}
            f.visititems(lambda path, d: own.update({path: [list(d.shape), hashlib.sha256(np.asarray(d[()], dtype="<f8").tobytes()).hexdigest()]}) if isinstance(d, h5py.Dataset) and d.dtype.kind in "iuf" else None)
        (folder / f"storage_{name}.h5.gz").write_bytes(gzip.compress(raw.getvalue(), 9, mtime=0))
    (folder / "storage.json").write_text(json.dumps({"h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version, "hashes": hashes}, indent=0) + "\n")


def write_large(folder):
    """Counts as of 50 000 cells in 25 000 genes, 6 % of them not zero; genes differ as genes do."""
    n, d, share = 50_000, 25_000, 0.06
    rng = np.random.default_rng(0)
    rate = rng.lognormal(0, 1.6, d)
    low, high = 1e-6, 1e3
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if (1 - np.exp(-rate * middle)).mean() < share else (low, middle)
    rate *= low
    depth = rng.lognormal(0, 0.3, n)
    x = sp.vstack([sp.csr_matrix(rng.poisson(rate * depth[i : i + 500, None]).astype(np.float32)) for i in range(0, n, 500)], format="csr")
    obs = pd.DataFrame({"cell_type": pd.Categorical(rng.choice(["B", "T", "NK", "Mono"], n)), "depth": depth, "n": np.diff(x.indptr)}, index=[f"CELL{i:06d}-1" for i in range(n)])
    a = anndata.AnnData(x, obs=obs, var=pd.DataFrame({"mean": rate}, index=[f"ENSG{j:011d}" for j in range(d)]))
    a.obsm["X_pca"] = rng.normal(size=(n, 50)).astype(np.float32)
    a.write_h5ad(folder / "large_plain.h5ad")
    a.write_h5ad(folder / "large_gzip.h5ad", compression="gzip")


if __name__ == "__main__":
    task, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if task == "layouts":
        write_layouts(folder)
        write_storage(folder)
    else:
        {"cells": write_cells, "large": write_large}[task](folder)
