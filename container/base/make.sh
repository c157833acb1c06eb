#!/usr/bin/env bash
# Makes a base image where no image registry answers: Debian packages, npm's node binary, the host's extra certificates.
# usage: container/base/make.sh TAG        (CONTAINER_RUNTIME: docker or podman)
set -euo pipefail

suite=bookworm
node_version=22.23.3
npm_version=10.9.9
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=container/base/builder.sh
. "$here/builder.sh"

say() { printf '1/3 base: %s\n' "$*"; }
fail() {
  printf 'container/base/make.sh: %s\n' "$*" >&2
  exit 1
}

main() {
  local tag=${1:?usage: container/base/make.sh TAG} runtime=${CONTAINER_RUNTIME:-docker} arch
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "no Node binary is known for $(uname -m). Set BASE_IMAGE to an image with Node 22 and a user node (1000:1000)." ;;
  esac
  require_tools
  work=$(mktemp -d "${TMPDIR:-/tmp}/nanoclaw-base.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/context/certificates"

  say "Debian $suite packages and Node $node_version (about 30 s)"
  fetch_node "$arch" >"$work/npm.log" 2>&1 &
  local fetching=$!
  make_rootfs
  wait "$fetching" || fail_with "$work/npm.log" "npm could not fetch node-linux-$arch@$node_version and npm@$npm_version. Check that the npm registry can be reached (npm ping)."

  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$work/context/certificates/" \; 2>/dev/null || true
  cp "$here/Dockerfile" "$work/context/Dockerfile"
  choose_builder "$runtime"
  run_build '1/3 base:' "$work/build.log" "$runtime" --tag "$tag" "$work/context" ||
    fail_with "$work/build.log" "$runtime could not build $tag."
}

require_tools() {
  command -v npm >/dev/null || fail 'npm is missing. Install Node.js 20.19 or newer with npm.'
  [ "$(uname -s)" = Linux ] || fail 'a base image can be made from packages on Linux only. Connect to an image registry once (docker pull node:22-slim), or set BASE_IMAGE.'
  if [ -f /usr/share/keyrings/debian-archive-keyring.gpg ] && command -v mmdebstrap >/dev/null; then return; fi
  local install='apt-get install -y --no-install-recommends mmdebstrap debian-archive-keyring'
  command -v apt-get >/dev/null || fail 'mmdebstrap and debian-archive-keyring are missing. Install them with your package manager, or set BASE_IMAGE.'
  [ "$(id -u)" = 0 ] || fail "mmdebstrap is missing. Run: sudo $install"
  say 'installing mmdebstrap'
  export DEBIAN_FRONTEND=noninteractive
  $install >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1 && $install >/dev/null 2>&1; } ||
    fail "mmdebstrap could not be installed. Run: $install"
}

fetch_node() {
  cd "$work"
  npm pack --silent "node-linux-$1@$node_version" "npm@$npm_version"
  mkdir node npm
  tar -xzf node-linux-"$1"-*.tgz -C node
  tar -xzf npm-*.tgz -C npm
  mv node/package/bin/node context/node
  mv npm/package context/npm
  chmod 755 context/node context/npm/bin/*-cli.js
}

make_rootfs() {
  debian_sources >"$work/sources.list"
  mmdebstrap --quiet --variant=minbase --include=ca-certificates --skip=output/dev \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='force-unsafe-io' --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    "$suite" - - <"$work/sources.list" >"$work/context/rootfs.tar" 2>"$work/mmdebstrap.log" ||
    fail_with "$work/mmdebstrap.log" "mmdebstrap failed. Check that the Debian mirror can be reached: $(grep -o 'https\?://[^ ]*' "$work/sources.list" | head -n 1)"
}

# The host's own mirrors where it is a Debian, or the public ones. An address with a password never enters the image.
debian_sources() {
  local mirror='' security='' release='' found
  # shellcheck disable=SC1091
  [ ! -r /etc/os-release ] || release=$(. /etc/os-release && [ "${ID:-}" = debian ] && printf %s "${VERSION_CODENAME:-}") || true
  if [ -n "$release" ]; then
    found=$(host_mirrors "$release")
    mirror=$(printf '%s\n' "$found" | awk '$1 == "main" { print $2; exit }')
    security=$(printf '%s\n' "$found" | awk '$1 == "security" { print $2; exit }')
  fi
  local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  mirror=${mirror:-http://deb.debian.org/debian}
  printf 'deb %s %s %s main\n' "$signed" "$mirror" "$suite" "$signed" "$mirror" "$suite-updates" \
    "$signed" "${security:-http://deb.debian.org/debian-security}" "$suite-security"
}

# Prints "main URI" and "security URI" from one-line and deb822 sources, the distribution's own files first.
host_mirrors() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/*; do
    case $file in *.list | *.sources) ;; *) continue ;; esac
    [ -r "$file" ] || continue
    awk -v release="$1" '
      function offer(uris, suites, components,    i, j, u, s, nu, ns) {
        if ((" " components " ") !~ / main /) return
        nu = split(uris, u, " "); ns = split(suites, s, " ")
        for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++) {
          if (u[i] !~ /^https?:\/\/[^@]*$/) continue
          if (s[j] == release && u[i] ~ /\/debian(\/|$)/) print "main", u[i]
          if (s[j] == release "-security") print "security", u[i]
        }
      }
      function stanza() { if (types ~ /(^| )deb( |$)/ && enabled !~ /^no$/) offer(uris, suites, components); types = uris = suites = components = enabled = "" }
      /^[ \t]*#/ { next }
      /^deb[ \t]/ { line = $0; sub(/^deb[ \t]+(\[[^]]*\][ \t]*)?/, "", line); n = split(line, f, /[ \t]+/); rest = ""; for (k = 3; k <= n; k++) rest = rest " " f[k]; offer(f[1], f[2], rest); next }
      /^Types:/ { sub(/^[^:]*:[ \t]*/, ""); types = $0; next }
      /^URIs:/ { sub(/^[^:]*:[ \t]*/, ""); uris = $0; next }
      /^Suites:/ { sub(/^[^:]*:[ \t]*/, ""); suites = $0; next }
      /^Components:/ { sub(/^[^:]*:[ \t]*/, ""); components = $0; next }
      /^Enabled:/ { sub(/^[^:]*:[ \t]*/, ""); enabled = $0; next }
      /^[ \t]*$/ { stanza() }
      END { stanza() }' "$file"
  done
}

fail_with() {
  tail -n 15 "$1" >&2 || true
  shift
  fail "$@"
}

main "$@"
