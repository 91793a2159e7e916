#!/usr/bin/env bash
# How does one machine become a whole Kubernetes cluster for a while? All its parts run in a network namespace, until SIGTERM.
#
#   up.sh NODE_BINARY IMAGES   prints `ready KUBECONFIG`; needs root, and what prepare.sh makes
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=settings.sh
. "$here/settings.sh"
binary=$1
images=$2
parts=()

# fail WHY [NAME...]: with the ends of the logs of these parts.
fail() {
  local name
  printf 'full-cluster: %s\n' "$1" >&2
  shift
  for name in "$@"; do tail -n 15 "$run/log/$name.log" | sed "s/^/$name: /" >&2; done
  exit 1
}
in_node() { nsenter --net="/run/netns/$ns" -- "$@"; }

# start NAME COMMAND...: in the node's network, remembered for down.sh. Not by `ip netns exec`: it gives the program a mount
# namespace of its own, where containerd would not see the volumes that the kubelet mounts.
start() {
  local name=$1
  shift
  nsenter --net="/run/netns/$ns" -- "$@" >"$run/log/$name.log" 2>&1 &
  echo $! >"$run/pid/$name"
  parts+=("$name")
}

# await WHAT COMMAND...: asks for up to a minute.
await() {
  local what=$1 _
  shift
  for _ in $(seq 600); do
    if "$@" >/dev/null 2>&1; then return; fi
    if part_died; then fail "$died ended by itself" "$died"; fi
    sleep 0.1
  done
  fail "$what is not there after a minute" "${parts[@]}"
}

part_died() {
  local file
  for file in "$run"/pid/*; do
    died=${file##*/}
    if ! kill -0 "$(cat "$file")" 2>/dev/null; then return 0; fi
  done
  return 1
}

remember_machine() {
  # What the kubelet sets for the whole machine.
  local key
  for key in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
    kernel/keys/root_maxbytes; do
    echo "$key $(cat "/proc/sys/$key")"
  done >"$run/sysctl"
  # Folders that the parts make elsewhere.
  for key in /var/lib/cni /var/lib/kubelet /var/log/containers /var/log/pods /run/containerd /run/netns; do
    if [ ! -e "$key" ]; then echo "$key"; fi
  done >"$run/made"
}

make_network() {
  ip netns add "$ns"
  in_node ip link set lo up
  ip link add "$link" type veth peer name eth0 netns "$ns"
  in_node ip addr add "$node_ip/24" dev eth0
  in_node ip link set eth0 up
  # The node needs a default route; nothing beyond the machine answers there.
  in_node ip route add default via "$outside_ip"
  in_node sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  ip addr add "$outside_ip/24" dev "$link"
  ip link set "$link" up
  ip route add "$api_ip/32" via "$node_ip" dev "$link"
}

