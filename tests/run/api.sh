#!/usr/bin/env bash
# Fails when what programs import from pkg/ is no longer what it was at the last version tag, unless CHANGELOG.md says so.
#
#   tests/run/api.sh APIDIFF [REPOSITORY]        (default: this one)
#
# A change after which a program that compiled may no longer compile is incompatible. It is listed, by the name that this prints and in
# backquotes, below a heading "### Incompatible" of CHANGELOG.md, above the heading of the version that it is compared with. Without a version
# tag nothing has been promised, and there is nothing to compare with.
set -euo pipefail
apidiff=$(realpath "$1")
cd "${2:-$(dirname "${BASH_SOURCE[0]}")/../..}"

tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null) || { echo 'no version tag yet: there is no API to keep'; exit 0; }
grep -qE "^## \[?${tag//./\\.}\b" CHANGELOG.md || { echo "CHANGELOG.md has no heading \"## $tag\", the version that the API is compared with"; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/old"
git archive "$tag" | tar -x -C "$scratch/old"

# With -trimpath packages that are the same in both folders are compiled once.
export GOWORK=off GOFLAGS="${GOFLAGS:+$GOFLAGS }-trimpath"
module=$(go list -m)
compare() { "$apidiff" -m "$@" 2>"$scratch/stderr" || { grep -v '^Ignoring internal' "$scratch/stderr" >&2; exit 1; }; }
(cd "$scratch/old" && compare -w "$scratch/old.export" "$module")
compare -incompatible "$scratch/old.export" "$module" >"$scratch/changes"

# Lines of apidiff are "- ./pkg/dr.(*PCAModel).Transform: removed" and "- package MODULE/pkg/dr: removed".
sed -nE -e "s#^- package $module/(pkg/[^:]+): #\1\t#p" -e 's#^- \./pkg/([^:]+): #\1\t#p' "$scratch/changes" |
  sed -E 's#^([^\t]*)\(\*?([^)\t]+)\)#\1\2#' >"$scratch/named"
sed "/^## \[\?${tag//./\\.}\b/,\$d" CHANGELOG.md | awk '/^#+ /{ listed = /^### Incompatible/ } listed' >"$scratch/listed"

unlisted=0
while IFS=$'\t' read -r name change; do
  grep -qF "\`$name\`" "$scratch/listed" || { unlisted=$((unlisted + 1)); printf '`%s`: %s\n' "$name" "$change"; }
done <"$scratch/named"
if ((unlisted)); then
  echo "these changes since $tag are incompatible, and CHANGELOG.md does not list them under \"### Incompatible\""
  exit 1
fi
echo "the API of $tag is kept; incompatible changes, all listed in CHANGELOG.md: $(wc -l <"$scratch/named")"
