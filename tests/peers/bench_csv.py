"""Tables of text by pandas. Flatland's side writes the file beside the input, before it is measured."""

import benchworker
import pandas as pd


@benchworker.function
def read_csv(x, seed, options):
    frame = pd.read_csv(f"{x.filename}.{len(x)}.csv", engine="c", **({"low_memory": False} if options == "whole" else {}))
    return {"sums": frame.sum().to_numpy()[None, :], "missing": frame.isna().sum().sum(), "rows": len(frame)}


benchworker.serve("pandas", "numpy")
