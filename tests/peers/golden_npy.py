"""Files of NumPy: every type, both orders of bytes and of axes, versions 1 to 3, archives."""

import base64
import io

import goldenfile
import numpy as np

HOW = (
    "file: the bytes of the file in base64. values: what it holds, the last axis fastest; strings for complex numbers (real, "
    "imaginary), and for those that are not finite or that JSON's readers would round. saved: whether numpy.save writes these "
    "bytes for the array in the machine's own order, least byte first, so that they must come out of a round trip."
)


def text(v):
    if isinstance(v, (bytes, np.bytes_)):
        return v.decode("latin-1")
    if isinstance(v, (complex, np.complexfloating)):
        return f"{float(v.real)!r} {float(v.imag)!r}"
    if isinstance(v, (np.floating, float)):
        return repr(float(v))
    return str(v)


def case(name, x, version=None):
    b = io.BytesIO()
    np.lib.format.write_array(b, x, version=version, allow_pickle=False)
    return {
        "name": name,
        "file": base64.b64encode(b.getvalue()).decode(),
        "shape": list(x.shape),
        "type": x.dtype.str,
        "values": [text(v) for v in x.flatten(order="C")],
        "saved": x.dtype.str[0] in "<|" and x.dtype.kind != "S" and x.dtype.str != "<f2" and x.flags.c_contiguous and version is None,
    }


rng = np.random.default_rng(1)
cases = []
for kind in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"):
    for order in "<>" if kind[1:] != "1" else "|":
        dtype = np.dtype(order + kind)
        if dtype.kind in "iu":
            info = np.iinfo(dtype)
            x = np.array([[info.min, info.max, 0], [1, 2, 100]], dtype)
        elif dtype.kind == "b":
            x = np.array([[True, False, True], [False, False, True]])
        elif dtype.kind == "c":
            x = np.array([[1 + 2j, -0.1 + 0.3j, 0], [1e-3j, -5, np.inf]], dtype)
        else:
            info = np.finfo(dtype)
            x = np.array([[info.max, info.tiny, -info.smallest_subnormal], [np.nan, -np.inf, 1 / 3]], dtype)
        cases.append(case(dtype.str, x))
        cases.append(case(dtype.str + ", by columns", np.asfortranarray(x)))
for dtype in ("<U5", ">U6"):
    cases.append(case(dtype, np.array(["Hügel", "", "日本"], dtype)))
cases.append(case("bytes", np.array([b"abc", b"", b"a\x00b"])))
cases.append(case("three axes", rng.standard_normal((2, 3, 4)).astype("f4")))
cases.append(case("three axes, by columns", np.asfortranarray(rng.standard_normal((2, 3, 4)))))
cases.append(case("four axes, by columns", np.asfortranarray(np.arange(2 * 3 * 4 * 5, dtype="i2").reshape(2, 3, 4, 5))))
cases.append(case("wide, by columns", np.asfortranarray(np.arange(41 * 67, dtype="u2").reshape(41, 67))))
cases.append(case("single", np.array(3.5)))
cases.append(case("list", np.arange(5)))
cases.append(case("empty", np.zeros((0, 3))))
cases.append(case("version 2", np.arange(3, dtype="f4"), (2, 0)))
cases.append(case("version 3", np.arange(3, dtype="f4"), (3, 0)))

refused = {}
for name, x in {
    "records": np.zeros(2, [("a", "<f4"), ("b", "<i2")]),
    "times": np.zeros(2, "<M8[ns]"),
    "long double": np.zeros(2, np.longdouble),
    "empty text": np.zeros(2, [("a", "<f4")]),
}.items():
    b = io.BytesIO()
    np.save(b, x)
    refused[name] = base64.b64encode(b.getvalue()).decode()
del refused["empty text"]
b = io.BytesIO()
np.save(b, np.array([None, {}], object), allow_pickle=True)
refused["objects"] = base64.b64encode(b.getvalue()).decode()

archives = {}
for name, save in (("stored", np.savez), ("packed", np.savez_compressed)):
    b = io.BytesIO()
    save(b, x=np.arange(24, dtype="f4").reshape(2, 3, 4), y=np.array([7, -1]), names=np.array(["ä", "b"]))
    archives[name] = base64.b64encode(b.getvalue()).decode()

goldenfile.write("npy", "numpy", "files that NumPy wrote, and what they hold", HOW, {
    "cases": cases, "refused": refused, "archives": archives,
})
