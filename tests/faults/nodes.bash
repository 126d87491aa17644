# shellcheck shell=bash disable=SC2153 # variables of other parts, not misspelt
# Nodes, their processes and their bytes. Nothing is sent to a process that is not in the node's own namespace.

NODES=(a1 a2 a3)
GUESTS=(g1 g2)
declare -A UUID=() # of the guests

# Not `read -t`, which needs no process: a bash that gets SIGTERM inside it dies, and leaves a lab behind.
pause() { sleep "$1"; } # SECONDS

# at NODE COMMAND...: as `lab run`, but without the shell and the six processes that each of those costs; we look at
# the cluster several times a second.
at() {
  local REPLY
  node_init "$1" || return 1
  shift
  timeout -k 2 20 nsenter -t "$REPLY" -m -u -i -n -p -- env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    LIBVIRT_DEFAULT_URI=qemu:///system LC_ALL=C.UTF-8 PYTHONWARNINGS=ignore "$@" </dev/null
}
lab_does() { timeout -k 2 30 "$LAB_HERE/lab" "$@" </dev/null >/dev/null 2>&1; }

# node_init NODE: into $REPLY the pid of its first process, as the host sees it; fails when the node is off. No fork:
# this is asked many times a second.
node_init() {
  local start stat fields
  read -r REPLY start 2>/dev/null <"$LAB/nodes/$1/pid" || return 1
  { read -r -d '' stat <"/proc/$REPLY/stat" || [ -n "${stat:-}" ]; } 2>/dev/null || return 1
  read -r -a fields <<<"${stat##*) }"
  [ "${fields[0]}" != Z ] && [ "${fields[19]}" = "$start" ]
}

is_in_node() { # PID NODE
  local REPLY
  node_init "$2" && [ "/proc/$1/ns/pid" -ef "/proc/$REPLY/ns/pid" ]
}

# node_processes NODE REGEX: the host's pids of those whose command line matches. No forks, here and below: pgrep reads
# all of the machine's processes at five times the price, and on a busy machine that is felt.
node_processes() {
  local dir args init REPLY
  node_init "$1" || return 0
  init=$REPLY
  for dir in /proc/[0-9]*; do
    { [ "$dir/ns/pid" -ef "/proc/$init/ns/pid" ] && mapfile -d '' -t args <"$dir/cmdline"; } || continue
    [[ ! "${args[*]}" =~ $2 ]] || echo "${dir#/proc/}"
  done 2>/dev/null
}

node_signal() { # NODE SIGNAL PID
  is_in_node "$3" "$1" && kill "-$2" "$3" 2>/dev/null
}

libvirtd_pids() { node_processes "$1" '^([^ ]*/)?libvirtd( |$)'; }
agent_pids() { node_processes "$1" '/(LiveDomain|VirtualDomain) migrate_to$'; }

# As Pacemaker does it with one that is late: the whole process group, at once.
kill_agent() { # NODE PID
  local stat fields
  stat=$(cat "/proc/$2/stat" 2>/dev/null) || return 1
  read -r -a fields <<<"${stat##*) }"
  is_in_node "$2" "$1" || return 1
  if [ "${fields[2]}" = "$2" ]; then kill -KILL -- "-$2"; else kill -KILL "$2"; fi 2>/dev/null
}

start_libvirtd() { # NODE
  [ -z "$(libvirtd_pids "$1")" ] || return 0
  at "$1" sh -c 'rm -f /run/libvirtd.pid; libvirtd --listen --daemon' >/dev/null 2>&1
}

# scan_qemus: into QEMUS[PID] "GUEST NODE" of each QEMU that is one of our guests, running or paused
declare -A QEMUS=()
scan_qemus() {
  local dir name args guest node REPLY
  QEMUS=()
  for dir in /proc/[0-9]*; do
    { read -r name <"$dir/comm" && [[ $name == qemu-system* ]] && mapfile -d '' -t args <"$dir/cmdline"; } || continue
    for guest in "${GUESTS[@]}"; do
      [[ " ${args[*]} " == *" -uuid ${UUID[$guest]:-none} "* ]] || continue
      for node in "${NODES[@]}"; do
        ! is_in_node "${dir#/proc/}" "$node" || QEMUS[${dir#/proc/}]="$guest $node"
      done
    done
  done 2>/dev/null
}

qemu_processes() { # GUEST: "NODE PID" of each
  local pid
  scan_qemus
  for pid in "${!QEMUS[@]}"; do
    [[ ${QEMUS[$pid]} != "$1 "* ]] || echo "${QEMUS[$pid]#* } $pid"
  done
}

vcpu_ns() { # PID: the time its vCPUs have run
  local task name ns sum=0
  for task in "/proc/$1"/task/*; do
    { read -r name <"$task/comm" && read -r ns _ <"$task/schedstat"; } 2>/dev/null || continue
    [[ $name != CPU\ * ]] || sum=$((sum + ns))
  done
  echo "$sum"
}

mig_bytes() { # NODE: into $REPLY what it has sent over mig since it was powered on; no fork
  local line fields
  node_init "$1" || { REPLY=0; return 1; }
  while read -r line; do
    if [[ $line == mig:* ]]; then
      read -r -a fields <<<"${line#mig:}"
      REPLY=${fields[8]}
      return
    fi
  done 2>/dev/null <"/proc/$REPLY/net/dev"
  REPLY=0
}
