# shellcheck shell=bash
# Fresh machines for tests/fresh/run.sh, which sources this file: a machine is a folder with Debian and Go in it, and nothing else.

# fail WHY… ends the run.
fail() { printf 'fresh-test: %s\n' "$@" >&2; exit 1; }

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

# hand_over MACHINE copies what there is of them.
hand_over() {
  local file
  for file in "${system_files[@]}"; do
    [[ ! -e $file ]] || { mkdir -p "$1${file%/*}" && cp -RL --remove-destination "$file" "$1${file%/*}/"; }
  done
  for file in "${user_files[@]}"; do
    [[ ! -e ~/$file ]] || install -D -m 600 ~/"$file" "$1/root/$file"
  done
  [[ ! -e $bundle ]] || install -D -m 644 "$bundle" "$1$bundle"
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

# debian FOLDER SUITE MIRROR SECURITY makes a machine of Debian's smallest set of packages, and this machine's Go.
debian() {
  local machine=$1 suite=$2 mirror=$3 security=$4
  debootstrap --variant=minbase "$suite" "$machine" "$mirror" >"$machine.log" 2>&1 || { tail -n 20 "$machine.log" >&2; return 1; }
  printf 'deb %s main\n' "$mirror $suite" "$mirror $suite-updates" "$security $suite-security" >"$machine/etc/apt/sources.list"
  apt_options >"$machine/etc/apt/apt.conf.d/50handed"
  rm -rf "$machine"/var/cache/apt/archives/*.deb
  mkdir -p "$machine/usr/local/go"
  cp -RL "$(go env GOROOT)/." "$machine/usr/local/go"
  hand_over "$machine"
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
