"""The peers' side of the benchmarks: answers requests of the driver as the Go package tests/bench/wire says.

A script bench_<family>.py imports this first, decorates its functions with @function, and ends with serve(...). A function gets the
inputs, C-ordered float32 matrices (of a stream, a map of its file), then seed and the options by name. It returns its results by name: matrices and numbers.
"""

import gc
import json
import os
import pathlib
import platform
import sys
import time
from importlib import metadata

import numpy as np

PROTOCOL = 1
FUNCTIONS = {}
PREPARED = {}
TYPES = {"float32", "float64", "int32", "int64"}


def function(f):
    """Registers f under its name."""
    FUNCTIONS[f.__name__] = f
    return f


def prepared(make, x):
    """What make returns for the input x: made when it is first asked for, which is while the peer warms up, and kept."""
    key = id(x)  # inputs live as long as the process
    if key not in PREPARED:
        PREPARED[key] = make(x)
    return PREPARED[key]


def others(indices, distances):
    """The neighbours found, one more than were asked for, without the row itself, or without the last where it is not among them."""
    rows = np.arange(len(indices))[:, None]
    found = indices == rows
    found[~found.any(axis=1), -1] = True
    keep = ~found
    shape = len(indices), indices.shape[1] - 1
    return {"indices": indices[keep].reshape(shape), "distances": distances[keep].reshape(shape)}


def serve(*packages, **commands):
    """Answers requests until there are no more; packages are those whose versions matter, commands those that are no packages, by version."""
    # What a library prints goes where it does no harm; so does what its threads print.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(reply):
        out.write(json.dumps(reply, allow_nan=False) + "\n")
        out.flush()

    send({
        "protocol": PROTOCOL,
        "language": f"Python {platform.python_version()}",
        "versions": {package: metadata.version(package) for package in packages} | commands,
    })
    inputs = {}
    for line in sys.stdin:
        try:
            send(_answer(json.loads(line), inputs))
        except Exception as error:  # the driver shows it, and goes on
            send({"error": f"{type(error).__name__}: {error}"})


def _answer(request, inputs):
    f = FUNCTIONS.get(request["run"])
    if f is None:
        raise LookupError(f"there is no function {request['run']!r}")
    matrices = [_read(inputs, **given) for given in request["inputs"]]
    options = request["options"] or {}
    gc.collect()
    start = time.perf_counter()
    result = f(*matrices, seed=request["seed"], **options)
    seconds = time.perf_counter() - start
    arrays = {name: value for name, value in result.items() if isinstance(value, np.ndarray)}
    folder = request["out"]
    return {
        "seconds": seconds,
        "values": {name: float(value) for name, value in result.items() if name not in arrays},
        "arrays": [_write(folder, name, value) for name, value in arrays.items()] if folder else [],
    }


def _read(inputs, path, rows, columns, stream=False):
    if stream:  # the function reads the rows that it asks for, and that counts
        return np.memmap(path, dtype="<f4", mode="r", shape=(rows, columns))
    key = path, rows, columns
    if key not in inputs:
        inputs[key] = np.fromfile(path, dtype="<f4", count=rows * columns).reshape(rows, columns)
    return inputs[key]


def _write(folder, name, values):
    kind = values.dtype.name
    if values.ndim != 2 or kind not in TYPES:
        raise TypeError(f"the output {name!r} has {values.ndim} dimensions of {kind}")
    path = pathlib.Path(folder) / name
    np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tofile(path)
    return {"name": name, "path": str(path), "type": kind, "rows": values.shape[0], "columns": values.shape[1]}
