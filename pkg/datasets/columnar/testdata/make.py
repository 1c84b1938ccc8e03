"""Makes the files of this folder, and expected.json, which says what they hold.

Made with Python 3.11 and numpy 2.4.6, pandas 2.3.3, pyarrow 26.0.1 and polars 2.1.0:
    python testdata/make.py
"""

import datetime as dt
import decimal
import json
import math
import pathlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
N = 60
rng = np.random.default_rng(5)
EPOCH = dt.datetime(1970, 1, 1)


def holes(values, every=7):
    """Leaves out every so many of the values."""
    return [None if i % every == 3 else v for i, v in enumerate(values)]


def plain(v):
    """What a value is in a table: a number, a word, or nothing."""
    match v:
        case None | bool() | str():
            return v
        case dt.datetime():
            return (v.replace(tzinfo=None) - (v.utcoffset() or dt.timedelta()) - EPOCH).total_seconds()
        case dt.date():
            return (v - EPOCH.date()).total_seconds()
        case dt.time():
            return v.hour * 3600 + v.minute * 60 + v.second + v.microsecond / 1e6
        case dt.timedelta():
            return v.total_seconds()
        case decimal.Decimal() | int() | np.generic():
            return float(v)
        case float():
            return None if math.isnan(v) else v
    raise TypeError(type(v))


expected = {}


def expect(file, table, **kinds):
    """Notes what a file holds: numbers, words, and lists as the columns of their places."""
    columns = []
    for name, values in table.items():
        lists = next((v for v in values if v is not None), None)
        if isinstance(lists, list):
            for k in range(len(lists)):
                columns.append({"name": f"{name}[{k}]", "values": [None if v is None else plain(v[k]) for v in values]})
        else:
            columns.append({"name": name, "values": [plain(v) for v in values]})
        if name in kinds:
            columns[-1]["words"] = kinds[name]
    expected[file] = columns


ints = rng.integers(-100, 100, N).tolist()
words = [["setosa", "versicolor", "virginica"][k] for k in rng.integers(0, 3, N)]
texts = [f"sample {i} ü" for i in range(N)]
floats = rng.standard_normal(N).tolist()
embedding = rng.standard_normal((N, 4)).astype(np.float32)
times = [EPOCH + dt.timedelta(days=20000 + i, seconds=3 * i, microseconds=1000 * i) for i in range(N)]
arrays = {
    "int8": pa.array(holes(ints), pa.int8()),
    "int16": pa.array(ints, pa.int16()),
    "int32": pa.array(holes(ints, 5), pa.int32()),
    "int64": pa.array([2**60 + v if i == 9 else v for i, v in enumerate(ints)], pa.int64()),
    "uint8": pa.array([abs(v) for v in ints], pa.uint8()),
    "uint16": pa.array([abs(v) + 60000 for v in ints], pa.uint16()),
    "uint32": pa.array([abs(v) + 2**31 for v in ints], pa.uint32()),
    "uint64": pa.array([abs(v) + 2**63 for v in ints], pa.uint64()),
    "half": pa.array(np.array(floats, np.float16)),
    "float": pa.array(holes(np.float32(floats).tolist()), pa.float32()),
    "double": pa.array(holes(floats), pa.float64()),
    "bool": pa.array(holes([v > 0 for v in ints]), pa.bool_()),
    "word": pa.array(holes(words), pa.string()),
    "text": pa.array(holes(texts), pa.large_string()),
    "category": pa.array(holes(words), pa.string()).dictionary_encode(),
    "date": pa.array([t.date() for t in times], pa.date32()),
    "seconds": pa.array([t.replace(microsecond=0) for t in times], pa.timestamp("s")),
    "milliseconds": pa.array(times, pa.timestamp("ms", tz="Europe/Berlin")),
    "microseconds": pa.array(holes(times), pa.timestamp("us", tz="UTC")),
    "nanoseconds": pa.array(times, pa.timestamp("ns")),
    "time": pa.array([t.time() for t in times], pa.time64("us")),
    "decimal": pa.array(holes([decimal.Decimal(v) / 100 for v in ints]), pa.decimal128(12, 2)),
    "wide": pa.array([decimal.Decimal(v) * 10**30 for v in ints], pa.decimal256(60, 3)),
    "none": pa.nulls(N),
    "embedding": pa.FixedSizeListArray.from_arrays(pa.array(embedding.ravel()), 4),
    "listed": pa.array(holes(embedding[:, :3].astype(float).tolist()), pa.list_(pa.float64())),
    "point": pa.array(holes([{"x": v, "y": holes(floats)[i]} for i, v in enumerate(floats)])),
}
left_out = {
    "bytes": pa.array([b"\x00\xff"] * N, pa.binary()),
    "ragged": pa.array([floats[: i % 3] for i in range(N)], pa.list_(pa.float64())),
    "phrases": pa.array([["a", "b"]] * N, pa.list_(pa.string())),
    "deep": pa.array([[[1.0, 2.0]]] * N),
    "map": pa.array([[("k", 1.0)]] * N, pa.map_(pa.string(), pa.float64())),
}
table = pa.table({**arrays, **left_out})


