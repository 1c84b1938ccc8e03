"""PaCMAP by its authors."""

import logging
import os
import tempfile
import warnings

import benchworker

# A cache of an earlier run would hide what compiling takes.
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="flatland-numba-")

import faiss  # noqa: E402
from pacmap import PaCMAP  # noqa: E402

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)  # of a seed that costs it threads
THREADS = faiss.omp_get_max_threads()


@benchworker.function
def pacmap(x, seed, components, neighbors, seeded):
    faiss.omp_set_num_threads(THREADS)  # which a seed sets to 1 for good
    return {"map": PaCMAP(n_components=components, n_neighbors=neighbors, random_state=seed if seeded else None).fit_transform(x)}


benchworker.serve("pacmap", "faiss-cpu", "numba", "numpy", "scikit-learn")
