#!/usr/bin/env bash
# Follows the README's section "Two commands" on this machine, as a reader would: tests/fresh/readme.sh README REPOSITORY
#
# Installs the Debian packages that it names, clones the repository, and gives its two commands: the first must end well and leave the page
# of the quickstart, the second must answer on loopback, and end when it is told to.
set -euo pipefail

section=$(sed -n '/^## Two commands/,/^## Five/p' "$1")
packages=$(grep -oE -m 1 'apt-get install [^`]+' <<<"$section" | cut -d ' ' -f 3-)
mapfile -t commands < <(sed -nE 's/^(make [a-z]+) .*/\1/p' <<<"$section")
[[ $packages && ${#commands[@]} == 2 ]] || { echo "the README names the packages \"$packages\" and ${#commands[@]} commands, not two"; exit 1; }

step() { printf '\n$ %s\n' "$*"; }

# took NAME START prints and notes the seconds since then, for the sums that run.sh makes.
took() {
  printf '(%d s)\n' $((SECONDS - $2))
  printf '%s %d\n' "$1" $((SECONDS - $2)) >>~/figures
}

step "apt-get install $packages"
start=$SECONDS
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of packages
{ apt-get update && apt-get install -y --no-install-recommends $packages; } >/tmp/packages.log 2>&1 || { tail /tmp/packages.log; exit 1; }
took packages $start

step 'git clone … flatland && cd flatland'
git clone --quiet -c advice.detachedHead=false "$2" ~/flatland
cd ~/flatland

step "${commands[0]}"
start=$SECONDS
${commands[0]}
took "${commands[0]}" $start
page=build/01_quickstart.html
charts=$(grep -o 'data-flatland="' "$page" | wc -l)
((charts > 0)) || { echo "$page has no chart"; exit 1; }
echo "$page: $(($(stat -c %s "$page") / 1024)) KB, $charts charts"

step "${commands[1]}"
start=$SECONDS
# shellcheck disable=SC2086  # the words of the command
tests/fresh/serve.sh ${commands[1]}
took "${commands[1]}" $start
