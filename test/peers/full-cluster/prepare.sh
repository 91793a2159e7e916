#!/usr/bin/env bash
# How does a machine get what up.sh needs? Installs Debian's container runtime, builds the node and the images into the peers' cache.
#
#   prepare.sh         as root on Debian; a second run only compares hashes
#   prepare.sh --list  print the binary and the folder of the images when all is ready, build nothing
#
# PAYGRESS_PEERS_CACHE names another cache folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${PAYGRESS_PEERS_CACHE:-${HOME:?HOME is not set}/.cache/paygress-peers}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
cd "$here"
machine=../../../k8s/images/ssh

packages=(containerd runc containernetworking-plugins iptables conntrack iproute2 python3 curl openssh-client)
build_packages=(debootstrap gcc libc6-dev)

say() { printf 'full-cluster: %s\n' "$*"; }
fail() { printf 'full-cluster: error: %s\n' "$*" >&2; exit 1; }
digest() { sha256sum -- "$@" | sha256sum | cut -c1-16; }

# quiet LOG COMMAND...: the end of its output only when it fails.
quiet() {
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    fail "$1 failed, see $log"
  fi
}

node=$cache/cluster-node-$(digest ../cluster/*.go ../cluster/go.mod ../cluster/go.sum ../cluster/build.sh)
base=$cache/debian-$(digest "$machine/Dockerfile" "$machine/packages")
images=$cache/machine-images-$(digest images.sh image/* "$machine"/*)

have_programs() {
  local program
  for program in containerd runc ctr iptables conntrack ip nsenter curl python3; do
    command -v "$program" >/dev/null || return 1
  done
  [ -x /usr/lib/cni/bridge ]
}

if [ "${1:-}" = --list ]; then
  PATH=$PATH:/usr/sbin:/sbin
  if have_programs && [ -e "$node/ready" ] && [ -e "$images/ready" ]; then
    printf '%s\t%s\n' "$node/cluster-node" "$images"
  fi
  exit 0
fi

[ "$(id -u)" = 0 ] || fail 'only root can prepare and run it'
mkdir -p "$cache"
exec 9>"$cache/full-cluster.lock"
flock 9

if ! have_programs || ! command -v debootstrap >/dev/null || ! command -v gcc >/dev/null; then
  command -v apt-get >/dev/null || fail "these packages of Debian are needed: ${packages[*]} ${build_packages[*]}"
  say 'installing packages with apt-get'
  export DEBIAN_FRONTEND=noninteractive
  quiet "$cache/apt-full.log" apt-get update
  quiet "$cache/apt-full.log" apt-get install -y --no-install-recommends "${packages[@]}" "${build_packages[@]}"
fi
if [ ! -e "$images/ready" ]; then
  say 'building the images (a minute, later seconds)'
  mkdir -p "$images"
  quiet "$images/build.log" nice ./images.sh "$images" "$base"
  touch "$images/ready"
fi
if [ ! -e "$node/ready" ]; then
  command -v go >/dev/null || fail 'go is missing'
  # Both builds want the same packages: the second one finds them in the caches of Go.
  exec 8>"$cache/lock"
  flock 8
  say 'building the node (8 minutes and 4.5 GB in the caches of Go from nothing, less than one after the control plane)'
  mkdir -p "$node"
  quiet "$node/build.log" nice ../cluster/build.sh "$node/cluster-node" -tags node -buildvcs=false
  touch "$node/ready"
fi
say 'ready'
