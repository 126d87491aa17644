# shellcheck shell=bash
# One node: its files, its power, commands inside it. A node's state is $LAB/nodes/NAME, where
# `pid` names its init: "PID START", see process_start.

node_number() { # the x of its addresses: a1 is 1, b1 is 21
  case $1 in
    a*) echo "${1#a}" ;;
    b*) echo $((20 + ${1#b})) ;;
  esac
}

lab_nodes() {
  local dir
  for dir in "$LAB"/nodes/*/; do
    [ -d "$dir" ] && basename "$dir"
  done
  return 0
}

require_node() {
  [ -d "$LAB/nodes" ] || die "no lab is up in $LAB (lab up raises one)"
  [ -n "$1" ] && [ -d "$LAB/nodes/$1" ] || misuse "there is no node '$1' (there are: $(lab_nodes | xargs))"
}

# The pid of a node's init, or failure when the node is off.
node_pid() {
  local pid start
  read -r pid start 2>/dev/null <"$LAB/nodes/$1/pid" || return 1
  [ "$(process_start "$pid")" = "$start" ] && echo "$pid"
}

# node_files NODE CLUSTER: what a fresh node has on its disk
node_files() {
  local node=$1 cluster=$2 dir=$LAB/nodes/$1
  mkdir -p "$dir"/{etc/{corosync,libvirt},work/{etc,lib,root},root,lib/{wherry,pcsd},libvirt,libvirt-qemu,libvirt-cache,corosync} \
    "$dir"/log/{pacemaker,crmsh,corosync,libvirt/qemu} "$dir"/pacemaker/{cib,pengine,blackbox,cores}
  cp "$LAB/clusters/$cluster/corosync.conf" "$dir/etc/corosync/"
  cp "$LAB/hosts" "$dir/etc/hosts"
  echo "$node" >"$dir/etc/hostname"
  echo "$cluster" >"$dir/cluster"
  cat >"$dir/etc/libvirt/libvirtd.conf" <<L
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
# The host's own would be the same for all nodes, and libvirt refuse to migrate.
host_uuid = "$(</proc/sys/kernel/random/uuid)"
log_outputs = "3:file:/var/log/libvirtd.log"
L
  cat >"$dir/etc/libvirt/qemu.conf" <<Q
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
remember_owner = 0
Q
  cp "$LAB/clusters/$cluster/cib.xml" "$dir/pacemaker/cib/"
  [ ! -d "$CACHE/libvirt" ] || cp -r "$CACHE/libvirt/." "$dir/libvirt-cache/"
  chown -R hacluster:haclient "$dir/pacemaker" "$dir/log/pacemaker"
}

# What libvirt has found out about this QEMU: to ask again costs each node's first guest 0.7 s. libvirt
# itself sees whether it still holds.
save_capabilities() {
  local file
  for file in "$LAB"/nodes/*/libvirt-cache/qemu/capabilities/*.xml; do
    [ -s "$file" ] || continue
    mkdir -p "$CACHE/libvirt/qemu/capabilities"
    cp "$file" "$CACHE/capabilities.$$"
    mv "$CACHE/capabilities.$$" "$CACHE/libvirt/qemu/capabilities/${file##*/}"
    return
  done
}

node_on() {
  local node=$1 net
  rm -f "$LAB/nodes/$node/pid"
  ip netns add "$TAG.$node"
  for net in "${NETWORKS[@]}"; do
    plug "$node" "$net" "$(node_number "$node")"
  done
  detached "$LAB/nodes/$node/init.log" nsenter --net="/run/netns/$TAG.$node" -- \
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    unshare --mount --uts --ipc --pid --fork --propagation private \
    bash "$here/node-init" "$node" "$LAB" "$(cat "$LAB/stage" 2>/dev/null || true)"
  wait_for 10 node_pid "$node" || die "node $node did not start: $(tail -n 3 "$LAB/nodes/$node/init.log")"
}

# The kernel ends all that runs in a pid namespace before its init is gone.
node_off() {
  local node=$1 pid
  if pid=$(node_pid "$node"); then
    kill -KILL "$pid" 2>/dev/null || true
    wait_for 10 node_is_off "$node" || die "node $node does not die (pid $pid)"
  fi
  unplug "$node"
}

node_is_off() { ! node_pid "$1" >/dev/null; }

command_kill() {
  [ $# = 1 ] || misuse "kill wants one node"
  require_node "$1"
  node_off "$1"
}

command_start() {
  [ $# = 1 ] || misuse "start wants one node"
  require_node "$1"
  ! node_pid "$1" >/dev/null || die "node $1 is on already"
  unplug "$1"
  node_on "$1"
}

command_run() {
  [ $# -ge 2 ] || misuse "run wants a node and a command"
  local node=$1 pid
  shift
  require_node "$node"
  pid=$(node_pid "$node") || die "node $node is off"
  exec nsenter -t "$pid" -m -u -i -n -p -- \
    env HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LIBVIRT_DEFAULT_URI=qemu:///system \
    LC_ALL=C.UTF-8 PYTHONWARNINGS=ignore "$@"
}

in_node() { # as command_run, but returns
  (command_run "$@")
}
