#!/usr/bin/env bash
# Tries, on machines that have Debian's smallest set of packages and Go and nothing else, what the README and docker/Dockerfile promise.
#
#   tests/fresh/run.sh [readme] [image]        (default: both)
#
#   readme  the README's two commands: within 15 minutes, downloads included
#   image   the instructions of docker/Dockerfile, one after the other; the last with the network cut
#
# The machines are chroots made by debootstrap, removed at the end however it ends. What they begin with is a clone of HEAD: what is not
# committed is not tried. The log of both parts, with neither hosts nor paths of this machine in it, goes to docs/fresh-machine.log.
# Needs root, debootstrap, about 6 GB in TMPDIR, and a Debian mirror: that of this machine's apt, or FRESH_MIRROR and FRESH_SECURITY.
#
# shellcheck disable=SC2317  # parts are called by name
# shellcheck source-path=SCRIPTDIR/../..
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/fresh/machine.sh
source tests/fresh/image.sh

suite=bookworm
minutes=15

(($#)) || set -- readme image
((EUID == 0)) || fail 'a chroot takes root; run it as root, on a machine of which you would not mind'
for tool in debootstrap unshare setpriv ip git go; do
  command -v "$tool" >/dev/null || fail "$tool is missing; on Debian or Ubuntu: apt-get install debootstrap util-linux iproute2 git"
done
mirror=${FRESH_MIRROR:-$(uris Debian)} security=${FRESH_SECURITY:-$(uris Debian-Security)}
[[ $mirror && $security ]] || fail 'the apt of this machine names no Debian mirror; name one in FRESH_MIRROR, and that of security updates in FRESH_SECURITY'

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# scrub takes hosts, tokens and paths of this machine out of the log.
scrub() {
  local script=$work/scrub
  private_names | sort -u | awk 'length > 3 && !/^(localhost|127\.|off$|direct$)/ { gsub(/[.]/, "[.]"); print "s#" $0 "#(host)#g" }' >"$script"
  cat >>"$script" <<-SED
	s#$work#(work)#g
	s#$PWD#(repository)#g
	s#token=[0-9a-f]+#token=…#g
	s#(https?://)(127[.]0[.]0[.]1|localhost)([:/])#\1\n\2\3#g
	s#(https?://)[a-zA-Z0-9][^/ ]*#\1(host)#g
	s#\n##g
	SED
  sed -u -E -f "$script"
}

# clocked puts before every line the minutes and seconds since the beginning of the run.
clocked() {
  local line
  while IFS= read -r line; do printf '%2d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$line"; done
}

# figure MACHINE NAME prints the seconds that a step of readme.sh took.
figure() { sed -n "s/^$2 //p" "$1/root/figures"; }

readme() {
  local machine=$work/readme before after taken
  cp -a "$work/base" "$machine"
  before=$(disk "$machine")
  printf '\n== The README on a fresh machine\n'
  install -m 755 tests/fresh/readme.sh "$machine/root/readme.sh"
  cp "$work/clone/README.md" "$work/repository.bundle" "$machine/root/"
  # shellcheck disable=SC2016,SC2088  # the home is that of the machine
  enter "$machine" /bin/bash -c 'exec /bin/bash ~/readme.sh ~/README.md ~/repository.bundle'
  after=$(disk "$machine")
  taken=$(($(figure "$machine" packages) + $(figure "$machine" 'make demo')))
  printf '\nmake demo, with the packages before it: %d min %d s, of at most %d minutes\n' $((taken / 60)) $((taken % 60)) "$minutes"
  printf 'disk: Debian and Go %d MB before; %d MB more after: .tools %d, Debian packages and their lists %d, modules of Go %d, build cache of Go %d\n' \
    "$before" $((after - before)) "$(disk "$machine/root/flatland/.tools")" \
    $(($(disk "$machine/usr" "$machine/var") - $(disk "$work/base/usr" "$work/base/var"))) \
    "$(disk "$machine/root/go")" "$(disk "$machine/root/.cache/go-build")"
  rm -rf --one-file-system "$machine"
  ((taken <= minutes * 60)) || { echo 'too long'; return 1; }
}

image() {
  local machine=$work/image start=$SECONDS
  cp -a "$work/base" "$machine"
  printf '\n== The instructions of docker/Dockerfile\n'
  enter "$machine" /bin/sh -c 'apt-get update && apt-get install -y --no-install-recommends ca-certificates' >"$work/image.log" 2>&1
  carry_out "$machine" "$work/clone"
  printf '\nthe image: %d s, %d MB more than its base\n' $((SECONDS - start)) $(($(disk "$machine") - $(disk "$work/base")))
  rm -rf --one-file-system "$machine"
}

main() {
  printf 'Flatland %s, %s, on %s processors of %s\n' "$(git rev-parse --short HEAD)" "$(date -u +%Y-%m-%d)" "$(nproc)" "$(uname -m)"
  printf 'Debian %s (debootstrap --variant=minbase) and %s, in a chroot\n' "$suite" "$(go env GOVERSION)"
  git bundle create --quiet "$work/repository.bundle" HEAD
  git clone --quiet -c advice.detachedHead=false "$work/repository.bundle" "$work/clone"
  debian "$work/base" "$suite" "$mirror" "$security"
  echo 'the machine is there'
  local part
  for part; do "$part"; done
  printf '\npassed\n'
}

for part; do
  [[ $part == readme || $part == image ]] || fail "no part is called \"$part\"; there are: readme image"
done
set +e
(set -e; main "$@") 2>&1 | scrub | clocked | tee "$work/log"
status=${PIPESTATUS[0]}
set -e
((!status)) || echo FAILED | tee -a "$work/log"
[[ "$*" != 'readme image' ]] || install -m 644 "$work/log" docs/fresh-machine.log
exit "$status"
