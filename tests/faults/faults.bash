# shellcheck shell=bash disable=SC2153 # variables of other parts, not misspelt
# The faults. Each is a function fault_NAME that runs at its moment, in a process of its own, with these variables:
#   GUEST FROM TO   the move
#   DC_NODE         the DC at the round's beginning
#   DIE             a number drawn for it; roll N takes a decision from it
#   INDEX           which of the round's faults it is
# It says `did WORDS`, or `missed WORDS` when there was nothing to break. What is to be undone after the fault's time
# is given to `undo_later` before it is done. A function prepare_NAME runs before the move begins.

roll() { # N: into $REPLY a number from 0 to N-1
  REPLY=$((DIE % $1)) DIE=$((DIE / $1))
}

# pick NODE...: into $NODE one of them
pick() {
  local REPLY
  roll $#
  shift "$REPLY"
  NODE=$1
}

did() {
  [ -e "$ROUND/began" ] || echo "$EPOCHREALTIME" >"$ROUND/began"
  : >"$ROUND/done.$INDEX"
  event "FAULT ${NAMES[INDEX]}: $*"
}
missed() { event "fault ${NAMES[INDEX]} missed: $*"; }
# The guest itself is hit: it may be restarted.
victim() { echo "$1" >>"$ROUND/victim.$GUEST"; }
undo_later() { printf '%s\n' "$*" >>"$ROUND/undo.$INDEX"; }

undo_fault() { # INDEX
  local file=$ROUND/undo.$1 line
  mv "$file" "$file.now" 2>/dev/null || return 0
  while read -r -u 7 line; do eval "$line" >/dev/null 2>&1; done 7<"$file.now"
  event "undone: ${NAMES[$1]}"
}

# sees SECONDS COMMAND...: waits until it prints something, into $SEEN
SEEN=''
sees() {
  local end=$((SECONDS + $1))
  shift
  until SEEN=$("$@") && [ -n "$SEEN" ]; do
    [ "$SECONDS" -lt "$end" ] || return 1
    pause 0.1
  done
}

# --- the agent, libvirt, QEMU ---

fault_agent_kill() {
  sees 5 agent_pids "$FROM" || { missed "no migrate_to runs on $FROM"; return; }
  local pid
  for pid in $SEEN; do kill_agent "$FROM" "$pid"; done
  did "the agent's migrate_to on $FROM is killed"
}

fault_libvirtd_kill_source() { kill_libvirtd "$FROM"; }
fault_libvirtd_kill_target() { kill_libvirtd "$TO"; }
fault_libvirtd_stop_source() { stop_libvirtd "$FROM"; }
fault_libvirtd_stop_target() { stop_libvirtd "$TO"; }

kill_libvirtd() { # NODE
  local pid
  undo_later start_libvirtd "$1"
  for pid in $(libvirtd_pids "$1"); do
    node_signal "$1" KILL "$pid" && did "libvirtd on $1 is killed"
  done
}

stop_libvirtd() { # NODE
  local pid
  for pid in $(libvirtd_pids "$1"); do
    undo_later node_signal "$1" CONT "$pid"
    node_signal "$1" STOP "$pid" && did "libvirtd on $1 is stopped"
  done
}

fault_qemu_kill_source() { kill_qemu "$FROM" "$TO"; }
fault_qemu_kill_target() { kill_qemu "$TO" "$FROM"; }

# Is the process the guest, or only its empty or abandoned shell at the other end? A target's vCPU has run no 3 ms
# before the guest arrives. The process is stopped first, so that the answer still holds when it dies.
kill_qemu() { # NODE OTHER-END
  local pid other
  sees 6 qemu_on "$1" || { missed "no QEMU of $GUEST comes to $1"; return; }
  pid=$SEEN
  node_signal "$1" STOP "$pid"
  other=$(qemu_on "$2")
  if [ "$1" = "$TO" ]; then
    [ "$(vcpu_ns "$pid")" -lt 3000000 ] || victim "its QEMU on $1"
  elif [ -z "$other" ] || [ "$(vcpu_ns "$other")" -lt 3000000 ]; then
    victim "its QEMU on $1"
  fi
  node_signal "$1" KILL "$pid"
  did "$GUEST's QEMU on $1 is killed$([ ! -e "$ROUND/victim.$GUEST" ] || echo ", which is the guest")"
}

