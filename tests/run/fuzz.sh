#!/usr/bin/env bash
# Runs every fuzz target for a short time, and ends with a table of what they did.
#
#   tests/run/fuzz.sh [time [package…]]        (default: 60s each, all packages, those of nested modules with them)
#
# An input that makes a target fail is kept under the package's testdata/fuzz, where go test finds it from then on: commit it with
# the correction. The exit status is 0 when there was a target and none failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

shopt -s nullglob
time=${1:-60s}
(($#)) && shift

output=$(mktemp)
trap 'rm -f "$output"' EXIT

names=() targets=() failed=0
# list FOLDER PACKAGE… adds the targets of packages of the module in that folder. The compiler lists them: "FuzzA", "FuzzB", then
# "ok <package> <time>", for each package with tests.
list() {
  local first package name
  go -C "$1" test -vet=off -list '^Fuzz' "${@:2}" >"$output" 2>&1 || { failed=1; cat "$output" >&2; }
  while read -r first package _; do
    case $first in
      Fuzz*) names+=("$first") ;;
      ok | FAIL)
        for name in ${names[@]+"${names[@]}"}; do targets+=("${package#*/*/*/} $name"); done
        names=()
        ;;
    esac
  done <"$output"
}
if (($#)); then
  for package; do
    module=.
    for modfile in pkg/*/*/go.mod; do
      [[ $package/ != ./${modfile%/*}/* ]] || module=${modfile%/*}
    done
    [[ $module == . ]] && list . "$package" || list "$module" ".${package#"./$module"}"
  done
else
  list . ./...
  for modfile in pkg/*/*/go.mod; do list "${modfile%/*}" ./...; done
fi
((!failed)) || echo 'fuzz: targets may be missing: not every package compiles' >&2
((${#targets[@]})) || { echo 'fuzz: there are no targets' >&2; exit 1; }

rows=()
for each in "${targets[@]}"; do
  read -r folder name <<<"$each"
  printf '\n== %s %s\n' "$folder" "$name"
  if go -C "$folder" test -vet=off -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 5x . 2>&1 | tee "$output"; then
    result=passed
  else
    failed=1 result=FAILED
    kept=$(sed -nE 's/^ *Failing input written to (.*)/\1/p' "$output")
    [[ -z $kept ]] || result+=", input kept in $folder/$kept"
  fi
  tried=$(grep -oE 'execs: [0-9]+' "$output" | tail -n 1)
  rows+=("$(printf '%-36s %-24s %10s  %s' "$folder" "$name" "${tried#execs: }" "$result")")
done

printf '\n%-36s %-24s %10s\n' package target inputs
printf '%s\n' "${rows[@]}"
exit $failed
