#!/usr/bin/env bash
# Makes every golden file again: installs the peers if need be, then runs each generator. tests/peers/golden.sh [family…]
# The same pins on an x86 processor with AVX2 give the same bytes; elsewhere last digits may differ.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/../../.tools/peers/bin/python

"$here/setup.sh"
if (($#)); then
  generators=("${@/#/$here/golden_}")
  generators=("${generators[@]/%/.py}")
else
  generators=("$here"/golden_*.py)
fi
for generator in "${generators[@]}"; do
  PYTHONDONTWRITEBYTECODE=1 "$python" "$generator"
done
