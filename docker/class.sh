#!/usr/bin/env bash
# Writes a compose file for a class, one JupyterLab for each student: docker/class.sh FOLDER NUMBER, or docker/class.sh FOLDER NAME…
#
#   docker/class.sh build/class ada emmy sofia
#   docker compose -f build/class/compose.yaml up -d
#
# Each student has a port, a token and a volume of their own, and an address that this prints. FOLDER/class.txt holds the list (name, port,
# token); whoever is in it keeps all three when this is run again with more names, and is let go by deleting the line.
# Ports count from CLASS_PORT (8801) and are open to CLASS_ADDRESS: 127.0.0.1, where a web server of yours passes them on by HTTPS, or
# 0.0.0.0 for all of a network that you trust with what students type. CLASS_HOST is what the addresses name it (CLASS_ADDRESS).
# What is the same for all of them is in student.yaml.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
umask 077 # the tokens

fail() { printf 'class: %s\n' "$@" >&2; exit 1; }
(($# > 1)) || fail 'which folder, and how many students or which? docker/class.sh FOLDER NUMBER, or docker/class.sh FOLDER NAME…'
folder=$1 names=("${@:2}")
address=${CLASS_ADDRESS:-127.0.0.1} first=${CLASS_PORT:-8801}
[[ $first =~ ^[0-9]{1,5}$ && $first -gt 0 ]] || fail "CLASS_PORT is \"$first\", want a number"
if [[ ${#names[@]} == 1 && ${names[0]} =~ ^[0-9]+$ ]]; then
  ((10#${names[0]} >= 1 && 10#${names[0]} <= 500)) || fail "${names[0]} students; want 1 to 500"
  mapfile -t names < <(seq -f 'student%03g' "$((10#${names[0]}))")
fi
for name in "${names[@]}"; do
  [[ $name =~ ^[a-z][a-z0-9-]{0,30}$ ]] || fail "\"$name\" cannot be the name of a volume: want a to z, digits and hyphens, at most 31, a letter first"
done

mkdir -p "$folder"
list=$folder/class.txt
touch "$list"
for name in "${names[@]}"; do
  ! grep -q "^$name " "$list" || continue
  port=$(awk -v first="$first" 'BEGIN { next_ = first } $2 >= next_ { next_ = $2 + 1 } END { print next_ }' "$list")
  ((port < 65536)) || fail "no port is left for $name"
  printf '%s %d %s\n' "$name" "$port" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>"$list"
done

{
  echo "# Written by docker/class.sh from class.txt."
  echo 'services:'
  while read -r name port token; do
    cat <<-YAML
	  $name:
	    extends: {file: "$here/student.yaml", service: student}
	    ports: ["$address:$port:8888"]
	    environment: {JUPYTER_TOKEN: "$token"}
	    volumes: ["$name:/home/flatland"]
	YAML
  done <"$list"
  echo 'volumes:'
  awk '{ print "  " $1 ": {}" }' "$list"
} >"$folder/compose.yaml"
awk -v host="${CLASS_HOST:-$address}" '{ print $1, "http://" host ":" $2 "/lab/tree/01_quickstart.ipynb?token=" $3 }' "$list"
