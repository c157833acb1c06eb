# shellcheck shell=bash
# Sourced by build.sh and base/make.sh: one way to build an image with whichever engine and client there is.

# Without buildx a client below 23 reaches the engine's own BuildKit only when told to; a newer one has only the classic
# builder left and warns about it, and keeps the container of a failed step unless told not to.
choose_builder() {
  local runtime=$1 major
  builder_flags=()
  export BUILDKIT_PROGRESS=plain
  [ "$runtime" = docker ] && [ -z "${DOCKER_BUILDKIT:-}" ] || return 0
  if docker buildx version >/dev/null 2>&1; then return 0; fi
  major=$(docker version --format '{{.Client.Version}}' 2>/dev/null | cut -d. -f1)
  if [ "${major:-0}" -lt 23 ] 2>/dev/null; then
    export DOCKER_BUILDKIT=1
  else
    export DOCKER_BUILDKIT=0
    builder_flags=(--force-rm)
  fi
}

# run_build PREFIX LOG RUNTIME ARGUMENTS...: the whole output goes to LOG, one line per step to the terminal.
run_build() {
  local prefix=$1 log=$2 runtime=$3
  shift 3
  "$runtime" build ${builder_flags[@]+"${builder_flags[@]}"} "$@" 2>&1 | tee "$log" | if [ -n "${VERBOSE:-}" ]; then cat; else steps "$prefix"; fi
}

steps() {
  # mawk, the awk of Debian and Ubuntu, shows nothing before it has read 4 kB, unless told to.
  local reader=(awk)
  case $(awk -W version 2>/dev/null </dev/null || true) in mawk*) reader=(awk -W interactive) ;; esac
  "${reader[@]}" -v prefix="$1" '
    { line = $0; text = "" }
    line ~ /^(Step [0-9]+\/[0-9]+ : |(\[[0-9]+\/[0-9]+\] )?STEP [0-9]+\/[0-9]+: )/ { sub(/^[^:]*: /, "", line); text = line }
    line ~ /^#[0-9]+ \[[^]]*\] (RUN|COPY|ADD|FROM) ?/ && line !~ /internal\]/ { sub(/^[^]]*\] /, "", line); text = line }
    text != "" && text !~ /^(ARG|ENV|LABEL|USER|WORKDIR|CMD|ENTRYPOINT|FROM)/ && !(seen[text]++) {
      if (length(text) > 88) text = substr(text, 1, 85) "..."
      print prefix " " text
      fflush()
    }'
}
