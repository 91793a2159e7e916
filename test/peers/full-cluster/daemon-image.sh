#!/usr/bin/env bash
# How does the cluster get an image of the daemon? From the built program and the Node that runs here, as the Dockerfile lays it out.
#
#   daemon-image.sh NODE OUTPUT.tar
set -euo pipefail
node=$1
output=$(realpath -m "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$here/../../..
work=$(mktemp -d /var/tmp/paygress-daemon.XXXXXX)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work"/{app/data,etc,tmp,usr/local/bin}
cp -r "$project"/{package.json,bin,dist} "$work/app/"
cp "$(realpath "$node")" "$work/usr/local/bin/node"
# What it is linked with, at the same places.
ldd "$work/usr/local/bin/node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$work$(dirname "$library")"
  cp -L "$library" "$work$library"
done
echo 'paygress:x:10001:10001::/app/data:/nonexistent' >"$work/etc/passwd"
chown 10001:10001 "$work/app/data"
python3 "$here/image/archive.py" "$work" docker.io/library/paygress:latest "$output" /app \
  node --max-semi-space-size=4 --heap-growing-percent=40 -- /app/bin/paygress.js
