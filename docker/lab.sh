#!/usr/bin/env bash
# Starts JupyterLab with the Go kernel on the notebooks, the first of them open: docker/lab.sh [option of jupyter lab…]
#
# The kernel, and the signatures that let the committed charts run their scripts, go into .tools/jupyter: nothing is written to
# the user's own Jupyter folders.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

docker/setup.sh lab
export JUPYTER_DATA_DIR=$PWD/.tools/jupyter PATH=$PWD/.tools/bin:$PATH
go run ./tests/notebooks/cmd/nbrun -install-kernel "$JUPYTER_DATA_DIR"
.tools/venv/bin/jupyter trust notebooks/*.ipynb
((EUID)) || set -- --allow-root "$@" # whoever is root here has chosen to be
[[ " $*" == *" --ip="* ]] || set -- --ip=127.0.0.1 "$@" # JupyterLab refuses to be told twice
exec .tools/venv/bin/jupyter lab --ServerApp.root_dir="$PWD/notebooks" \
  --LabApp.default_url=/lab/tree/01_quickstart.ipynb "$@"
