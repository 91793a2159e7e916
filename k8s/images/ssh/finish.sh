#!/bin/sh
# What is done to the image once its packages are there? Runs inside it.
set -eu

# Each machine has host keys of its own.
rm -f /etc/ssh/ssh_host_*

# No program gives its user the rights of another one. entry.sh gives sudo its bit back where that is wanted.
find / -xdev -type f \( -perm -4000 -o -perm -2000 \) -exec chmod a-s {} +

rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*.log /var/log/apt
find /usr/share/doc /usr/share/man /usr/share/info -mindepth 1 -type f ! -name copyright -delete
