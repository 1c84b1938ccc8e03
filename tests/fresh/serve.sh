#!/usr/bin/env bash
# Starts JupyterLab by the given command, in the repository, asks it what a browser would, and ends it: tests/fresh/serve.sh COMMAND…
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

said=$(mktemp)
set -m # a process group of its own, to be ended as a whole
"$@" >"$said" 2>&1 &
lab=$!
set +m
# shellcheck disable=SC2064
trap "kill -KILL -- -$lab 2>/dev/null || true; rm -f '$said'" EXIT

address=
for ((i = 0; i < 3000; i++)); do
  address=$(grep -oE -m 1 'http://(127\.0\.0\.1|localhost):[0-9]+/[^ ]*\?token=[0-9a-f]+' "$said") && break
  kill -0 "$lab" 2>/dev/null || break
  sleep 0.1
done
[[ $address ]] || { echo 'it ends, or 5 minutes pass, before it prints an address:'; cat "$said"; exit 1; }
where=loopback
[[ " $* " != *' --ip=0.0.0.0 '* ]] || where=anywhere # a container's own network
.tools/venv/bin/python tests/fresh/ask.py "$address" "$where" || { cat "$said"; exit 1; }

kill -TERM -- "-$lab"
for ((i = 0; i < 100; i++)); do
  kill -0 -- "-$lab" 2>/dev/null || break
  sleep 0.1
done
! kill -0 -- "-$lab" 2>/dev/null || { echo 'it does not end within 10 s of being told to'; exit 1; }
echo 'ended'
