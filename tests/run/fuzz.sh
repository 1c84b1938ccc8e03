#!/usr/bin/env bash
# Runs every fuzz target for a short time, and ends with a table of what they did.
#
#   tests/run/fuzz.sh [time [package…]]        (default: 10s each, all packages)
#
# An input that makes a target fail is kept under the package's testdata/fuzz, where go test finds it from then on: commit it with
# the correction. The exit status is 0 when there was a target and none failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

time=${1:-10s}
(($#)) && shift
(($#)) || set -- ./...

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# The compiler lists the targets: "FuzzA", "FuzzB", then "ok <package> <time>", for each package with tests.
go test -vet=off -list '^Fuzz' "$@" >"$output" 2>&1
failed=$?
names=() targets=()
while read -r first package _; do
  case $first in
    Fuzz*) names+=("$first") ;;
    ok | FAIL)
      for name in ${names[@]+"${names[@]}"}; do targets+=("$package $name"); done
      names=()
      ;;
  esac
done <"$output"
((!failed)) || { cat "$output" >&2; echo 'fuzz: targets may be missing: not every package compiles' >&2; }
((${#targets[@]})) || { echo 'fuzz: there are no targets' >&2; exit 1; }

rows=()
for each in "${targets[@]}"; do
  read -r package name <<<"$each"
  printf '\n== %s %s\n' "$package" "$name"
  if go test -vet=off -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package" 2>&1 | tee "$output"; then
    result=passed
  else
    failed=1 result=FAILED
    kept=$(sed -nE 's/^ *Failing input written to (.*)/\1/p' "$output")
    [[ -z $kept ]] || result+=", input kept in ${package#*/*/*/}/$kept"
  fi
  tried=$(grep -oE 'execs: [0-9]+' "$output" | tail -n 1)
  rows+=("$(printf '%-36s %-24s %10s  %s' "${package#*/*/*/}" "$name" "${tried#execs: }" "$result")")
done

printf '\n%-36s %-24s %10s\n' package target inputs
printf '%s\n' "${rows[@]}"
exit $failed
