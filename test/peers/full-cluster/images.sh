#!/usr/bin/env bash
# How are the images made without a container engine or registry? From Debian's packages and the folder of the machines' image.
#
#   images.sh OUTPUT BASE   writes pause.tar and ssh.tar; BASE keeps the installed packages for the next time
set -euo pipefail
output=$(realpath "$1")
base=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
machine=$here/../../../k8s/images/ssh
release=$(sed -n 's/^FROM debian:\(.*\)-slim$/\1/p' "$machine/Dockerfile")

# The machine's own source of packages.
make_base() {
  local mirror
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $release" | head -n 1)
  rm -rf "$base.part"
  debootstrap --variant=minbase --include="$(paste -sd, "$machine/packages")" "$release" "$base.part" "$mirror"
  mv "$base.part" "$base"
}

make_pause() {
  mkdir "$work/pause"
  gcc -Os -static -s -o "$work/pause/pause" "$here/image/pause.c"
  python3 "$here/image/archive.py" "$work/pause" localhost/pause:1 "$output/pause.tar" / /pause
}

# As the Dockerfile does it.
make_ssh() {
  local root=$work/ssh
  cp -a "$base" "$root"
  chroot "$root" sh -s <"$machine/finish.sh"
  rm -rf "${root:?}"/{dev,proc,sys}/* "$root/etc/apt/sources.list" "$root"/etc/{hostname,resolv.conf} "$root/debootstrap"
  install -m 644 "$machine/sshd_config" "$root/etc/ssh/sshd_config"
  install -m 755 "$machine/entry.sh" "$root/entry.sh"
  python3 "$here/image/archive.py" "$root" localhost/paygress-ssh:test "$output/ssh.tar" / /entry.sh
}

work=$(mktemp -d /var/tmp/paygress-images.XXXXXX)
trap 'rm -rf "$work"' EXIT
if [ ! -d "$base" ]; then make_base; fi
make_pause
make_ssh
