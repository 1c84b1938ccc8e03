#!/usr/bin/env bash
# Installs whatever Flatland still lacks on this machine, in the versions pinned beside this file.
#
#   docker/setup.sh [--packages] [component…]        (default: notebooks)
#
#   notebooks  the GoNB kernel, Jupyter and the chart library: all a notebook needs to run
#   browser    headless Chromium and its driver, for the browser tests
#   lab        notebooks, and gopls for completion in JupyterLab
#   lint       staticcheck, apidiff and actionlint
#   build      make, and the C compiler that go test -race links with
#   course     the Go modules of docs/course, which a test copies and runs
#   peers      the Python libraries that the goldens and benchmarks compare with
#   all        everything above
#
# Everything but Debian packages goes into .tools at the repository root; deleting that folder undoes it. Debian packages
# are installed when this runs as root; otherwise the command that installs them is printed, and nothing is changed.
# With --packages only they are installed, so that the rest can be done as another user.
# A second run does nothing, in well under a second: each step leaves a stamp with the hash of the pins it installed.
# Details of the last installation are in .tools/setup.log.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
tools=$root/.tools
log=$tools/setup.log
packages=() # Debian packages found missing

all=(notebooks browser lab lint build course peers)
# What each component consists of: requirements of the system first, then steps.
declare -A parts=(
  [notebooks]="go python node gonb jupyter charts modules"
  [browser]="node driver chromium fonts charts"
  [lab]="go python node gonb jupyter charts modules gopls"
  [lint]="go staticcheck apidiff actionlint"
  [build]="make compiler"
  [course]="go course"
  [peers]="python headers peers"
)

usage() { sed -n '2,/^set /{/^# \{0,1\}/!d; s///; p}' "${BASH_SOURCE[0]}"; }
fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- Requirements of the system: each adds the Debian packages that would satisfy it to $packages. ----

require_go() {
  local version
  # Asked inside the module, so that an older Go which fetches newer toolchains by itself answers with the newer one.
  version=$(cd "$root" && go env GOVERSION 2>/dev/null) || version=
  [[ $version =~ ^go1\.([0-9]+) && ${BASH_REMATCH[1]} -ge 26 ]] && return
  fail "Go 1.26 or newer is needed; found ${version:-none that can build this module}." \
    "Get it from https://go.dev/dl, put its bin folder on PATH, then start again."
}

# The first Python of 3.10 or newer that can make a virtual environment.
find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    if have "$name" && "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}
require_python() {
  fresh jupyter || find_python >/dev/null || packages+=(python3 python3-venv)
}
# Some libraries to compare with are compiled here.
require_headers() {
  local python include
  have g++ || packages+=(g++)
  python=$(find_python) || return 0
  include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  [[ -e $include/Python.h ]] || packages+=(python3-dev)
}
require_node() {
  have node || packages+=(nodejs)
  have npm || packages+=(npm)
}
# playwright-core refuses to run on an older Node.
require_driver() {
  local version
  ! have node || version=$(node --version)
  [[ ! ${version:-} =~ ^v([0-9]+) || ${BASH_REMATCH[1]} -ge 20 ]] ||
    fail "the browser tests need Node 20 or newer; found $version." "Get it from https://nodejs.org, then start again."
}
require_chromium() {
  have chromium || have chromium-browser || have google-chrome || packages+=(chromium)
}
# Without a single font Chromium draws no text at all.
require_fonts() {
  [[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ]] || { have fc-list && fc-list : family | grep -q .; } ||
    packages+=(fonts-dejavu-core)
}
require_make() { have make || packages+=(make); }
require_compiler() { have gcc || have clang || packages+=(gcc libc6-dev); }

require() {
  local part
  for part; do
    ! declare -F "require_$part" >/dev/null || "require_$part"
  done
}

install_packages() {
  local command=(apt-get install -y --no-install-recommends "${packages[@]}")
  have apt-get || fail "not a Debian or Ubuntu system; install what these Debian packages hold: ${packages[*]}"
  ((EUID == 0)) || fail "these Debian packages are missing: ${packages[*]}" \
    "Run this, then start again:" "  sudo apt-get update && sudo ${command[*]}"
  export DEBIAN_FRONTEND=noninteractive
  run "Debian packages ${packages[*]}" apt_install "${command[@]}"
}
apt_install() { apt-get update && "$@"; }

# ---- Steps: <name>_install does it, <name>_inputs prints all that its result depends on, and <name>_works, where there is one,
# tells whether what was installed is still of use. ----

declare -A title=(
  [gonb]="GoNB kernel and goimports"
  [gopls]="gopls"
  [staticcheck]="staticcheck"
  [apidiff]="apidiff"
  [actionlint]="actionlint"
  [jupyter]="Jupyter"
  [charts]="ECharts and the driver of the browser tests"
  [modules]="Go modules of the library"
  [course]="Go modules of a course"
  [peers]="Python libraries to compare with"
)
# A file in .tools that each step makes.
declare -A product=(
  [gonb]=bin/gonb
  [gopls]=bin/gopls
  [staticcheck]=bin/staticcheck
  [apidiff]=bin/apidiff
  [actionlint]=bin/actionlint
  [jupyter]=venv/bin/jupyter
  [charts]=node_modules/echarts/package.json
  [modules]=bin
  [course]=bin
  [peers]=peers/bin/python
)

