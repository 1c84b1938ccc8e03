#!/usr/bin/env bash
# Runs every fuzz target for a short time: tests/run/fuzz.sh [time]        (default: 10s each)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

time=${1:-10s}
status=0
while IFS=: read -r file declaration; do
  target=${declaration#func }
  target=${target%%(*}
  package=./$(dirname "$file")
  printf '\n== %s %s\n' "$package" "$target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package" || status=1
done < <(grep -rE --include='*_test.go' --exclude-dir={.tools,build} '^func Fuzz[A-Za-z0-9_]*\(' pkg internal tests || true)
exit $status
