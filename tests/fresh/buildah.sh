# shellcheck shell=bash
# Buildah builds where no container can be run, because it needs no more than a chroot. Containers are imitated as far as that goes: a mounted
# image that is read-only, processes and a network of its own, the user, environment and command of the image.
# shellcheck disable=SC2154

import() {
  local id
  id=$(buildah from scratch)
  cat >"$work/import.tar"
  buildah add "$id" "$work/import.tar" /
  buildah commit --rm "$id" "$1"
  rm "$work/import.tar"
}
tries() { unshare --mount --pid --net --fork chroot "$(mounted "$1")" true; }

configuration() { buildah inspect --type image "$1"; }
health_command() { buildah inspect --type image --format '{{index .Docker.Config.Healthcheck.Test 3}}' "$1"; }
megabytes() { du -sm "$(mounted "$1")" | cut -f 1; }
files() { (cd "$(mounted "$1")" && find . -printf '%P\n'); }

# mounted IMAGE prints where an image is mounted.
mounted() {
  local note=$work/mounted.${1//[^a-z0-9]/_}
  [[ -e $note ]] || buildah mount "$(buildah from --pull-never "$1")" >"$note"
  cat "$note"
}

words() { buildah inspect --type image --format "{{range .Docker.Config.$2}}{{println .}}{{end}}" "$1" | sed '/^$/d'; }

launch() {
  local name=$1 image=$2 volume=$work/volume-$3 home=$4 command=("${@:5}") variables entry user i root
  root=$(mounted "$image")
  user=$(buildah inspect --type image --format '{{.Docker.Config.User}}' "$image")
  mapfile -t variables < <(words "$image" Env)
  mapfile -t entry < <(words "$image" Entrypoint)
  ((${#command[@]})) || mapfile -t command < <(words "$image" Cmd)
  [[ -d $volume ]] || cp -a "$root$home" "$volume"
  rm -f "$work/status-$name"
  # shellcheck disable=SC2016
  (
    unshare --mount --pid --net --fork --kill-child=KILL -- bash -c '
      set -e
      root=$1 user=$2 volume=$3 home=$4
      shift 4
      ip link set lo up
      mount --bind "$root" "$root"
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      mount --bind "$volume" "$root$home"
      mount -o remount,bind,ro "$root"
      exec chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
        env --chdir="$home" -i GOPROXY=off "$@"' "$name" "$root" "$user" "$volume" "$home" \
      "${variables[@]}" "${entry[@]}" "${command[@]}" >"$work/said-$name" 2>&1 </dev/null &
    echo $! >"$work/pid-$name"
    status=0
    wait $! || status=$?
    echo "$status" >"$work/status-$name"
  ) &
  for ((i = 0; i < 100; i++)); do [[ -e $work/pid-$name ]] && first "$name" >/dev/null && return; sleep 0.1; done
  cat "$work/said-$name"
  return 1
}

# first NAME prints the first process in there.
first() { pgrep -P "$(cat "$work/pid-$1")"; }

said() { cat "$work/said-$1"; }
port() { echo 8888; }
inside() {
  local pid
  pid=$(first "$1")
  nsenter -t "$pid" --mount --net --pid --root --wd --setuid 1000 --setgid 1000 env "PATH=$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^PATH=//p')" "${@:2}"
}
outside() { nsenter -t "$(first "$1")" --net chroot "$(mounted "$2")" /opt/flatland/.tools/venv/bin/python -u - "${@:4}" <"$3"; }

finish() {
  local i
  kill -TERM "$(first "$1")"
  for ((i = 0; i < 200; i++)); do [[ ! -e $work/status-$1 ]] || break; sleep 0.1; done
  [[ -e $work/status-$1 ]] || kill -KILL "$(cat "$work/pid-$1")"
  for ((i = 0; i < 50; i++)); do [[ ! -e $work/status-$1 ]] || break; sleep 0.1; done
  cat "$work/status-$1"
}

clean() {
  local container
  for container in "${containers[@]}"; do [[ ! -e $work/pid-$container ]] || kill -KILL "$(cat "$work/pid-$container")"; done
  buildah rm -a
  buildah rmi -af
} >/dev/null 2>&1