write_cni() {
  cat >"$run/cni/10-pods.conflist" <<END
{
  "cniVersion": "0.4.0",
  "name": "pods",
  "plugins": [
    {
      "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
      "ipam": {
        "type": "host-local", "dataDir": "$run/cni-ipam", "subnet": "$pod_cidr", "routes": [{ "dst": "0.0.0.0/0" }]
      }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
END
}

start_containerd() {
  cat >"$run/containerd.toml" <<END
version = 2
root = "$run/ctd/root"
state = "$run/ctd/state"
[grpc]
  address = "$run/ctd/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${SNAPSHOTTER:-overlayfs}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$run/cni"
[plugins."io.containerd.internal.v1.opt"]
  path = "$run/ctd/opt"
END
  start containerd containerd -c "$run/containerd.toml"
}

start_control_plane() {
  start control-plane "$binary" up --dir "$run/cp" --port 6443 --keep \
    --apiserver-arg=--bind-address=0.0.0.0 --apiserver-arg=--advertise-address=$node_ip \
    --apiserver-arg=--endpoint-reconciler-type=lease --apiserver-arg=--kubelet-preferred-address-types=InternalIP \
    --controller-arg=--controllers='*' --controller-arg=--kube-api-qps=300 --controller-arg=--kube-api-burst=600
}

start_node() {
  local kubeconfig=$run/cp/kubeconfig tree controller
  # A place of its own for the pods' cgroups, so that they can be told from those of anybody else.
  cgroup_trees | while read -r tree; do mkdir -p "$tree/paygress-full"; done
  if [ -e /sys/fs/cgroup/cgroup.subtree_control ]; then
    for controller in cpu cpuset memory pids hugetlb; do
      echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true # one that is missing is the kubelet's to refuse
    done
  fi
  cat >"$run/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_ip
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: $run/cp/pki/ca.crt } }
authorization: { mode: Webhook }
containerRuntimeEndpoint: unix://$run/ctd/c.sock
podLogsDir: $run/pod-logs
volumePluginDir: $run/volume-plugins
cgroupDriver: cgroupfs
cgroupRoot: /paygress-full
failCgroupV1: false
enforceNodeAllocatable: []
failSwapOn: false
oomScoreAdj: 0
hairpinMode: none
podPidsLimit: 256
volumeStatsAggPeriod: 5s
evictionHard: { memory.available: "100Mi", nodefs.available: "1%", imagefs.available: "1%" }
imageGCHighThresholdPercent: 100
END
  start scheduler "$binary" kube-scheduler --kubeconfig="$kubeconfig" --leader-elect=false --bind-address=127.0.0.1
  start kubelet "$binary" kubelet --config="$run/kubelet.yaml" --kubeconfig="$kubeconfig" --hostname-override=n1 \
    --node-ip=$node_ip --root-dir="$run/kubelet" --cert-dir="$run/kubelet/pki" --v=2
  start proxy "$binary" kube-proxy --kubeconfig="$kubeconfig" --hostname-override=n1 --proxy-mode=iptables \
    --cluster-cidr="$pod_cidr" --conntrack-max-per-core=0 --conntrack-min=0 --conntrack-tcp-timeout-established=0 \
    --conntrack-tcp-timeout-close-wait=0 --metrics-bind-address=127.0.0.1:10249 --healthz-bind-address=127.0.0.1:10256
}

import_images() {
  local image
  for image in pause ssh; do
    ctr -a "$run/ctd/c.sock" -n k8s.io images import "$images/$image.tar" >/dev/null
  done
}

# shellcheck disable=SC2317 # called by await
# Asked from outside, as the tests do, through the Service that kube-proxy serves.
node_is_ready() {
  curl --silent --fail --max-time 5 --config "$run/curl" "https://$api_ip/api/v1/nodes/n1" |
    python3 -c '
import json, sys
conditions = json.load(sys.stdin)["status"]["conditions"]
sys.exit(not any(one["type"] == "Ready" and one["status"] == "True" for one in conditions))'
}

[ "$(id -u)" = 0 ] || fail 'only root may do this'
exec 9>"/run/lock/paygress-full.lock"
flock --timeout 600 9 || fail 'another one runs on this machine'
"$here/down.sh" # what one that was killed left behind

trap 'disown -a; "$here/down.sh" 9>&-' EXIT
trap 'exit 0' TERM INT
mkdir -p "$run"/{log,pid,cni,ctd,kubelet}
remember_machine
make_network
write_cni
{
  start_containerd
  start_control_plane
} 9>&-
await 'the container runtime' ctr -a "$run/ctd/c.sock" version
import_images
await 'the control plane' grep -q ^ready "$run/log/control-plane.log"
sed "s#https://[^\"]*#https://$api_ip#" "$run/cp/kubeconfig" >"$run/kubeconfig"
(
  umask 077
  token=$(sed -n 's/.*token: "\(.*\)".*/\1/p' "$run/kubeconfig")
  printf 'header = "Authorization: Bearer %s"\ncacert = "%s"\n' "$token" "$run/cp/pki/ca.crt" >"$run/curl"
)
start_node 9>&-
await 'the node' node_is_ready
echo "ready $run/kubeconfig"

# A part that ends by itself ends the whole; a signal ends this wait.
wait -n || true
part_died
fail "$died ended by itself" "$died"
