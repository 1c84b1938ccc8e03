#!/usr/bin/env bash
# What a container of the image begins with: it makes the home ready, then becomes the command that it was given.
#
# The home may be empty (a new volume, a tmpfs) or older than the image. Files that are there already stay as they are.
set -euo pipefail
trap 'exit 143' TERM INT # the first process of a container does not end by these otherwise

fail() { printf 'flatland: %s\n' "$@" >&2; exit 1; }

image=/opt/flatland
[[ -w $HOME ]] || fail "user $(id -u) may not write to $HOME" 'a folder of the host that is mounted there must belong to that user'

# Whatever an earlier container left behind when it was killed.
rm -rf "$TMPDIR"
mkdir -p "$TMPDIR"
install -m 755 /bin/true "$TMPDIR/true"
"$TMPDIR/true" 2>/dev/null || fail "programs cannot be run in $HOME, where cells are compiled to: mount it with the option exec"

# Modules and compiled packages, once for each image. Their times are of now, or Go would throw out what is older than five days.
stamp=$HOME/.cache/flatland-home
if [[ ! -e $stamp || $(<"$stamp") != "$(<$image/home.sha256)" ]]; then
  tar -C "$HOME" --skip-old-files -xzmf "$image/home.tar.gz"
  cp "$image/home.sha256" "$stamp"
fi

# Notebooks that are the image's are trusted, so that their charts run scripts; those that are not become so when they are run.
mkdir -p "$HOME/notebooks"
trusted=()
for notebook in "$image"/notebooks/*.ipynb; do
  own=$HOME/notebooks/${notebook##*/}
  [[ -e $own ]] || cp "$notebook" "$own"
  ! cmp -s "$notebook" "$own" || trusted+=("$own")
done
((!${#trusted[@]})) || jupyter trust "${trusted[@]}" >/dev/null

exec "$@"
