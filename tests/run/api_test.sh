#!/usr/bin/env bash
# Tries api.sh on a repository of its own, in which changes of each kind are planted: tests/run/api_test.sh APIDIFF
set -euo pipefail
apidiff=$(realpath "$1")
api=$(realpath "$(dirname "${BASH_SOURCE[0]}")/api.sh")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GOWORK=off
git init --quiet .
commit() { git add --all && git -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false commit --quiet -m "$1"; }

# expect STATUS WORDS… runs api.sh on the scratch repository, which must end so and say so.
failed=0
expect() {
  local status=0 said
  said=$("$api" "$apidiff" "$scratch" 2>&1) || status=1
  if [[ $status != "$1" || $said != *"$2"* ]]; then
    printf 'api_test: line %s: got status %s and\n%s\nwant status %s and "%s"\n' "${BASH_LINENO[0]}" "$status" "$said" "$1" "$2"
    failed=1
  fi
}

mkdir -p pkg/room pkg/annex internal/tool
printf 'module example.org/house\n\ngo 1.26\n' >go.mod
printf '# Changelog\n\n## Unreleased\n' >CHANGELOG.md
printf 'package annex\n\nfunc Open() {}\n' >pkg/annex/annex.go
printf 'package tool\n\nfunc Used() {}\n' >internal/tool/tool.go
cat >pkg/room/room.go <<'END'
package room

type Room struct{ Width int }

func (r *Room) Area(height int) int { return r.Width * height }

func Paint(color string) {}
END
commit first
expect 0 'no version tag yet'

git tag v0.1.0
expect 1 'no heading "## v0.1.0"'
printf '# Changelog\n\n## Unreleased\n\n## v0.1.0\n\n### Incompatible\n\n* `room.Paint` is old news.\n' >CHANGELOG.md
expect 0 'CHANGELOG.md: 0'

# What is added breaks nobody.
printf '\nfunc Sweep() {}\n' >>pkg/room/room.go
sed -i 's/{ Width int }/{ Width, Depth int }/' pkg/room/room.go
expect 0 'CHANGELOG.md: 0'

# Nobody imports what is internal.
rm -r internal/tool
expect 0 'CHANGELOG.md: 0'

# A parameter changes its type, and that of an older version being listed does not excuse it.
sed -i 's/color string/color int/' pkg/room/room.go
expect 1 '`room.Paint`: changed from func(string) to func(int)'

# A method and a package go as well: all are told.
sed -i 's/Area(height int)/Area()/; s/ \* height//' pkg/room/room.go
rm -r pkg/annex
expect 1 '`room.Room.Area`: changed'
expect 1 '`pkg/annex`: removed'

# A word under another heading is no list; a list of some leaves the others.
printf '# Changelog\n\n## Unreleased\n\n### Incompatible\n\n* `room.Paint` takes a number.\n\n### Added\n\n* `room.Room.Area`, `pkg/annex`\n\n## v0.1.0\n' >CHANGELOG.md
expect 1 '`room.Room.Area`: changed'
expect 1 '`pkg/annex`: removed'
sed -i 's/takes a number/takes a number, `room.Room.Area` needs none, and `pkg\/annex` is gone/' CHANGELOG.md
expect 0 'CHANGELOG.md: 3'

# What does not compile cannot be compared.
printf 'package room\n\nvar x int = "no number"\n' >pkg/room/broken.go
expect 1 'broken.go'

((failed)) || echo 'api.sh tells incompatible changes from others'
exit $failed