def as_lists(t):
    out = {}
    for name in t.column_names:
        column = t[name].to_pylist()
        if name in left_out:
            continue
        if name == "point":
            out["point.x"] = [None if v is None else v["x"] for v in column]
            out["point.y"] = [None if v is None else v["y"] for v in column]
        else:
            out[name] = [v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in column]
    return out


for name, options in {
    "pyarrow.parquet": {"compression": "zstd", "row_group_size": 25},
    "pyarrow-old.parquet": {"compression": "snappy", "version": "1.0", "data_page_version": "1.0", "use_dictionary": False, "store_schema": False, "use_deprecated_int96_timestamps": True},
    "pyarrow-v2.parquet": {"compression": "gzip", "data_page_version": "2.0", "use_byte_stream_split": ["float", "double"], "use_dictionary": False},
}.items():
    pq.write_table(table, HERE / name, **options)
    expect(name, as_lists(table))
feather.write_feather(table, HERE / "pyarrow.feather", compression="lz4", chunksize=25)
expect("pyarrow.feather", as_lists(table))
with ipc.new_stream(HERE / "pyarrow.arrows", table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as out:
    out.write_table(table, max_chunksize=40)
expect("pyarrow.arrows", as_lists(table))

frame = pd.DataFrame({
    "species": pd.Categorical(words, categories=["virginica", "versicolor", "setosa", "unknown"]),
    "size": pd.Categorical(holes([["small", "large"][v > 0] for v in ints]), categories=["small", "large"], ordered=True),
    "n": pd.array(holes(ints), dtype="Int64"),
    "x": holes(floats),
    "when": times,
    "name": texts,
    "embedding": list(embedding),
}, index=[f"row {i}" for i in range(N)])
values = {
    "species": words, "size": holes([["small", "large"][v > 0] for v in ints]), "n": holes(ints), "x": holes(floats),
    "when": times, "name": texts, "embedding": embedding.astype(float).tolist(),
}
frame.to_parquet(HERE / "pandas.parquet")
expect("pandas.parquet", values)
frame.reset_index(drop=True).to_feather(HERE / "pandas.feather")
expect("pandas.feather", values, species=["virginica", "versicolor", "setosa", "unknown"], size=["small", "large"])

polars = pl.DataFrame({
    "category": pl.Series(holes(words), dtype=pl.Categorical),
    "enum": pl.Series(words, dtype=pl.Enum(["setosa", "versicolor", "virginica", "unknown"])),
    "word": holes(words), "text": texts, "n": holes(ints), "x": holes(floats), "flag": [v > 0 for v in ints],
    "when": pl.Series(times, dtype=pl.Datetime("us")), "long": pl.Series([dt.timedelta(seconds=v) for v in ints], dtype=pl.Duration("ms")),
    "embedding": pl.Series(embedding.tolist(), dtype=pl.Array(pl.Float32, 4)),
    "listed": holes(embedding.astype(float).tolist()),
})
values = {
    "category": holes(words), "enum": words, "word": holes(words), "text": texts, "n": holes(ints), "x": holes(floats),
    "flag": [v > 0 for v in ints], "when": times, "long": [float(v) for v in ints],
    "embedding": embedding.astype(float).tolist(), "listed": holes(embedding.astype(float).tolist()),
}
polars.write_ipc(HERE / "polars.arrow", compression="zstd")
expect("polars.arrow", values, enum=["setosa", "versicolor", "virginica", "unknown"])
polars.drop("long").write_parquet(HERE / "polars.parquet", row_group_size=25)
expect("polars.parquet", {k: v for k, v in values.items() if k != "long"})

(HERE / "expected.json").write_text("{\n" + ",\n".join(
    f'"{file}": [\n' + ",\n".join(" " + json.dumps(column, ensure_ascii=False, allow_nan=False) for column in columns) + "\n]"
    for file, columns in expected.items()) + "\n}\n")
