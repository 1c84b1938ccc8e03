"""How well umap-learn maps points of a map back to the space of the data."""

import warnings

import goldenfile

import numpy as np
from umap import UMAP

warnings.simplefilter("ignore")  # of seeds that take the threads, which is why they are given

KNOWN = 1200


def error(back, rows):
    return float(((back.astype(np.float64) - rows) ** 2).mean())


digits = goldenfile.table("digits")[0]
known, new = digits[:KNOWN], digits[KNOWN:]
model = UMAP(random_state=0).fit(known)
places = model.transform(new)
goldenfile.write("umapinverse", "umap-learn", "Maps of digits, and how well points of them are mapped back",
                 "UMAP(random_state=0) of the first digits, transform of the others, and the mean squared error of a pixel by inverse_transform "
                 "of the places of every fifth of the first, and of all of the others.",
                 {"known": np.round(model.embedding_.astype(np.float64), 5), "new": np.round(places.astype(np.float64), 5),
                  "known_error": error(model.inverse_transform(model.embedding_[::5]), known[::5]),
                  "new_error": error(model.inverse_transform(places), new)}, others=("numba", "scikit-learn"))
