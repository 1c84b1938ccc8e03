"""Small tables with something odd in each, as pandas reads them."""

import goldenfile

import io
import math

import pandas as pd

HOW = (
    "pandas.read_csv(engine='c') of text with the options given. columns: names, and values, which are numbers (null "
    "for missing, 'inf' and '-inf' for the infinities), or words (null for missing; of a column of booleans 'True' and "
    "'False'). Flatland reads the same numbers and words; it calls a column without a name 'column 2' where pandas says "
    "'Unnamed: 1'."
)

CASES = {
    "plain": ("a,b,c\n1,2.5,x\n-3,.5e1,y\n", {}),
    "windows": ("a,b\r\n1,2\r\n3,4\r\n", {}),
    "old mac": ("a,b\r1,2\r3,4\r", {}),
    "no last end of line": ("a,b\n1,2\n3,4", {}),
    "empty lines": ("\n\na,b\n1,2\n\n   \n3,4\n\n\n", {}),
    "byte-order mark": ("\ufeffa,b\n1,2\n", {}),
    "quotes": ('a,b\n"1","x, ""y"""\n"2","two\nlines"\n3,"carriage\rreturn"\n4,"windows\r\nend"\n', {}),
    "quotes inside": ('a,b\nx"y,1\nz"",2\n', {}),
    "quoted names": ('"a, b","c\nd"\n1,2\n', {}),
    "same names": ("a,a,a.1,a\n1,2,3,4\n", {}),
    "missing": ("a,b\n" + "".join(f"{s},x{s}\n" for s in (
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN",
        "None", "n/a", "nan", "null")) + "1.5,last\n", {}),
    "missing words": ("a,b\nx,1\nNA,2\n\"\",3\n\"NA\",4\nna,5\n", {}),
    "own missing": ("a,b\n-999,NA\n-999.0,?\n3,z\n", {"na_values": ["-999", "?"], "keep_default_na": False}),
    "infinities": ("a\ninf\n-inf\n+inf\nInfinity\n-INFINITY\n1\n", {}),
    "overflow": ("a\n1e400\n-1e400\n1e-400\n1.7976931348623157e308\n", {}),
    "hexadecimal": ("a,b\n0x10,1\n0x1p4,2\n", {}),
    "forms of numbers": ("a,b\n+1,1.\n-0,.5\n1e3,1E-3\n007,-.25e+2\n", {}),
    "blanks around numbers": ("a,b\n 1,2 \n  3.5 ,4\n", {}),
    "a word far down": ("a\n" + "1\n" * 50 + "x\n" + "007\n", {}),
    "booleans": ("a,b\nTrue,false\nFalse,true\nTrue,true\n", {}),
    "all missing": ("a,b\n1,\n2,NA\n", {}),
    "only names": ("a,b,c\n", {}),
    "semicolon": ("a;b;c\n1,5;x;2\n2,25;y;-3,5e1\n", {"sep": ";", "decimal": ","}),
    "tab": ("a\tb\n1\tx y\n2\tz\n", {"sep": "\t"}),
    "bar": ("a|b\n1|x\n2|y\n", {"sep": "|"}),
    "thousands": ('a,b\n"1,234",x\n"1,234,567.5",y\n12,z\n', {"thousands": ","}),
    "comments": ("# of the table\na,b\n# of a row\n1,2\n3,4\n", {"comment": "#"}),
    "lines above": ("a title\nand, a, line\na,b\n1,2\n", {"skiprows": 2}),
    "no names": ("1,2,x\n3,4,y\n", {"header": None}),
    "some columns": ("a,b,c\n1,2,3\n4,5,6\n", {"usecols": ["a", "c"]}),
    "some rows": ("a,b\n1,2\n3,4\n5,x\n", {"nrows": 2}),
    "one more cell than names": ("a,b\nr1,1,2\nr2,3,4\n", {}),
    "long decimals": ("a\n0.1234567890123456789\n123456789012345678901234567890\n9007199254740993.5\n1e22\n1e23\n2.2250738585072011e-308\n5e-324\n", {}),
    "letters": ("größe,名\n1,é\n2,日本\n", {}),
}


def value(v):
    if isinstance(v, str):
        return v
    if isinstance(v, bool) or type(v).__name__ == "bool":
        return str(v)
    if v is None or v is pd.NA or math.isnan(v):
        return None
    if math.isinf(v):
        return "inf" if v > 0 else "-inf"
    return float(v)


def read(text, options):
    frame = pd.read_csv(io.BytesIO(text.encode()), engine="c", **options)
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return [{"name": str(name), "numbers": pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]),
             "values": [value(v) for v in frame[name].tolist()]} for name in frame.columns]


goldenfile.write("csv", "pandas", "small tables, each with something odd", HOW, {
    "cases": [{"name": name, "text": text, "options": options, "columns": read(text, options)} for name, (text, options) in CASES.items()],
})
