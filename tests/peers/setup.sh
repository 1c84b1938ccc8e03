#!/usr/bin/env bash
# Installs the Python libraries that the goldens and benchmarks compare with into .tools/peers, in the versions pinned in
# requirements.txt and sources.txt. A second run does nothing. Needs Python 3.11 or newer with its venv module and headers, and a
# C++ compiler (Debian: python3-venv python3-dev g++).
#
# To change a version, edit requirements.in and make the pins again with uv:
#   uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$(cd "$here/../.." && pwd)/.tools/peers
stamp=$venv/pins

# Commands are apart from the virtual environment: .tools/<name>-<version>/<name>.
fetch_commands() {
  local pin sum name version folder
  grep -v '^#' "$here/debian.txt" | while read -r pin sum; do
    name=${pin%%==*} version=${pin#*==}
    folder=$(cd "$here/../.." && pwd)/.tools/$name-${version%-*}
    [[ -x $folder/$name ]] && continue
    if ! command -v apt-get >/dev/null || [[ $(dpkg --print-architecture) != amd64 ]]; then
      echo "peers: $name is not installed: it comes from Debian's packages for amd64" >&2
      continue
    fi
    mkdir -p "$folder"
    (cd "$folder" && apt-get download -qq "$name=$version" && echo "$sum  $(ls ./*.deb)" | sha256sum --check --quiet && dpkg -x ./*.deb . && mv "usr/bin/$name" . && rm -r usr ./*.deb)
  done
}
fetch_commands

# Scripts in a virtual environment begin with its absolute path, and an upgrade of the system's Python can break it.
pins() { echo "$venv" && cat "$here/requirements.txt" "$here/sources.txt"; }
if [[ -e $stamp ]] && pins | cmp -s - "$stamp" && "$venv/bin/python" -c '' 2>/dev/null; then
  exit 0
fi

find_python() {
  local name
  for name in python3.11 python3 python3.12 python3.13 python3.14; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo 'peers: Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3 python3-venv)' >&2
  return 1
}

python=$(find_python)
rm -rf "$venv"
mkdir -p "$(dirname "$venv")"
"$python" -m venv "$venv"
install=("$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes)
"${install[@]}" --only-binary :all: -r "$here/requirements.txt"
"${install[@]}" --no-build-isolation --no-deps -r "$here/sources.txt"
pins >"$stamp"
