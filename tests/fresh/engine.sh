# shellcheck shell=bash
# Container engines, for tests/fresh/image.sh, which sources this file. Of docker and podman these functions use what both understand;
# tests/fresh/buildah.sh has those of the same names for where neither runs a container.
# shellcheck disable=SC2154  # work, engine and the like belong to image.sh

# choose TAR BASE finds the first engine that truly runs a container, and gives it the file system TAR as the image BASE.
choose() {
  local why=()
  for engine in ${IMAGE_ENGINE:-docker podman buildah}; do
    command -v "$engine" >/dev/null || { why+=("$engine is not installed"); continue; }
    case $engine in
      docker) export DOCKER_BUILDKIT=1 ;;
      podman) private_storage && build_options=(--format docker) ;;
      buildah) private_storage && build_options=(--format docker --isolation chroot --layers) && source tests/fresh/buildah.sh ;;
    esac
    if import "$2" <"$1" >"$work/said" 2>&1 && tries "$2" >>"$work/said" 2>&1; then return; fi
    why+=("$engine runs no container here: $(tail -n 1 "$work/said")")
  done
  fail 'no container engine; on Debian: apt-get install docker.io, podman or buildah' "${why[@]}"
}

# private_storage keeps images, containers and volumes of podman and buildah in $work, with which they go.
private_storage() {
  export CONTAINERS_STORAGE_CONF=$work/storage.conf
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/images" "$work/running" >"$CONTAINERS_STORAGE_CONF"
  "$engine" info >/dev/null 2>&1 || sed -i s/overlay/vfs/ "$CONTAINERS_STORAGE_CONF"
}

import() { "$engine" import - "$1" 2>&1; }
tries() { "$engine" run --rm "$1" true; }

# build NAME DOCKERFILE CONTEXT [ARG=VALUE…] builds an image with the network of this machine.
build() {
  "$engine" build --network host "${build_options[@]}" "${handed[@]}" "${@:4:$#-3}" -f "$2" -t "$1" "$3" >"$work/build.log" 2>&1 ||
    { tail -n 60 "$work/build.log"; return 1; }
}

configuration() { "$engine" image inspect "$1"; }
health_command() {
  "$engine" image inspect --format "{{index .$([[ $engine == docker ]] && echo Config.Healthcheck || echo HealthCheck).Test 3}}" "$1"
}
megabytes() { echo $(($("$engine" image inspect --format '{{.Size}}' "$1") / 1000000)); }

# files IMAGE lists the files of an image.
files() {
  local id
  id=$("$engine" create "$1" none)
  "$engine" export "$id" | tar -t
  "$engine" rm "$id" >/dev/null 2>&1
}

# launch NAME IMAGE VOLUME HOME [COMMAND…] starts a container of which nothing can be written to but the home, which is the volume.
launch() {
  "$engine" run -d --name "$prefix-$1" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
    --env GOPROXY=off -p 127.0.0.1::8888 -v "$prefix-$3:$4" "$2" "${@:5}" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
}

said() { "$engine" logs "$prefix-$1" 2>&1; }
port() { "$engine" port "$prefix-$1" 8888 | sed -n 's/.*://p;q'; }
inside() { "$engine" exec "$prefix-$1" "${@:2}"; }

# outside NAME IMAGE SCRIPT [ARGUMENT…] runs a Python script, with the image's Python, in the network of this machine.
outside() {
  "$engine" run -i --rm --no-healthcheck --network host --entrypoint /opt/flatland/.tools/venv/bin/python "$2" -u - "${@:4}" <"$3"
}

# finish NAME ends a container as people do, and prints the status with which it ends: 137 if it has to be killed, after 20 s.
finish() {
  "$engine" stop -t 20 "$prefix-$1" >/dev/null 2>&1
  "$engine" inspect --format '{{.State.ExitCode}}' "$prefix-$1"
  "$engine" rm "$prefix-$1" >/dev/null 2>&1
}

# clean removes what is left.
clean() {
  local container volume
  for container in "${containers[@]}"; do "$engine" rm -f "$prefix-$container"; done
  for volume in "${volumes[@]}"; do "$engine" volume rm -f "$prefix-$volume"; done
  "$engine" rmi -f "${images[@]}"
  [[ $engine == docker ]] || "$engine" rmi -af # of the private storage
} >/dev/null 2>&1
