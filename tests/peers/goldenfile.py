"""What every generator of goldens shares: the data as their files hold them, and the form of a golden file.

Import this before numpy: it fixes how numpy's linear algebra runs, so that the same pins give the same bytes again.
"""

import os

# One thread and one set of kernels: sums have the same order on every run, and on every x86 processor with AVX2.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell")

import csv
import gzip
import json
import pathlib
import platform
from importlib import metadata

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "tests" / "golden"


def table(name):
    """Returns the rows (float64, exactly as written) and the labels of iris, wine or digits."""
    folder = pathlib.Path(os.environ.get("FLATLAND_DATA") or ROOT.parent / "shared" / "data") / "small"
    if name == "digits":
        with gzip.open(folder / "digits.csv.gz", "rt", newline="") as file:
            lines = list(csv.reader(file))
    else:
        with open(folder / f"{name}.csv", newline="") as file:
            lines = list(csv.reader(file))[1:]  # the first line holds counts and the names of the classes
    x = np.array([[float(field) for field in line[:-1]] for line in lines])
    labels = np.array([int(float(line[-1])) for line in lines])
    return x, labels


def single(x):
    """Rounds to float32 and back: what remains of x in a matrix of float32."""
    return x.astype(np.float32).astype(np.float64)


def write(name, peer, what, how, body, others=()):
    """Writes tests/golden/<name>.json: a header, then body. Numbers are the shortest decimals that parse back to the
    same float64."""
    header = {
        "peer": peer,
        "version": metadata.version(peer),
        "python": platform.python_version(),
        "with": {other: metadata.version(other) for other in ("numpy", "scipy", *others) if other != peer},
        "what": what,
        "how": how,
    }
    path = GOLDENS / f"{name}.json"
    path.write_text(_text({"header": header, **body}, "") + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.0f} KB")


def _text(value, indent):
    """JSON with one field a line, one row of a matrix a line."""
    deeper = indent + " "
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict) and value:
        fields = (f"{deeper}{json.dumps(key)}: {_text(field, deeper)}" for key, field in value.items())
        return "{\n" + ",\n".join(fields) + "\n" + indent + "}"
    if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        return "[\n" + ",\n".join(deeper + _text(row, deeper) for row in value) + "\n" + indent + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
