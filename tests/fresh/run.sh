#!/usr/bin/env bash
# Tries what the README promises on a machine that has Debian's smallest set of packages and Go and nothing else: its two commands, the first
# of them within 15 minutes, downloads included.
#
# The machine is a chroot made by debootstrap, removed at the end however it ends. What it begins with is a clone of HEAD: what is not
# committed is not tried. The log, with neither hosts nor paths of this machine in it, goes to docs/fresh-machine.log.
# Needs root, debootstrap, about 4 GB in TMPDIR, and a Debian mirror: that of this machine's apt, or FRESH_MIRROR and FRESH_SECURITY.
#
# shellcheck source-path=SCRIPTDIR/../..
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/fresh/machine.sh
source tests/fresh/log.sh

minutes=15
begin debootstrap unshare ip git go

# figure NAME prints the seconds that a step of readme.sh took.
figure() { sed -n "s/^$1 //p" "$machine/root/figures"; }

readme() {
  local before after taken packages
  beginning
  printf 'Debian %s (debootstrap --variant=minbase) and %s, in a chroot\n' "$suite" "$(go env GOVERSION)"
  git bundle create --quiet "$work/repository.bundle" HEAD
  debian "$machine" "$suite" "$mirror"
  golang "$machine"
  hand_over "$machine" "$suite" "$mirror" "$security"
  before=$(disk "$machine") packages=$(disk "$machine/usr" "$machine/var")
  echo 'the machine is there'
  install -m 755 tests/fresh/readme.sh "$machine/root/readme.sh"
  git show HEAD:README.md >"$machine/root/README.md"
  cp "$work/repository.bundle" "$machine/root/"
  # shellcheck disable=SC2016,SC2088  # the home is that of the machine
  enter "$machine" /bin/bash -c 'exec /bin/bash ~/readme.sh ~/README.md ~/repository.bundle'
  after=$(disk "$machine")
  taken=$(($(figure packages) + $(figure 'make demo')))
  printf '\nmake demo, with the packages before it: %d min %d s, of at most %d minutes\n' $((taken / 60)) $((taken % 60)) "$minutes"
  printf 'disk: Debian and Go %d MB before; %d MB more after: .tools %d, Debian packages and their lists %d, modules of Go %d, build cache of Go %d\n' \
    "$before" $((after - before)) "$(disk "$machine/root/flatland/.tools")" \
    $(($(disk "$machine/usr" "$machine/var") - packages)) "$(disk "$machine/root/go")" "$(disk "$machine/root/.cache/go-build")"
  ((taken <= minutes * 60)) || { echo 'too long'; return 1; }
  printf '\npassed\n'
}

machine=$work/machine
logged docs/fresh-machine.log readme
