#!/usr/bin/env bash
# Builds the image of docker/Dockerfile and runs it: JupyterLab, as a user who is not root, in a container of which only the home can be written
# to, refuses who has no token and runs the quickstart for who has it. Then the same for a class (docker/class.sh) and for Binder.
#
# The engine is the first of docker, podman and buildah that runs a container here, or IMAGE_ENGINE. The base images are made by debootstrap
# and of this machine's Go, because no registry may be at hand; IMAGE_BASES=registry takes those that the Dockerfile names. What is built is a
# clone of HEAD: what is not committed is not tried. The log, with neither hosts nor paths of this machine in it, goes to docs/image-test.log.
# Needs root, debootstrap, about 12 GB in TMPDIR, podman-compose or docker-compose, and a Debian mirror as tests/fresh/run.sh does.
#
# shellcheck source-path=SCRIPTDIR/../..
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/fresh/machine.sh
source tests/fresh/log.sh
source tests/fresh/engine.sh

begin debootstrap unshare ip git go
clone=$work/clone prefix=flatland-test-$$ build_options=() handed=() bases=()
image=$prefix-image containers=(lab idle again binder) volumes=(lab idle binder) images=("$image" "$prefix-binder" "$prefix-go" "$prefix-debian" "$prefix-context")

# must WHAT COMMAND… fails unless the command does well; must not WHAT COMMAND… if it does.
must() {
  local wanted=0 what status=0
  [[ $1 != not ]] || { wanted=1 && shift; }
  what=$1
  shift
  "$@" >"$work/must" 2>&1 || status=1
  if ((status == wanted)); then printf 'ok    %s\n' "$what"; else printf 'FAIL  %s\n' "$what" && tail -n 20 "$work/must" && return 1; fi
}
contains() { grep -E "$1" "$2"; }
same() { printf '%s\n' "$@" && [[ $1 == "$2" ]]; }
lacks() { # FILE LIST…
  local file
  for file in "${@:2}"; do grep -qx "$file" "$1" || { echo "$file" && return; }; done
  return 1
}

# address NAME waits for the address that a server prints, and prints it with the port that this machine reaches it at.
address() {
  local found i
  for ((i = 0; i < 600; i++)); do
    found=$(said "$1" | grep -oE -m 1 'http://127\.0\.0\.1:[0-9]+/[^ ]*\?token=[0-9a-f]+') && break
    sleep 0.2
  done
  [[ $found ]] || { said "$1" >&2; return 1; }
  echo "$found" | sed -E "s#:[0-9]+/#:$(port "$1")/#"
}

make_bases() {
  debian "$work/debian" "$suite" "$mirror"
  mkdir "$work/handed"
  hand_over "$work/handed" "$suite" "$mirror" "$security"
  rm -rf "$work"/handed/{etc/hosts,etc/resolv.conf,usr/local} # engines see to the first two themselves; Debian would keep the certificates
  write_down "$work/handed"
  tar -C "$work/debian" -cf "$work/debian.tar" .
  choose "$work/debian.tar" "$prefix-debian"
  printf '%s, %s\n' "$("$engine" --version)" "$([[ $engine == buildah ]] && echo 'whose containers tests/fresh/buildah.sh imitates' || echo 'running containers')"
  # Files of this machine are there while commands run, and in no layer. Docker cannot do that: there the bases have them.
  local file
  if [[ $engine == docker ]]; then
    cp -a "$work/handed/." "$work/debian"
    tar -C "$work/debian" -cf "$work/debian.tar" .
    import "$prefix-debian" <"$work/debian.tar" >/dev/null
  else
    while IFS= read -r file; do handed+=(--volume "$work/handed/$file:/$file:ro"); done < <(cd "$work/handed" && find . -type f -printf '%P\n')
  fi
  rm "$work/debian.tar"
  golang "$work/debian"
  tar -C "$work/debian" -c . | import "$prefix-go" >/dev/null
  rm -rf "$work/debian"
  bases=(--build-arg "GO=$prefix-go" --build-arg "DEBIAN=$prefix-debian")
  printf 'bases: Debian %s (debootstrap --variant=minbase), %d MB, and the same with %s\n' "$suite" "$(megabytes "$prefix-debian")" "$(go env GOVERSION)"
}

# ignored plants what must not get into a build, and looks at what does.
ignored() {
  mkdir -p "$clone"/{.tools,build,notebooks/.ipynb_checkpoints}
  touch "$clone"/{.tools,build,notebooks/.ipynb_checkpoints}/ignored-by-docker
  printf 'FROM scratch\nCOPY . /\n' >"$work/context"
  build "$prefix-context" "$work/context" "$clone"
  files "$prefix-context" >"$work/files"
  must '.dockerignore lets the sources in' contains '^go\.mod$' "$work/files"
  must not '.dockerignore keeps out .git, .tools, build and checkpoints' contains '^\.git(/|$)|ignored-by-docker' "$work/files"
}

