#!/usr/bin/env bash
# Builds the agent image. A hash of what goes into it is its label, so that a stale image can be told from a fresh one.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=container/base/builder.sh
. "$root/container/base/builder.sh"
packaged_base=nanoclaw-base:bookworm-node22

usage() {
  cat <<'TEXT'
usage: container/build.sh [TAG] [--check | --hash] [--force] [--from-packages] [--verbose]

  TAG              builds nanoclaw-agent:TAG; without it CONTAINER_IMAGE, else nanoclaw-agent:latest
  --check          builds nothing: exit 0 the image is fresh, 3 missing, 4 stale, 1 the engine does not answer
  --hash           prints the hash of the sources
  --force          builds even when the image is fresh
  --from-packages  makes the base image from Debian packages, without an image registry
  --verbose        shows the builder's whole output

  CONTAINER_RUNTIME  docker (default), podman or container
  BASE_IMAGE         an image with Node 22, npm, apt and a user node (1000:1000)
TEXT
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'container/build.sh: %s\n' "$*" >&2
  exit 1
}

main() {
  local tag='' mode=build force='' from_packages=''
  while [ $# -gt 0 ]; do
    case $1 in
      --check) mode=check ;;
      --hash) mode='hash' ;;
      --force) force=yes ;;
      --from-packages) from_packages=yes force=yes ;;
      --verbose) export VERBOSE=yes ;;
      -h | --help) usage && exit 0 ;;
      -*) usage >&2 && exit 2 ;;
      *)
        if [ -n "$tag" ]; then usage >&2 && exit 2; fi
        tag=$1
        ;;
    esac
    shift
  done

  hash=$(source_hash)
  if [ "$mode" = hash ]; then say "$hash" && exit 0; fi
  choose_runtime
  image=${CONTAINER_IMAGE:-nanoclaw-agent:latest}
  [ -z "$tag" ] || image=nanoclaw-agent:$tag

  local state=0
  check || state=$?
  [ "$mode" = build ] || exit "$state"
  if [ "$state" = 0 ] && [ -z "$force" ]; then exit 0; fi

  work=$(mktemp -d "${TMPDIR:-/tmp}/nanoclaw-build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  SECONDS=0
  warn_of_slow_storage
  choose_base "$from_packages"
  build
  unpack_for_user
  say "3/3 done: $image, source $hash, ${SECONDS} s"
}

# Everything that ends up in the image and is ours. The base image is not part of it.
source_hash() {
  (
    cd "$root"
    find container/Dockerfile container/agent-runner/package.json container/agent-runner/package-lock.json \
      container/agent-runner/build.mjs container/agent-runner/src protocol -type f ! -name '*.test.ts' |
      LC_ALL=C sort | tr '\n' '\0' | xargs -0 "${sha256[@]}" | "${sha256[@]}" | cut -c1-16
  ) || fail 'sources are missing. Run it from a complete checkout.'
}
if command -v sha256sum >/dev/null; then sha256=(sha256sum); else sha256=(shasum -a 256); fi

choose_runtime() {
  runtime=${CONTAINER_RUNTIME:-docker}
  if [ "$runtime" = auto ]; then
    for runtime in docker podman container; do command -v "$runtime" >/dev/null && break; done
  fi
  case $runtime in
    docker | podman | container) ;;
    local) say 'CONTAINER_RUNTIME=local uses no image: nothing to build.' && exit 0 ;;
    *) fail "CONTAINER_RUNTIME=$runtime is unknown. Set it to docker, podman or container." ;;
  esac
  export CONTAINER_RUNTIME=$runtime
  command -v "$runtime" >/dev/null && return 0
  local how=''
  case $runtime in
    docker) how=' (Debian and Ubuntu, as root: apt-get install -y docker.io iptables)' ;;
    podman) how=' (Debian and Ubuntu, as root: apt-get install -y podman catatonit uidmap slirp4netns fuse-overlayfs)' ;;
  esac
  fail "$runtime is not installed. Install it$how, or set CONTAINER_RUNTIME to one that is."
}

# Says what the image is and returns 0 fresh, 3 missing, 4 stale.
check() {
  local about built why
  if ! about=$("$runtime" image inspect "$image" 2>/dev/null) || [ "$about" = '[]' ]; then
    why=$("$runtime" image ls -q 2>&1 >/dev/null) || engine_is_down "$why"
    say "missing: $image has not been built."
    return 3
  fi
  built=$(label "$about" nanoclaw.source)
  if [ "$built" != "$hash" ]; then
    say "stale: $image was built from ${built:-unknown sources}, the checkout is $hash."
    return 4
  fi
  if [ -n "${BASE_IMAGE:-}" ] && [ "$(label "$about" nanoclaw.base)" != "$BASE_IMAGE" ]; then
    say "stale: $image stands on $(label "$about" nanoclaw.base), BASE_IMAGE is $BASE_IMAGE."
    return 4
  fi
  say "fresh: $image, source $hash."
}

label() { printf '%s\n' "$1" | sed -n "s/.*\"${2/./\\.}\" *: *\"\([^\"]*\)\".*/\1/p" | awk 'NR == 1'; }

engine_is_down() {
  printf '%s\n' "$1" >&2
  case $runtime in
    docker) fail 'the Docker Engine does not answer. Start it (Linux: sudo systemctl start docker, or node scripts/engine.mjs as root; macOS: open Docker Desktop), and see that this user may use it.' ;;
    podman) fail 'podman does not answer. Run "podman info" and cure what it says (macOS: podman machine start).' ;;
    *) fail 'Apple container does not answer. Run: container system start' ;;
  esac
}

