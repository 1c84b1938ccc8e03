# shellcheck shell=bash
# Fresh machines for the scripts of this folder that source this file: a machine is a folder with Debian in it, and perhaps Go, and nothing else.

suite=bookworm

# fail WHY… ends the run.
fail() { printf '%s: %s\n' "$0" "$1" >&2; printf '  %s\n' "${@:2}" >&2; exit 1; }

# begin TOOL… makes the folder $work, which goes when the script ends, and finds the mirrors ($mirror, $security) of Debian.
begin() {
  local tool
  ((EUID == 0)) || fail 'a chroot takes root; run it as root, on a machine of which you would not mind'
  for tool; do
    command -v "$tool" >/dev/null || fail "$tool is missing; on Debian or Ubuntu: apt-get install debootstrap util-linux iproute2 git"
  done
  mirror=${FRESH_MIRROR:-$(uris Debian)} security=${FRESH_SECURITY:-$(uris Debian-Security)}
  [[ $mirror && $security ]] || fail 'the apt of this machine names no Debian mirror; name one in FRESH_MIRROR, and that of security updates in FRESH_SECURITY'
  work=$(mktemp -d)
  trap 'rm -rf --one-file-system "$work"' EXIT
  trap 'exit 130' INT TERM
}

# ---- The way to the network. What this machine has been told about mirrors, proxies and certificates is handed into the fresh one at run
# time, because a fresh machine at the same place would have been told the same. Nothing of it is written anywhere else. ----

# uris LABEL prints the base address of this machine's apt source with that label, as "Debian" or "Debian-Security".
# shellcheck disable=SC2016  # apt fills these in
uris() {
  apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$1|//p" | sort -u | head -n 1
}

# apt_options prints how apt reaches its sources: proxies, certificates, retries.
apt_options() { apt-config dump | grep -E '^Acquire::(http|https|Retries)[:" ]' || true; }

