"""Texts of sparse matrices as scipy and scikit-learn read them."""

import goldenfile

import io

import numpy as np
import scipy.io
import scipy.sparse
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

HOW = (
    "market: scipy.io.mmread of the text; sparse says whether it returned coordinates, and duplicates are added by toarray; "
    "accepted is false where it raised. svmlight: load_svmlight_file with the defaults, query_id=True, or multilabel=True; "
    "values as float64. Values of written texts are float32 that scipy.io.mmwrite, or dump_svmlight_file, wrote."
)

rng = np.random.default_rng(7)


def single(x):
    return goldenfile.single(np.asarray(x))


def market(name, text):
    try:
        x = scipy.io.mmread(io.BytesIO(text.encode()))
    except (ValueError, OverflowError) as error:
        return {"name": name, "text": text, "accepted": False, "says": str(error)}
    sparse = scipy.sparse.issparse(x)
    dense = (x.toarray() if sparse else x).astype(np.float64)
    return {"name": name, "text": text, "accepted": True, "sparse": sparse, "shape": dense.shape, "values": dense.ravel()}


def written(name, x, **options):
    out = io.BytesIO()
    scipy.io.mmwrite(out, x, **options)
    return market(name, out.getvalue().decode())


head = "%%MatrixMarket matrix "
random = scipy.sparse.random(9, 7, 0.3, random_state=rng, data_rvs=lambda n: single(rng.standard_normal(n)))
counts = scipy.sparse.random(8, 11, 0.25, random_state=rng, data_rvs=lambda n: rng.integers(1, 500, n))
square = single(rng.standard_normal((5, 5)))
both, difference = single(square + square.T), single(square - square.T)
markets = [
    written("real", random.tocoo()),
    written("integer", counts.astype(np.int64).tocoo()),
    written("pattern", random.tocoo(), field="pattern"),
    written("symmetric", scipy.sparse.coo_array(both), symmetry="symmetric"),
    written("skew-symmetric", scipy.sparse.coo_array(difference), symmetry="skew-symmetric"),
    written("symmetric array", both, symmetry="symmetric"),
    written("skew-symmetric array", difference, symmetry="skew-symmetric"),
    written("array", square[:, :3], comment="of five rows\nand three columns"),
    written("integer array", np.arange(12).reshape(4, 3) - 5),
    market("duplicates", head + "coordinate real general\n2 3 5\n1 2 0.5\n2 3 1e-2\n1 2 0.25\n2 1 -4\n1 2 1\n"),
    market("out of order", head + "coordinate integer general\n3 3 4\n3 3 4\n1 3 1\n3 1 2\n1 1 7\n"),
    market("spaces, comments and blank lines", head + "Coordinate REAL general\n% one\n\n%two\n  2   2\t2  \n\n 1  1   1.5  \n\n2\t2\t-2.5E+0\n\n"),
    market("Windows line ends", head + "coordinate real general\r\n% a comment\r\n2 2 2\r\n1 1 1.5\r\n2 2 3\r\n"),
    market("no end of the last line", head + "coordinate real general\n2 2 1\n2 1 .5"),
    market("no entries", head + "coordinate real general\n3 4 0\n"),
    market("symmetric above the diagonal", head + "coordinate real symmetric\n3 3 3\n1 1 1\n1 2 5\n3 2 6\n"),
    market("symmetric on both sides", head + "coordinate real symmetric\n2 2 2\n1 2 5\n2 1 6\n"),
    market("exponents", head + "coordinate real general\n1 6 6\n1 1 1e5\n1 2 -1.25E-3\n1 3 2.5\n1 4 1e-30\n1 5 16777217\n1 6 0.1\n"),
    market("row 0", head + "coordinate real general\n2 2 1\n0 1 1\n"),
    market("beyond the columns", head + "coordinate real general\n2 2 1\n1 3 1\n"),
    market("an entry short", head + "coordinate real general\n2 2 2\n1 1 1\n"),
    market("an entry more", head + "coordinate real general\n2 2 1\n1 1 1\n2 2 1\n"),
    market("no value", head + "coordinate real general\n2 2 1\n1 1\n"),
    market("a word for a value", head + "coordinate real general\n2 2 1\n1 1 one\n"),
    market("no header", "2 2 1\n1 1 1\n"),
    market("an array short", head + "array real general\n2 2\n1\n2\n3\n"),
    market("an array too long", head + "array real general\n2 2\n1\n2\n3\n4\n5\n"),
]


def svmlight(name, text, **options):
    try:
        x, y, *query = load_svmlight_file(io.BytesIO(text.encode()), **options)
    except ValueError as error:
        return {"name": name, "text": text, "accepted": False, "says": str(error), "multilabel": "multilabel" in options}
    multilabel = options.get("multilabel", False)
    return {
        "name": name, "text": text, "accepted": True, "multilabel": multilabel, "shape": x.shape, "values": x.toarray().ravel(),
        "targets": [] if multilabel else y, "labels": [list(labels) for labels in y] if multilabel else [],
        "queries": query[0] if query else [],
    }


def dumped(name, **options):
    out = io.BytesIO()
    x = random.tocsr()
    dump_svmlight_file(x, np.arange(x.shape[0]) % 3 - 1, out, **options)
    return svmlight(name, out.getvalue().decode(), query_id="query_id" in options)


svmlights = [
    dumped("dumped from zero"),
    dumped("dumped from one", zero_based=False, comment="of nine rows"),
    dumped("dumped with queries", query_id=np.arange(9) // 2),
    svmlight("libsvm", "+1 1:0.5 3:-1.25e-1\n-1 2:1\n+1\n"),
    svmlight("comments", "# a file\n1 1:2 # the first\n\n  2.5 4:1.5\n#1 2:3\n"),
    svmlight("an index 0", "0 1:1 2:2\n1 0:5\n"),
    svmlight("several labels", "2,1 1:0.5\n 2:1\n3 1:1 4:2\n", multilabel=True),
    svmlight("queries", "1 qid:7 1:1\n0 qid:8 2:1\n", query_id=True),
    svmlight("out of order", "1 3:1 2:1\n"),
    svmlight("twice", "1 2:1 2:1\n"),
    svmlight("no value", "1 2\n"),
    svmlight("no number", "one 2:1\n"),
    svmlight("below zero", "1 -2:1\n"),
]

goldenfile.write("sparse", "scipy", "texts of sparse matrices, and what they hold", HOW, {"market": markets, "svmlight": svmlights}, others=("scikit-learn",))