# Sets base. A packaged base that is there is preferred to asking a registry again: its layers are cached.
choose_base() {
  local official=node:22-slim why
  [ "$runtime" = docker ] || official=docker.io/library/node:22-slim
  if [ -n "${BASE_IMAGE:-}" ]; then
    base=$BASE_IMAGE
    say "1/3 base: $base (BASE_IMAGE)"
  elif [ -n "$1" ]; then
    make_base 'asked for'
  elif exists "$official"; then
    base=$official
    say "1/3 base: $base"
  elif exists "$packaged_base"; then
    base=$packaged_base
    say "1/3 base: $base (made here from packages)"
  elif [ "$(uname -s)" != Linux ]; then
    base=$official
    say "1/3 base: $base, fetched with the image"
  elif pull "$official"; then
    base=$official
  else
    why=$(awk 'NF { last = $0 } END { print last }' "$work/pull.log")
    make_base "$official cannot be fetched (${why:-no answer within 20 s})"
  fi
}

make_base() {
  base=$packaged_base
  say "1/3 base: $1; making $base from Debian packages"
  "$root/container/base/make.sh" "$packaged_base" ||
    fail 'there is no base image. Cure what is said above, connect to an image registry, or set BASE_IMAGE to an image with Node 22 and a user node (1000:1000).'
}

exists() { "$runtime" image inspect "$1" >/dev/null 2>&1; }

# A registry that has not begun to answer after 20 s is given up; one that sends gets all the time it needs.
pull() {
  local started=$SECONDS answered='' pid
  say "1/3 base: fetching $1"
  "$runtime" pull "$1" >"$work/pull.log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if [ -z "$answered" ] && grep -qE 'Pulling (from|fs layer)|Getting image source|Copying (blob|config)' "$work/pull.log"; then
      answered=yes
      say "1/3 base: the registry answers, downloading"
    fi
    if [ -z "$answered" ] && [ $((SECONDS - started)) -ge 20 ]; then
      kill "$pid" 2>/dev/null || true
      wait "$pid" 2>/dev/null || true
      : >"$work/pull.log"
      return 1
    fi
    sleep 0.2
  done
  wait "$pid"
}

build() {
  local old arguments=() name
  old=$("$runtime" image inspect --format '{{.Id}}' "$image" 2>/dev/null) || old=''
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || arguments+=(--build-arg "$name=${!name}")
  done
  say "2/3 image: $image on $base"
  choose_builder "$runtime"
  run_build '2/3 image:' "$work/build.log" "$runtime" --file "$root/container/Dockerfile" --tag "$image" \
    --build-arg "BASE_IMAGE=$base" --build-arg "SOURCE_HASH=$hash" ${arguments[@]+"${arguments[@]}"} "$root" || build_failed
  remove_replaced "$old"
}

warn_of_slow_storage() {
  [ "$runtime" = podman ] && [ "$(id -u)" != 0 ] || return 0
  [ "$("$runtime" info --format '{{.Store.GraphDriverName}}' 2>/dev/null)" = vfs ] || return 0
  say 'podman stores images with the driver vfs, which copies everything at each step: this takes many minutes and 10 GB.'
  say 'To have it faster, stop this and see: ./nanoclaw doctor'
}

# Podman of an ordinary user copies the image once for the numbers its containers run with. Better here, where it is seen and
# may take minutes, than in the first start of a container, which has a deadline.
unpack_for_user() {
  [ "$runtime" = podman ] && [ "$(id -u)" != 0 ] || return 0
  local made
  say "3/3 storage: podman unpacks the image for your user (once; a minute or more on a slow disk)"
  made=$("$runtime" create --userns keep-id --network none "$image" 2>"$work/create.log") ||
    fail "podman built the image and cannot make a container of it: $(tail -n 1 "$work/create.log")"
  "$runtime" rm "$made" >/dev/null
}

build_failed() {
  local log=$work/build.log
  [ -n "${VERBOSE:-}" ] || tail -n 25 "$log" >&2
  if grep -qE 'SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)' "$log"; then
    fail 'a certificate on this network is not trusted inside the base image. Put it into /usr/local/share/ca-certificates and run container/build.sh --from-packages, or set BASE_IMAGE to an image that trusts it.'
  elif grep -qi 'no space left on device' "$log"; then
    fail "the disk is full. Free some space ($runtime system df shows what the engine holds) and run it again."
  elif grep -q '\[ERROR\]' "$log"; then
    fail 'the agent runner cannot be built. Correct what esbuild reports above.'
  elif grep -qE 'EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|Could not resolve|Temporary failure' "$log"; then
    fail 'the build could not reach the npm registry or the Debian mirror. Check the network of the engine, then run it again.'
  fi
  fail "$runtime could not build $image. Run container/build.sh --verbose to see everything."
}

# The image a new one took the name from, unless it has another name or a container still runs on it.
remove_replaced() {
  [ -n "$1" ] || return 0
  local tags
  tags=$("$runtime" image inspect --format '{{len .RepoTags}}' "$1" 2>/dev/null) || return 0
  [ "$tags" != 0 ] || "$runtime" image rm "$1" >/dev/null 2>&1 || true
}

main "$@"