qemu_on() { qemu_processes "$GUEST" | sed -n "s/^$1 //p" | head -n 1; }

# --- wires ---

fault_mig_cut() {
  pick "$FROM" "$TO"
  undo_later lab_does heal "$NODE" mig
  lab_does cut "$NODE" mig
  did "mig is pulled out of $NODE"
}

fault_mig_drop_both() {
  pick "$FROM" "$TO"
  lose "$NODE" both mig
}

fault_mig_drop_one_way() {
  local REPLY ways=(in out)
  pick "$FROM" "$TO"
  roll 2
  lose "$NODE" "${ways[REPLY]}" mig
}

fault_networks_drop() {
  pick "$FROM" "$TO"
  lose "$NODE" both mig stor guest
}

# Nothing comes through but the cluster's own messages: no migration can succeed, and no node is lost.
fault_every_network_drop() {
  pick "$FROM" "$TO"
  lose "$NODE" both mig stor guest mgmt
}

# As `lab drop`, but all at once, for the moment matters: on mgmt corosync's messages still pass.
lose() { # NODE WAY NETWORK...
  local node=$1 way=$2 table="inet faults$INDEX" network chain rules
  shift 2
  rules="add table $table; add chain $table in { type filter hook input priority -300; };"
  rules+="add chain $table out { type filter hook output priority -300; };"
  for chain in in out; do
    [ "$way" = both ] || [ "$way" = "$chain" ] || continue
    for network in "$@"; do
      if [ "$network" = mgmt ]; then
        rules+="add rule $table $chain ${chain:0:1}ifname mgmt udp dport 5405 accept;"
      fi
      rules+="add rule $table $chain ${chain:0:1}ifname $network drop;"
    done
  done
  undo_later at "$node" nft delete table "$table"
  if at "$node" nft "$rules" >/dev/null; then did "$node loses packets on $* ($way)"; else missed "nft on $node refuses"; fi
}

# --- nodes and the cluster's daemons ---

fault_power_source() { power_off "$FROM"; }
fault_power_target() { power_off "$TO"; }
fault_power_dc() { power_off "$DC_NODE"; }

power_off() { # NODE
  : >"$ROUND/off.$1"
  lab_does kill "$1"
  did "$1 is powered off"
}

fault_execd_kill() { kill_daemon pacemaker-execd; }
fault_attrd_kill() { kill_daemon pacemaker-attrd; }
fault_controld_kill() { kill_daemon pacemaker-controld; }
fault_based_kill() { kill_daemon pacemaker-based; }

kill_daemon() { # NAME
  local pid
  pick "$FROM" "$TO" "$DC_NODE"
  for pid in $(node_processes "$NODE" "^[^ ]*/$1( |\$)"); do
    node_signal "$NODE" KILL "$pid" && did "$1 on $NODE is killed"
  done
}

fault_wherryd_kill() {
  local pid
  pick "$FROM" "$TO"
  for pid in $(node_processes "$NODE" '^[^ ]*wherryd( |$)'); do
    node_signal "$NODE" KILL "$pid" && did "wherryd on $NODE is killed"
  done
  [ -e "$ROUND/done.$INDEX" ] || missed "there is no wherryd on $NODE"
}

# --- the administrator ---

prepare_timeout_short() {
  undo_later cluster pcs resource update "$GUEST" op migrate_to "timeout=${MIGRATE_TIMEOUT_S}s"
  undo_later lab_does shape "$FROM" mig "$WIRE_MBIT"
  lab_does shape "$FROM" mig 40
  cluster pcs resource update "$GUEST" op migrate_to timeout=6s >/dev/null
}
fault_timeout_short() { did "migrate_to has 6 s, and the wire 40 Mbit/s"; }

fault_cleanup() {
  cluster crm_resource --cleanup --resource "$GUEST" >/dev/null
  did "pcs resource cleanup $GUEST"
}

fault_refresh() {
  cluster crm_resource --refresh --resource "$GUEST" >/dev/null
  did "pcs resource refresh $GUEST"
}

