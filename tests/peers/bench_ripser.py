"""Vietoris-Rips barcodes by Ripser, the command: it reads a file of points and prints bars."""

import pathlib
import resource
import subprocess
import tempfile

import benchworker

VERSION = "1.2.1"
COMMAND = pathlib.Path(__file__).resolve().parents[2] / ".tools" / f"ripser-{VERSION}" / "ripser"
FOLDER = tempfile.TemporaryDirectory()


def written(x):
    path = pathlib.Path(FOLDER.name) / f"{id(x)}.txt"
    with path.open("w", encoding="ascii") as out:
        for row in x:
            out.write(" ".join(str(v) for v in row) + "\n")
    return path


@benchworker.function
def rips(x, seed, dim, threshold):
    path = benchworker.prepared(written, x)
    command = [COMMAND, "--format", "point-cloud", "--dim", str(dim)]
    if threshold:
        command += ["--threshold", threshold]
    done = subprocess.run([*command, path], check=True, capture_output=True, text=True)
    bars, total, above = 0, 0.0, False
    for line in done.stdout.splitlines():
        if line.startswith("persistence intervals in dim"):
            above = not line.startswith("persistence intervals in dim 0")
        elif above and line.startswith(" ["):
            bars += 1
            birth, death = line.strip(" [)").split(",")
            if death.strip():
                total += float(death) - float(birth)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"bars": bars, "total": total, "memory": memory}


benchworker.serve(**{"ripser": VERSION})