# environment MACHINE prints, as NAME=VALUE, the variables that direct Go, pip and npm. One that names a file is handed on only if the
# fresh machine has that file.
environment() {
  local name
  for name in GOPROXY GOSUMDB GOPRIVATE GONOPROXY GONOSUMDB GOINSECURE; do
    printf '%s=%s\n' "$name" "$(go env "$name")"
  done
  compgen -e | grep -iE '^(https?|all|no)_proxy$|^(PIP|NPM_CONFIG)_|^(SSL_CERT|CURL_CA|REQUESTS_CA|GIT_SSL_CA|NODE_EXTRA_CA)' |
    while read -r name; do
      [[ ${!name} != /* || -e $1${!name} ]] && printf '%s=%s\n' "$name" "${!name}"
    done || true
}

# Configuration files, and where they go: system-wide ones to the same place, the user's to root's home.
system_files=(/etc/hosts /etc/resolv.conf /etc/pip.conf /etc/npmrc /usr/etc/npmrc /usr/local/share/ca-certificates)
user_files=(.npmrc .pip/pip.conf .config/pip/pip.conf)
bundle=/etc/ssl/certs/ca-certificates.crt

# hand_over MACHINE SUITE MIRROR SECURITY copies what there is of them, and has apt use the mirrors.
hand_over() {
  local file
  mkdir -p "$1/etc/apt/apt.conf.d"
  sources "${@:2}" >"$1/etc/apt/sources.list"
  apt_options >"$1/etc/apt/apt.conf.d/50handed"
  for file in "${system_files[@]}"; do
    [[ ! -e $file ]] || { mkdir -p "$1${file%/*}" && cp -RL --remove-destination "$file" "$1${file%/*}/"; }
  done
  for file in "${user_files[@]}"; do
    [[ ! -e ~/$file ]] || install -D -m 600 ~/"$file" "$1/root/$file"
  done
  [[ ! -e $bundle ]] || install -D -m 644 "$bundle" "$1$bundle"
}

# write_down MACHINE writes the variables of environment into configuration files there, for what enter does not start, and moves the bundle
# of certificates to another place where Go looks, because Debian's package ca-certificates makes one of its own.
write_down() {
  local name value moved=/etc/pki/tls/certs/handed.crt
  install -d "$1/root/.config/go" "$1/etc/xdg/pip" "$1${moved%/*}"
  echo '[global]' >"$1/etc/xdg/pip/pip.conf"
  while IFS='=' read -r name value; do
    case ${name^^} in
      GO*) printf '%s=%s\n' "$name" "$value" >>"$1/root/.config/go/env" ;;
      PIP_*) name=${name#*_} && printf '%s = %s\n' "${name,,}" "$value" >>"$1/etc/xdg/pip/pip.conf" ;;
      NPM_CONFIG_*) name=${name#*_*_} && printf '%s=%s\n' "${name,,}" "$value" >>"$1/root/.npmrc" ;;
      NODE_EXTRA_CA_CERTS) printf 'cafile=%s\n' "$value" >>"$1/root/.npmrc" ;;
    esac
  done < <(environment "$1")
  if [[ -e $1$bundle ]]; then
    mv "$1$bundle" "$1$moved"
    grep -rlF "$bundle" "$1" | while read -r name; do sed -i "s#$bundle#$moved#g" "$name"; done
  fi
}

# private_names prints the hosts that the log must not name.
private_names() {
  local file
  {
    uris Debian; uris Debian-Security; apt_options; environment ''
    for file in "${system_files[@]}" "${user_files[@]/#/$HOME/}"; do
      [[ ! -f $file || $file == /etc/hosts ]] || cat "$file"
    done
  } | sed -nE 's#.*://([^/@ ]*@)?([^/:", |]+).*#\2#p' # one to a line is enough: the scrubber takes every other address by its form
  hostname
}

# ---- The machines ----

# debian FOLDER SUITE MIRROR [PACKAGE…] makes a machine of Debian's smallest set of packages and the given ones, which knows of no mirror:
# hand_over tells it.
debian() {
  local machine=$1 suite=$2 mirror=$3 more=("${@:4}")
  debootstrap --variant=minbase ${more[0]+"--include=$(IFS=,; echo "${more[*]}")"} "$suite" "$machine" "$mirror" >"$machine.log" 2>&1 ||
    { tail -n 20 "$machine.log" >&2; return 1; }
  : >"$machine/etc/apt/sources.list"
  rm -rf "$machine"/var/cache/apt/archives/*.deb "$machine"/var/cache/apt/*.bin "$machine"/var/lib/apt/lists/* "$machine/etc/hosts" "$machine/etc/resolv.conf"
}

# sources SUITE MIRROR SECURITY prints apt's list of sources.
sources() { printf 'deb %s main\n' "$2 $1" "$2 $1-updates" "$3 $1-security"; }

# golang MACHINE gives it this machine's Go.
golang() {
  mkdir -p "$1/usr/local/go"
  cp -RL "$(go env GOROOT)/." "$1/usr/local/go"
}

# enter MACHINE [NAME=VALUE…] COMMAND… runs a command there as root, with a process table and mounts of its own: whatever way it ends,
# none of its processes runs on and nothing stays mounted. With FRESH_NETWORK=none it has a loopback and no more.
enter() {
  local machine=$1 spaces=(--mount --pid --fork --kill-child=KILL) variables
  shift
  [[ ${FRESH_NETWORK:-} != none ]] || spaces+=(--net)
  mapfile -t variables < <(environment "$machine")
  # shellcheck disable=SC2016  # expanded by the inner shell
  unshare "${spaces[@]}" -- bash -c '
    set -e
    machine=$1
    shift
    [[ ${FRESH_NETWORK:-} != none ]] || ip link set lo up
    mount -t proc proc "$machine/proc"
    mount --rbind /dev "$machine/dev"
    exec chroot "$machine" env -i "$@"' enter "$machine" \
    HOME=/root PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" "$@" </dev/null
}

# disk FOLDER… prints what the folders that exist take together, in MB.
disk() {
  local folder there=()
  for folder; do [[ ! -e $folder ]] || there+=("$folder"); done
  du -smxc "${there[@]-/dev/null}" | awk 'END { print $1 }'
}
