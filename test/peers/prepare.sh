#!/usr/bin/env bash
# How does a machine get the real peers? Builds them into a cache outside the checkout, keyed by what they are made of.
#
#   test/peers/prepare.sh          build what is missing of the quick ones; a second run only compares hashes
#   test/peers/prepare.sh cluster  build the Kubernetes control plane, which takes minutes and gigabytes the first time
#   test/peers/prepare.sh --list   print `name<TAB>folder` of every peer that is ready, build nothing
#   test/peers/prepare.sh --cannot print `name<TAB>why` of every peer that this machine cannot have, build nothing
#
# A peer is skipped by name where this machine cannot have it: without Go, or with one that is too old and cannot fetch a newer one.
# What else is missing (python3, a program) is skipped by name too, but with CI=true it is an error.
# PAYGRESS_PEERS_CACHE names another cache folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${PAYGRESS_PEERS_CACHE:-${HOME:?HOME is not set}/.cache/paygress-peers}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
cd "$here"
skipped=()

say() { printf 'peers: %s\n' "$*"; }
fail() { printf 'peers: error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# skip NAME WHY: the tests that need the peer are skipped by name, except in CI.
skip() {
  if [ "${CI:-}" = true ]; then fail "$1 cannot be built: $2"; fi
  skipped+=("$1")
  say "$1 skipped: $2"
}

# cannot NAME WHY: nothing on this machine could change that, so that it is no error anywhere.
cannot() {
  skipped+=("$1")
  say "$1 skipped: $2"
}

# no_go NAME: why its module cannot be built here; false where it can.
no_go() {
  have go || { echo 'go is missing'; return; }
  if (cd "$here/$1" && go version >/dev/null 2>&1); then return 1; fi
  echo "go $(sed -n 's/^go //p' "$here/$1/go.mod") or later is missing"
}

# digest FILE...: one hash over names and contents.
digest() { sha256sum -- "$@" | sha256sum | cut -c1-16; }

# look_at_python: false without a python3 that runs. A virtual environment belongs to one version.
look_at_python() {
  local version
  version=$(python3 -c 'import platform; print(platform.python_version() + "-" + platform.machine())' 2>/dev/null) &&
    python_key=py$version
}

# folder NAME: where the peer belongs, for the inputs as they are now.
folder() {
  local key
  case $1 in
    auth-relay) key=$(digest auth-relay/*.go auth-relay/go.mod auth-relay/go.sum) || return ;;
    cluster) key=$(digest cluster/*.go cluster/go.mod cluster/go.sum cluster/build.sh) || return ;;
    *) key=$(digest "$1/requirements.txt")-$python_key || return ;;
  esac
  echo "$cache/$1-$key"
}

# log_run LOG COMMAND...: quiet when it works, the end of its output when it does not.
log_run() {
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    return 1
  fi
}

# apt_get PACKAGE...: install what is missing; false when this machine does not let us.
apt_get() {
  have apt-get && [ "$(id -u)" = 0 ] || return 1
  say "installing $* with apt-get"
  export DEBIAN_FRONTEND=noninteractive
  log_run "$cache/apt.log" apt-get update || say 'apt-get update failed, going on with the known packages'
  log_run "$cache/apt.log" apt-get install -y --no-install-recommends "$@"
}

# want_tool PROGRAM PACKAGE: a program that single tests need.
want_tool() {
  have "$1" || apt_get "$2" || skip "$1" "the program is missing (apt package $2)"
}

build_venv() { # NAME FOLDER
  [ "$python_key" != none ] || { skip "$1" 'python3 is missing'; return; }
  if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    apt_get python3-venv || { skip "$1" 'python3 has no venv module (apt package python3-venv)'; return; }
  fi
  say "building $1 (about a minute)"
  log_run "$2/build.log" python3 -m venv "$2/venv" || fail "no virtual environment for $1, see $2/build.log"
  # the lists are complete: --no-deps keeps pip from following the peers' own, partly broken, demands
  log_run "$2/build.log" "$2/venv/bin/pip" install --disable-pip-version-check --no-input --no-deps \
    -r "$here/$1/requirements.txt" || fail "pip could not install $1, see $2/build.log"
  touch "$2/ready"
}

build_go() { # NAME FOLDER
  local why
  if why=$(no_go "$1"); then cannot "$1" "$why"; return; fi
  say "building $1 (up to two minutes the first time)"
  (cd "$here/$1" && log_run "$2/build.log" env CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$2/$1" .) ||
    fail "go could not build $1, see $2/build.log"
  touch "$2/ready"
}

build_cluster() { # NAME FOLDER
  local why
  if why=$(no_go "$1"); then cannot "$1" "$why"; return; fi
  say "building $1 (5 to 10 minutes and 4.5 GB in Go's caches the first time, then seconds)"
  log_run "$2/build.log" nice "$here/cluster/build.sh" "$2/cluster" -buildvcs=false ||
    fail "go could not build $1, see $2/build.log"
  touch "$2/ready"
}

# prepare NAME BUILD: nothing to do when the folder of these very inputs is complete.
prepare() {
  local into
  into=$(folder "$1")
  if [ -e "$into/ready" ]; then say "$1 ready"; return; fi
  rm -rf "$into"
  mkdir -p "$into"
  "$2" "$1" "$into"
  if [ -e "$into/ready" ]; then say "$1 ready"; fi
}

python_key=none
look_at_python || true

if [ "${1:-}" = --list ]; then
  for name in nutshell rust-nostr auth-relay cluster; do
    into=$(folder "$name")
    if [ -e "$into/ready" ]; then printf '%s\t%s\n' "$name" "$into"; fi
  done
  exit 0
fi
if [ "${1:-}" = --cannot ]; then
  for name in auth-relay cluster; do
    if why=$(no_go "$name"); then printf '%s\t%s\n' "$name" "$why"; fi
  done
  exit 0
fi
case ${1:-} in '' | cluster) ;; *) fail "unknown argument $1 (only cluster, --list and --cannot are known)" ;; esac

mkdir -p "$cache"
exec 9>"$cache/lock"
if have flock; then flock 9; fi # two test runs on one machine build once
if [ "${1:-}" = cluster ]; then
  prepare cluster build_cluster
  exit 0
fi
want_tool ssh openssh-client
want_tool faketime faketime
want_tool tor tor
look_at_python || { apt_get python3 python3-venv && look_at_python; } || true
prepare nutshell build_venv
prepare rust-nostr build_venv
prepare auth-relay build_go
if [ ${#skipped[@]} -gt 0 ]; then say "skipped: ${skipped[*]}"; fi