# Elsewhere, or back: where it still is, there is nothing to move, and the first wish is only taken back.
fault_move_again() {
  local node REPLY others=()
  for node in "${NODES[@]}"; do [ "$node" = "$TO" ] || others+=("$node"); done
  pick "${others[@]}"
  cluster crm_resource --move --resource "$GUEST" --node "$NODE" >/dev/null ||
    cluster crm_resource --clear --resource "$GUEST" >/dev/null
  did "pcs resource move $GUEST $NODE"
}

fault_standby() {
  undo_later cluster crm_standby --node "$FROM" --delete
  cluster crm_standby --node "$FROM" --update on >/dev/null
  did "pcs node standby $FROM"
}

fault_disable() {
  victim "it was disabled"
  undo_later cluster crm_resource --resource "$GUEST" --meta --delete-parameter target-role
  cluster crm_resource --resource "$GUEST" --meta --set-parameter target-role --parameter-value Stopped >/dev/null
  did "pcs resource disable $GUEST"
}

# --- the disk and the clock ---

fault_var_full() {
  [ "$AGENT" = ocf:wherry:LiveDomain ] || { missed "the agent has nothing in /var/lib/wherry"; return; }
  undo_later rm -f "$SCRATCH/disk-$FROM/full" "$SCRATCH/disk-$TO/full"
  pick "$FROM" "$TO" both
  local node
  for node in "$FROM" "$TO"; do
    [ "$NODE" = "$node" ] || [ "$NODE" = both ] || continue
    head -c 2M /dev/zero 2>/dev/null >"$SCRATCH/disk-$node/full"
    did "/var/lib/wherry is full on $node"
  done 2>/dev/null
}

# Nodes share the host's clock, which must not be touched, and a time namespace has no offset for CLOCK_REALTIME. So
# the agent runs under libfaketime, whose file of the offset is changed in the middle; wherryd and Pacemaker do not.
prepare_clock_step() {
  local library node name=${AGENT##*:} agent
  library=$(faketime_library) || { : >"$ROUND/no-faketime"; return; }
  agent=/usr/lib/ocf/resource.d/$(cut -d: -f2 <<<"$AGENT")/$name
  for node in "$FROM" "$TO"; do
    mkdir -p "$SCRATCH/clock-$node"
    echo +0 >"$SCRATCH/clock-$node/offset"
    cat >"$SCRATCH/clock-$node/wrapper" <<W
#!/bin/bash
export LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$SCRATCH/clock-$node/offset
export FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
exec -a "\$0" $SCRATCH/clock-$node/$name "\$@"
W
    chmod +x "$SCRATCH/clock-$node/wrapper"
    undo_later at "$node" umount -l "$agent"
    at "$node" sh -c "cp '$agent' '$SCRATCH/clock-$node/$name' && mount --bind '$SCRATCH/clock-$node/wrapper' '$agent'"
  done
}

fault_clock_step() {
  local REPLY steps=(-86400 -3600 -30 30 3600 86400)
  [ ! -e "$ROUND/no-faketime" ] || { missed "libfaketime cannot be had"; return; }
  roll 6
  pick "$FROM" "$TO"
  printf '%+d\n' "${steps[REPLY]}" >"$SCRATCH/clock-$NODE/offset.new"
  mv "$SCRATCH/clock-$NODE/offset.new" "$SCRATCH/clock-$NODE/offset"
  did "the agent's clock on $NODE is stepped by ${steps[REPLY]} s"
}

# Unpacked, not installed. Fetched once.
faketime_library() {
  local dir=${WHERRY_LAB_CACHE:-/var/cache/wherry-lab}/unpacked/libfaketime
  (
    exec 6>"${WHERRY_LAB_CACHE:-/var/cache/wherry-lab}/faketime.lock" && flock -w 60 6 || exit 1
    [ -d "$dir" ] && exit
    mkdir -p "$dir.new" && cd "$dir.new" && timeout 60 apt-get -qq -o APT::Sandbox::User=root download libfaketime &&
      dpkg -x ./*.deb . && rm ./*.deb && mv "$dir.new" "$dir"
  ) >/dev/null 2>&1 && find "$dir" -name 'libfaketimeMT.so.1' | grep .
}