built() {
  local start=$SECONDS before=$1
  build "$image" "$clone/docker/Dockerfile" "$clone" "${bases[@]}"
  printf 'docker/Dockerfile: built in %d s, %d MB' $((SECONDS - start)) "$(megabytes "$image")"
  [[ -z $before ]] || printf ', %d MB more than its base' $(($(megabytes "$image") - $(megabytes "$before")))
  echo
  configuration "$image" >"$work/configuration"
  must 'it is not root' contains '"User": "1000"' "$work/configuration"
  must 'it is labelled' contains '"org.opencontainers.image.licenses": "Apache-2.0"' "$work/configuration"
  must 'the home is a volume' contains '"/home/flatland": \{\}' "$work/configuration"
  files "$image" >"$work/files"
  must not 'it lacks none of Go, the kernel, JupyterLab and the notebooks' lacks "$work/files" usr/local/go/bin/go opt/flatland/.tools/bin/gonb \
    opt/flatland/.tools/venv/bin/jupyter-lab opt/flatland/notebooks/01_quickstart.ipynb
  must not 'it has no npm, Node, C compiler, pip, git, caches, tests, lists of packages' contains \
    '(^|/)(npm|node|gcc|cc|pip[0-9.]*|git|staticcheck)$|/\.npm/|\.cache/(pip|go-build)/|_test\.go$|^root/go/|^go/|var/lib/apt/lists/.|var/cache/apt/.' "$work/files"
  must not 'it has nothing of how this machine reaches the network' carried
}

# carried tells whether a file that was handed in for the build came out with what is in it.
carried() {
  local file
  [[ $engine != docker ]] || return 1 # the base has them
  rm -rf "$work/carried" && mkdir "$work/carried"
  if [[ $engine == buildah ]]; then cp -a "$(mounted "$image")/." "$work/carried"; else
    "$engine" create --name "$prefix-carried" "$image" none >/dev/null
    "$engine" export "$prefix-carried" | tar -C "$work/carried" -x
    "$engine" rm "$prefix-carried" >/dev/null
  fi
  while IFS= read -r file; do
    [[ ! -s $work/carried/$file ]] || ! cmp -s "$work/handed/$file" "$work/carried/$file" || { echo "$file"; return 0; }
  done < <(cd "$work/handed" && find . -type f -printf '%P\n')
  return 1
}

served() {
  local url start=$SECONDS health
  health=$(health_command "$image")
  launch lab "$image" lab /home/flatland
  url=$(address lab)
  printf 'a container, read-only but for its home, no capabilities, no modules from the network: serves after %d s\n' $((SECONDS - start))
  must 'its user is not root' same "$(inside lab id -u)" 1000
  must 'its root is read-only' inside lab grep -E '^[^ ]+ / [^ ]+ ro[, ]' /proc/mounts
  must not 'only the home can be written to' inside lab sh -c 'touch /opt/flatland/x || touch /etc/x || touch /usr/x'
  must 'its health check passes' inside lab python3 -c "$health"
  outside lab "$image" tests/fresh/ask.py "$url" anywhere
  outside lab "$image" tests/fresh/execute.py "$url" 01_quickstart.ipynb
  inside lab sh -c 'echo "{}" >/home/flatland/notebooks/mine.txt; du -sm /home/flatland' | awk '{ print "its home has", $1, "MB" }'
  start=$SECONDS
  must 'told to stop, it ends with status 0' same "$(finish lab)" 0
  printf 'ended within %d s\n' $((SECONDS - start + 1))

  launch idle "$image" idle /home/flatland sleep 600
  sleep 5
  must not 'its health check fails where nothing is served' inside idle python3 -c "$health"
  finish idle >/dev/null

  start=$SECONDS
  launch again "$image" lab /home/flatland
  url=$(address again)
  printf 'another container on the same volume: serves after %d s\n' $((SECONDS - start))
  must 'it has the files of the first' inside again test -e /home/flatland/notebooks/mine.txt
  must 'told to stop, it ends with status 0' same "$(finish again)" 0
}

