#!/usr/bin/env bash
# Runs stages of the test suite, each within its budget, and ends with a table of what they took.
#
#   tests/run/stages.sh [stage…]        (default: all, in the order of the table below)
#
# A stage that runs over its budget is ended and has failed. A stage that fails does not keep the later ones from running,
# except that nothing runs after a failed set-up. The exit status is 0 when every stage passed.
#
# shellcheck disable=SC2317  # stages are called by name
# shellcheck disable=SC2046,SC2048,SC2086  # lists of packages and components are meant to split into words
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
root=$PWD

# Checks that are skipped on a bare machine fail here.
export FLATLAND_STRICT=1

# Budgets in seconds on two cores, compilation included, and the components of docker/setup.sh that each stage uses.
order=(setup lint unit promises race notebooks browser lab)
declare -A budget=([setup]=600 [lint]=300 [unit]=420 [promises]=360 [race]=420 [notebooks]=1500 [browser]=600 [lab]=300)
declare -A needs=([lint]="lint course" [unit]=notebooks [promises]="" [race]="notebooks build" [notebooks]="notebooks course" [browser]="notebooks browser" [lab]="lab browser")

# The packages that unit tests and the race pass cover: all but those that drive a kernel or a browser.
packages() { go list ./... | grep -vE '/tests/(notebooks|browser|lab)$'; }

# test_within STAGE ARGUMENT… runs go test, which ends a test that hangs, and shows where, just before the stage would be ended.
# vet is the lint stage's.
test_within() {
  local seconds=$((budget[$1] - 20))
  shift
  go test -vet=off -timeout "${seconds}s" "$@"
}

stage_setup() { docker/setup.sh $(printf '%s\n' ${needs[*]} | sort -u); }

stage_lint() {
  local status=0 unformatted
  unformatted=$(own_files '*.go' | xargs -r0 gofmt -l) || status=1
  [[ -z $unformatted ]] || { printf 'not formatted by gofmt:\n%s\n' "$unformatted"; status=1; }
  while read -rd '' modfile; do
    [[ $modfile == */testdata/* ]] || (cd "$(dirname "$modfile")" && check_module) || status=1
  done < <(own_files go.mod)
  check_assembly || status=1
  tests/run/api_test.sh .tools/bin/apidiff || status=1
  tests/run/api.sh .tools/bin/apidiff || status=1
  .tools/bin/actionlint .github/workflows/*.yml docs/course/.github/workflows/*.yml || status=1
  GOOS=darwin GOARCH=arm64 go build ./... || status=1
  test_within lint ./tests ./tests/lint || status=1
  while read -rd '' script; do
    bash -n "$script" || status=1
  done < <(own_files '*.sh'; printf '.ci/run\0')
  return $status
}
# check_module runs vet and staticcheck in the module of the working directory. Modules that only pin tools have no packages.
check_module() {
  local status=0 packages
  packages=$(go list ./...) || return
  [[ -n $packages ]] || return 0
  go vet ./... || status=1
  "$root/.tools/bin/staticcheck" ./... || status=1
  return $status
}
# check_assembly generates the assembly of internal/kernel once more, elsewhere: it must be what is here, byte for byte.
check_assembly() {
  local fresh status=0
  fresh=$(mktemp -d) || return
  go -C internal/kernel/asm run . "$fresh" || status=1
  for file in internal/kernel/assembly_*; do
    cmp "$file" "$fresh/${file##*/}" || status=1
  done
  rm -r "$fresh"
  return $status
}
# own_files PATTERN prints this project's files of that name, tracked or not yet, each ended by a zero byte.
own_files() {
  find . \( -path ./.git -o -path ./.tools -o -path ./build -o -name node_modules \) -prune -o -type f -name "$1" -print0
}

# What stands on the kernels is tested on both of their paths. Readers whose libraries are heavy are modules of their own.
stage_unit() {
  local status=0 modfile
  test_within unit $(packages | grep -v /tests/conformance) || status=1
  while read -rd '' modfile; do
    [[ $modfile != ./pkg/* ]] || (cd "${modfile%/*}" && test_within unit ./...) || status=1
  done < <(own_files go.mod)
  test_within unit -tags purego -short ./internal/kernel ./internal/linalg ./internal/screen || status=1
  return $status
}
# What every method promises is tried here, method by method; the hashes on both paths. Two processes share the methods, for
# much of it, on few rows, keeps one core busy.
stage_promises() {
  local status=0 half='^TestPromises$/^(affinity|dr)[.]'
  test_within promises -run "$half" ./tests/conformance &
  test_within promises -skip "$half" ./tests/conformance || status=1
  wait $! || status=1
  test_within promises -tags purego -run '^TestHashes' ./tests/conformance || status=1
  return $status
}
# Examples and the seeds of fuzz tests go where tests go with more goroutines, and what reads the house's files has none.
stage_race() { test_within race -race -short -skip '^(Example|Fuzz)' ./internal/... ./pkg/... ./tests/conformance ./tests/bench; }

# The test cache cannot see the kernels, browsers and pages that these depend on.
stage_notebooks() { test_within notebooks -count=1 ./tests/notebooks; }
stage_browser() { test_within browser -count=1 ./tests/browser; }
stage_lab() { test_within lab -count=1 ./tests/lab; }

# One stage by itself, in the process group that the time limit ends.
if [[ ${1:-} == --only ]]; then
  [[ -z ${needs[$2]:-} ]] || docker/setup.sh ${needs[$2]} || exit
  "stage_$2"
  exit
fi

(($#)) || set -- "${order[@]}"
for stage; do
  [[ -n ${budget[$stage]:-} ]] || { echo "no stage is called \"$stage\"; there are: ${order[*]}" >&2; exit 2; }
done

# With job control each stage is a process group of its own, which Ctrl-C here must be passed on to.
set -m
child=
trap '[[ -z $child ]] || kill -- "-$child" 2>/dev/null; exit 130' INT TERM

rows=() failed=0
for stage; do
  printf '\n== %s\n' "$stage"
  start=$SECONDS
  timeout --kill-after=10 "${budget[$stage]}" "${BASH_SOURCE[0]}" --only "$stage" &
  child=$!
  wait "$child"
  status=$? took=$((SECONDS - start)) child=
  if ((status == 0)); then
    result=passed
  else
    ((took < budget[$stage])) && result=FAILED || result='OVER BUDGET'
    failed=1
  fi
  rows+=("$(printf '%-10s %5d s %7d s  %s' "$stage" $took "${budget[$stage]}" "$result")")
  [[ $stage != setup || $status == 0 ]] || break
done

printf '\n%-10s %7s %9s\n' stage took budget
printf '%s\n' "${rows[@]}"
exit $failed
