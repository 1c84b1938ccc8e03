# shellcheck shell=bash
# Logs that may be committed, for the scripts of this folder that source this file after machine.sh.

# scrub SCRIPT takes hosts, tokens and paths of this machine out of what it reads. It keeps its rules in the file SCRIPT.
scrub() {
  private_names | sort -u | awk 'length > 3 && !/^(localhost|127\.|off$|direct$)/ { gsub(/[.]/, "[.]"); print "s#" $0 "#(host)#g" }' >"$1"
  cat >>"$1" <<-SED
	s#$work#(work)#g
	s#$PWD#(repository)#g
	s#token=[0-9a-f]+#token=…#g
	s#(https?://)(127[.]0[.]0[.]1|localhost)([:/])#\1\n\2\3#g
	s#(https?://)[a-zA-Z0-9][^/ ]*#\1(host)#g
	s#\n##g
	SED
  sed -u -E -f "$1"
}

# clocked puts before every line the minutes and seconds since the beginning of the run.
clocked() {
  local line
  while IFS= read -r line; do printf '%2d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$line"; done
}

# logged LOG COMMAND… runs a function of the script, shows what it says, and writes that to the file LOG.
logged() {
  local log=$1 status
  shift
  set +e
  (set -e; "$@") 2>&1 | scrub "$work/scrub" | clocked | tee "$work/log"
  status=${PIPESTATUS[0]}
  set -e
  ((!status)) || echo FAILED | tee -a "$work/log"
  install -m 644 "$work/log" "$log"
  return "$status"
}

# beginning prints what is tried, and on what.
beginning() {
  printf 'Flatland %s, %s, on %s processors of %s\n' "$(git rev-parse --short HEAD)" "$(date -u +%Y-%m-%d)" "$(nproc)" "$(uname -m)"
}
