# shellcheck shell=bash disable=SC2034
# Where is the cluster, and under which addresses? Read by up.sh and down.sh.

run=${RUN:-/var/lib/paygress-full} # short: the paths of sockets end at 107 characters
ns=${NS:-paygress-full}
link=pgfull0 # the machine's end of the wire to the node

# From the block for benchmarks, which no network uses (RFC 2544).
node_ip=198.18.234.1
outside_ip=198.18.234.2
pod_cidr=198.18.235.0/24
api_ip=10.99.0.1 # the API server's Service, which its certificate names

# Where cgroups are: one tree (v2), or one for each controller (v1).
cgroup_trees() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d
  fi
}
