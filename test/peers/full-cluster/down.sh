#!/usr/bin/env bash
# How does everything that up.sh started go away, however it ended? Does nothing where nothing is.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=settings.sh
. "$here/settings.sh"
[ -d "$run" ] || exit 0
PATH=$PATH:/usr/sbin:/sbin

# is_ours PID: numbers come back, so a process is one of the cluster's only if its command line names the cluster's folder.
is_ours() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF "$run/"; }

# stop NAME SIGNAL: and waits until it is gone.
stop() {
  local pid _
  pid=$(cat "$run/pid/$1" 2>/dev/null) || return 0
  is_ours "$pid" || return 0
  kill -s "$2" "$pid"
  for _ in $(seq 100); do
    if ! is_ours "$pid"; then return 0; fi
    sleep 0.1
  done
  kill -s KILL "$pid"
}

# The network namespaces of the pods, as the runtime's own files name them while their containers run.
mapfile -t pod_namespaces < <(grep -rhoE 'netns/cni-[0-9a-f-]+' --include=config.json "$run/ctd/state" 2>/dev/null | sort -u)

# Nothing of this is used again, so nothing has to say goodbye. The kubelet goes first: it would start containers again.
for name in kubelet proxy scheduler control-plane; do stop "$name" KILL; done

c=(ctr -a "$run/ctd/c.sock" -n k8s.io)
if timeout 5 "${c[@]}" version >/dev/null 2>&1; then
  mapfile -t tasks < <("${c[@]}" tasks ls -q)
  for task in "${tasks[@]}"; do "${c[@]}" tasks rm --force "$task" >/dev/null 2>&1 & done
  wait
fi
stop containerd TERM

# Processes of containers, and the shims above them, that are still there.
for process in /proc/[0-9]*; do
  pid=${process##*/}
  case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in
    *containerd-shim*"-address $run/ctd/c.sock"*) kill -s KILL "$pid" ;;
  esac
done
while read -r tree; do
  if [ ! -d "$tree/paygress-full" ]; then continue; fi
  find "$tree/paygress-full" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -s KILL 2>/dev/null
done < <(cgroup_trees)

for name in "${pod_namespaces[@]}" "netns/$ns"; do
  if [ ! -e "/run/$name" ]; then continue; fi
  ip netns pids "${name##*/}" 2>/dev/null | xargs -r kill -s KILL 2>/dev/null
  ip netns del "${name##*/}"
done
# It goes with the namespace, which the kernel clears away when it finds the time.
for _ in $(seq 100); do
  if [ ! -e "/sys/class/net/$link" ]; then break; fi
  ip link del "$link" 2>/dev/null
  sleep 0.05
done

for _ in 1 2 3; do
  awk -v run="$run/" 'index($2, run) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r -n 1 umount --lazy 2>/dev/null
done
if grep -qF " $run/" /proc/self/mounts; then
  echo "full-cluster: mounts are left in $run" >&2
  exit 1
fi

while read -r key value; do echo "$value" >"/proc/sys/$key"; done <"$run/sysctl"
while read -r tree; do
  for _ in $(seq 50); do
    find "$tree/paygress-full" -depth -type d -exec rmdir {} + 2>/dev/null
    if [ ! -d "$tree/paygress-full" ]; then break; fi
    sleep 0.1
  done
done < <(cgroup_trees)
while read -r made; do
  if [ "$made" = /run/netns ] && mountpoint -q "$made"; then umount "$made"; fi
  rm -rf "$made"
done <"$run/made"
rm -rf "$run"
