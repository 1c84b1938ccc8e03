#!/usr/bin/env bash
# Puts what the image keeps into /opt/image, for docker/Dockerfile: the tools without what only built them, the library without its tests,
# and what a home begins with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The modules that the library is made of, and everything compiled, so that the first cell does not wait. It is compiled where users have it,
# and with their environment: Go would not take it for theirs otherwise. The modules are those that the tools were installed with.
modules=$(HOME=/root go env GOMODCACHE)
export GOPROXY=file://$modules/cache/download GOSUMDB=off
go build ./pkg/...
go mod graph >/dev/null # the kernel asks for the requirements of every module, used or not
find "$HOME/go/pkg/mod/cache/download" -name '*.zip' -delete # what was unpacked from them is there
image=/opt/image
mkdir -p "$image"
tar -C "$HOME" -czf "$image/home.tar.gz" go .cache
sha256sum <"$image/home.tar.gz" >"$image/home.sha256"

go run ./tests/notebooks/cmd/nbrun -install-kernel .tools/jupyter
.tools/venv/bin/python -m pip --disable-pip-version-check uninstall -qy setuptools pip

cp -a --parents go.mod go.sum LICENSE NOTICE README.md notebooks pkg internal docker/start.sh \
  .tools/bin/{gonb,goimports,gopls} .tools/venv .tools/jupyter \
  .tools/node_modules/echarts/{package.json,LICENSE,NOTICE,dist/echarts.min.js} "$image/"
find "$image/pkg" "$image/internal" \( -name testdata -o -name '*_test.go' \) -prune -exec rm -rf {} +
