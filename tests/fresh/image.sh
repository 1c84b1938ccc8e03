# shellcheck shell=bash
# Carries out docker/Dockerfile in a fresh machine, for tests/fresh/run.sh, which sources this file: what can be known of an image where
# no container engine runs. It understands the instructions that this Dockerfile uses and fails on any other.

# carry_out MACHINE CLONE takes the machine as the base image.
# shellcheck disable=SC2086  # the words of an instruction
carry_out() {
  local machine=$1 clone=$2 line word rest user=root home=/root folder=/ as=()
  while IFS= read -r line; do
    word=${line%% *} rest=${line#* }
    case $word in
      ARG | FROM | EXPOSE) ;; # the base is the machine, and its ports are this machine's
      USER) user=$rest home=/home/$rest as=(setpriv "--reuid=$rest" "--regid=$rest" --init-groups) ;;
      WORKDIR) folder=$rest && mkdir -p "$machine$folder" ;;
      COPY) copy "$machine" "$clone" "$folder" $rest ;;
      RUN)
        printf '\n(%s) RUN %s\n' "$user" "$rest"
        enter "$machine" "HOME=$home" "${as[@]}" /bin/sh -c "cd '$folder' && $rest" || return
        ;;
      CMD)
        printf '\n(%s, no network) CMD %s\n' "$user" "$rest"
        rest=${rest//[\[\],\"]/}
        FRESH_NETWORK=none enter "$machine" "HOME=$home" "${as[@]}" /bin/sh -c "cd '$folder' && exec tests/fresh/serve.sh $rest" || return
        ;;
      *) fail "docker/Dockerfile: tests/fresh/image.sh does not know $word" ;;
    esac
  done < <(sed -E '/^ *#/d; /^ *$/d' "$clone/docker/Dockerfile" | sed -E ':join; /\\$/{N; s/ *\\\n */ /; b join}')
}

# copy MACHINE CLONE FOLDER --chown=OWNER SOURCE… TARGET does as COPY does: files into the target, of folders what they hold.
copy() {
  local machine=$1 clone=$2 folder=$3 owner=${4#--chown=} target source
  local sources=("${@:5:$#-5}")
  target=$folder/${!#}
  printf '\nCOPY %s\n' "${*:4}"
  for source in "${sources[@]}"; do
    mkdir -p "$machine$target"
    if [[ -d $clone/$source ]]; then
      tar -C "$clone/$source" --exclude=./.git -c . | tar -C "$machine$target" -x --no-same-owner
      (cd "$clone/$source" && find . -mindepth 1 -not -path './.git*' -print0)
    else
      cp "$clone/$source" "$machine$target/"
      printf '%s\0' "$source"
    fi | chroot "$machine" sh -c "cd '$target' && chown '$owner' . && xargs -0 chown -h '$owner'"
  done
}