gonb_inputs() { go_inputs tools; }
gonb_install() { go_tools tools; }
gopls_inputs() { go_inputs tools/gopls; }
gopls_install() { go_tools tools/gopls; }
staticcheck_inputs() { go_inputs tools/staticcheck; }
staticcheck_install() { go_tools tools/staticcheck; }
apidiff_inputs() { go_inputs tools/apidiff; }
apidiff_install() { go_tools tools/apidiff; }
actionlint_inputs() { go_inputs tools/actionlint; }
actionlint_install() { go_tools tools/actionlint; }

# go_tools MODULE builds the tools that a module's tool directives name. (go install package@version would ask for the
# list of all versions, which some module proxies do not serve.)
go_tools() {
  (cd "$here/$1" && GOWORK=off GOBIN=$tools/bin go install -mod=readonly -trimpath -ldflags='-s -w' tool)
}
# Tools that read Go code must be as new as the compiler they were built with.
go_inputs() { go env GOVERSION && cat "$here/$1"/go.{mod,sum}; }

# Scripts in a virtual environment begin with its absolute path: a moved checkout needs a new one.
jupyter_inputs() { echo "$tools" && cat "$here/requirements.txt"; }
jupyter_install() {
  local python
  python=$(find_python)
  rm -rf "$tools/venv"
  "$python" -m venv "$tools/venv"
  "$tools/venv/bin/python" -m pip install --no-input --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
}
# An upgrade of the system's Python can leave an environment that no longer starts.
jupyter_works() { "$tools/venv/bin/python" -c '' 2>/dev/null; }

charts_inputs() { cat "$here"/package{,-lock}.json; }
charts_install() {
  cp "$here"/package{,-lock}.json "$tools/"
  (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund)
}

# Kernels run cells with the network cut, so the library's own requirements must be there beforehand.
modules_inputs() { go env GOMODCACHE && cat "$root"/go.*; }
modules_install() { (cd "$root" && GOWORK=off go mod download); }
modules_works() { [[ -d $(go env GOMODCACHE)/cache/download ]]; }

course_inputs() { go env GOMODCACHE && cat "$root"/docs/course/go.*; }
course_install() { (cd "$root/docs/course" && GOWORK=off go mod download); }
course_works() { modules_works; }

peers_inputs() { echo "$tools" && cat "$root"/tests/peers/{setup.sh,requirements.txt,sources.txt}; }
peers_install() { "$root/tests/peers/setup.sh"; }

# ---- The machinery ----

digest() { "$1_inputs" | sha256sum; }

# fresh STEP tells whether the step was done with the inputs of now, and what it made is still there.
fresh() {
  [[ -e $tools/${product[$1]} && -e $tools/stamps/$1 && $(<"$tools/stamps/$1") == "$(digest "$1")" ]] &&
    { ! declare -F "$1_works" >/dev/null || "$1_works"; }
}

# run WHAT COMMAND… says what is being done and how long it took; the command's own words go to the log.
run() {
  local what=$1 start=$SECONDS
  shift
  printf '%s … ' "$what"
  [[ -n ${logging:-} ]] || : >"$log"
  logging=yes
  printf '\n== %s\n' "$what" >>"$log"
  # Neither in an "if" nor before "||", both of which switch off set -e inside of the command. The lock (9) is not for daemons
  # that a command may leave behind.
  set +e
  (set -e; "$@") >>"$log" 2>&1 </dev/null 9>&-
  local status=$?
  set -e
  if ((status)); then
    printf 'failed after %d s\n' $((SECONDS - start))
    tail -n 30 "$log" >&2
    fail "the step \"$what\" failed; all of it is in $log"
  fi
  printf '%d s\n' $((SECONDS - start))
}

main() {
  local component part packages_only='' components=() wanted=()
  local -A seen=()
  for component; do
    case $component in
      -h | --help) usage; return ;;
      --packages) packages_only=yes ;;
      all) components+=("${all[@]}") ;;
      *)
        [[ -n ${parts[$component]:-} ]] || fail "no component is called \"$component\"; there are: ${all[*]} all"
        components+=("$component")
        ;;
    esac
  done
  ((${#components[@]})) || components=(notebooks)
  for component in "${components[@]}"; do
    for part in ${parts[$component]}; do
      [[ -n ${seen[$part]:-} ]] || wanted+=("$part")
      seen[$part]=yes
    done
  done

  mkdir -p "$tools/bin" "$tools/stamps"
  # Two set-ups at once would build into the same folder: the second waits, then finds all of it done.
  if have flock; then
    exec 9>"$tools/lock"
    flock 9
  fi

  require "${wanted[@]}"
  if ((${#packages[@]})); then
    install_packages
    packages=()
    require "${wanted[@]}" # what Debian has may be too old
    ((!${#packages[@]})) || fail "installed, and still not of use: ${packages[*]}"
  fi
  [[ -z $packages_only ]] || return 0

  for part in "${wanted[@]}"; do
    if declare -F "${part}_install" >/dev/null && ! fresh "$part"; then
      run "${title[$part]}" "${part}_install"
      digest "$part" >"$tools/stamps/$part"
    fi
  done
}

main "$@"
