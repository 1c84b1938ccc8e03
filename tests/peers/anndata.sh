#!/usr/bin/env bash
# Makes again the files that pkg/datasets/anndata is tested on, or the large ones that it is measured on.
#
#   tests/peers/anndata.sh files           testdata of pkg/datasets/anndata, by five versions of anndata
#   tests/peers/anndata.sh large FOLDER    two files of 50 000 cells
#   tests/peers/anndata.sh speed FOLDER    measures reading them against anndata
#
# anndata is not among the requirements.txt of the other peers: its present version wants an older pandas than theirs, and its old
# versions older libraries altogether. Each gets an environment of its own under .tools/anndata.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
module=$root/pkg/datasets/anndata

declare -A pins=(
  [0.6]="anndata==0.6.22.post1 h5py==3.8.0 numpy==1.23.5 pandas==1.5.3 scipy==1.10.1 setuptools==69.5.1"
  [0.7]="anndata==0.7.8 h5py==3.8.0 numpy==1.23.5 pandas==1.5.3 scipy==1.10.1 setuptools==69.5.1"
  [0.8]="anndata==0.8.0 h5py==3.8.0 numpy==1.23.5 pandas==1.5.3 scipy==1.10.1"
  [0.10]="anndata==0.10.9 h5py==3.11.0 numpy==1.26.4 pandas==2.2.2 scipy==1.13.1"
  [0.12]="anndata==0.12.19 h5py==3.16.0 numpy==2.4.6 pandas==2.3.3 scipy==1.17.1"
)

# python VERSION prints the interpreter of an environment, which it makes where it is not there.
python() {
  local folder=$root/.tools/anndata/$1
  if [[ ! -e $folder/done ]]; then
    python3 -m venv "$folder"
    # shellcheck disable=SC2086  # a list
    "$folder/bin/pip" install --quiet --disable-pip-version-check ${pins[$1]} >&2
    touch "$folder/done"
  fi
  printf '%s/bin/python\n' "$folder"
}

case ${1-} in
  files)
    folder=$(mktemp -d)
    trap 'rm -r "$folder"' EXIT
    for version in 0.6 0.7 0.8 0.10 0.12; do
      "$(python $version)" -W ignore "$here/anndata_files.py" cells "$folder"
    done
    "$(python 0.12)" "$here/anndata_files.py" layouts "$folder"
    mv "$folder"/storage* "$folder"/few* "$module/internal/hdf5/testdata/"
    mv "$folder"/* "$module/testdata/"
    ;;
  large) "$(python 0.12)" "$here/anndata_files.py" large "${2:?the folder}" ;;
  speed)
    folder=$(cd "${2:?the folder}" && pwd)
    [[ -e $folder/large_gzip.h5ad ]] || "$0" large "$folder"
    peer=$(python 0.12)
    go -C "$module" run ./internal/speed "$peer" "$here/bench_anndata.py" "$folder/large_plain.h5ad" "$folder/large_gzip.h5ad"
    ;;
  *)
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | head -6 >&2
    exit 2
    ;;
esac