# class starts two students by compose; each has a token that does not open the other's door.
class() {
  local compose name addresses start=$SECONDS
  case $engine in
    docker) if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi ;;
    podman) compose=(podman-compose) ;;
    buildah) echo 'docker/class.sh: not tried, for no compose tool works with buildah' && return ;;
  esac
  command -v "${compose[0]}" >/dev/null || { echo "${compose[*]} is missing; on Debian: apt-get install ${compose[0]}"; return 1; }
  must not 'docker/class.sh refuses a name that is none' "$clone/docker/class.sh" "$work/class" 'Ada L.'
  CLASS_PORT=$((20000 + RANDOM % 10000)) "$clone/docker/class.sh" "$work/class" 2 >"$work/first"
  mapfile -t addresses < <(CLASS_PORT=1 "$clone/docker/class.sh" "$work/class" student001 student002 | cut -d ' ' -f 2)
  must 'docker/class.sh keeps ports and tokens' same "${addresses[*]}" "$(cut -d ' ' -f 2 "$work/first" | paste -sd ' ')"
  if command -v docker-compose >/dev/null; then must 'its file is valid by the schema of compose' docker-compose -f "$work/class/compose.yaml" config -q; fi
  compose+=(-p "${prefix//-/}" -f "$work/class/compose.yaml")
  export FLATLAND_IMAGE=$image
  [[ $engine != podman ]] || FLATLAND_IMAGE=localhost/$image
  trap '"${compose[@]}" down -v >/dev/null 2>&1 || true' RETURN
  "${compose[@]}" up -d >"$work/said" 2>&1 || { tail -n 20 "$work/said"; return 1; }
  local ready=0 i
  for ((i = 0; i < 100; i++)); do
    ready=0
    for name in "${addresses[@]}"; do ! answers "$name" 200 || ready=$((ready + 1)); done
    ((ready < 2)) || break
    sleep 0.5
  done
  ((ready == 2)) || { echo 'a class does not serve:' && cat "$work/said" && return 1; }
  printf 'a class of two by %s: both serve after %d s\n' "${compose[0]}" $((SECONDS - start))
  must 'the token of one does not open the other' answers "${addresses[0]%=*}=${addresses[1]##*=}" 403
  must 'nor the other way round' answers "${addresses[1]%=*}=${addresses[0]##*=}" 403
  outside lab "$image" tests/fresh/execute.py "${addresses[1]}" 01_quickstart.ipynb
  "${compose[@]}" down -v >"$work/said" 2>&1 || { tail -n 20 "$work/said"; return 1; }
  must not 'and is gone when told so' answers "${addresses[0]}" 200
}

# answers ADDRESS STATUS tells whether the server's files are answered so to the token of an address.
answers() {
  local base=${1%%/lab*} token=${1##*=}
  [[ $(outside lab "$image" <(echo "import sys, urllib.request as u, urllib.error as e
try: print(u.build_opener(u.ProxyHandler({})).open(u.Request(sys.argv[1], headers={'Authorization': 'token ' + sys.argv[2]}), timeout=9).status)
except e.HTTPError as r: print(r.code)
except OSError: print(0)") "$base/api/contents" "$token" 2>/dev/null) == "$2" ]]
}

# binder builds and starts as mybinder.org does: a user of its own, the repository as context, a command instead of the image's.
binder() {
  local start=$SECONDS url
  must 'binder/Dockerfile is docker/Dockerfile' cmp "$clone/docker/Dockerfile" "$clone/binder/Dockerfile"
  build "$prefix-binder" "$clone/binder/Dockerfile" "$clone" "${bases[@]}" --build-arg NB_USER=jovyan --build-arg NB_UID=1000
  printf 'binder/Dockerfile with NB_USER=jovyan NB_UID=1000: built in %d s\n' $((SECONDS - start))
  launch binder "$prefix-binder" binder /home/jovyan jupyter-lab --ip=0.0.0.0 --port=8888 --no-browser
  url=$(address binder)
  must 'it runs as jovyan' same "$(inside binder whoami)" jovyan
  outside binder "$prefix-binder" tests/fresh/execute.py "$url" notebooks/01_quickstart.ipynb
  must 'told to stop, it ends with status 0' same "$(finish binder)" 0
}

image() {
  beginning
  git clone --quiet -c advice.detachedHead=false "file://$PWD" "$clone"
  trap clean EXIT
  make_bases
  local base=$prefix-debian
  [[ ${IMAGE_BASES:-} != registry ]] || { bases=() base='' && echo 'but the bases are those that the Dockerfile names'; }
  printf '\n== Building\n'
  ignored
  built "$base"
  printf '\n== Running\n'
  served
  printf '\n== A class\n'
  class
  printf '\n== Binder\n'
  binder
  printf '\npassed\n'
}

logged docs/image-test.log image
