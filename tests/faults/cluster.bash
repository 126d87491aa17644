# shellcheck shell=bash
# The cluster that the campaign plays on: looking at it, raising it, and healing it.

WIRE_MBIT=200 # so that a move lasts some seconds, and something can happen in its middle
# Seen under the same path by all nodes (their /run is their own). A fixed name: what a killed run left is found.
SCRATCH=/tmp/wherry-faults${WHERRY_LAB//\//_}
# shellcheck disable=SC2034 # used by round.bash
MIGRATE_TIMEOUT_S=30

# --- what the cluster says ---

VIEW='' DC=''
declare -A SAID=() ON_NODES=() NODE_IS_WELL=()

# look: from a node whose partition has quorum, into VIEW crm_mon's XML, into DC the DC, into SAID[RESOURCE] its role and
# what is not as it should be, into ON_NODES[RESOURCE] its nodes, into NODE_IS_WELL[NODE] whether it is a full member.
look() {
  local node view REPLY
  for node in $DC "${NODES[@]}"; do
    node_init "$node" || continue
    view=$(at "$node" crm_mon -1 --output-as=xml 2>/dev/null) || continue
    [[ $view =~ \<current_dc\ present=\"true\"[^\>]*\ name=\"([^\"]*)\"[^\>]*with_quorum=\"true\" ]] || continue
    VIEW=$view DC=${BASH_REMATCH[1]}
    read_view
    return 0
  done
  return 1
}

read_view() { # no forks
  local line id='' said
  SAID=() ON_NODES=() NODE_IS_WELL=()
  while read -r line; do
    case $line in
      '<resource '*)
        [[ $line =~ id=\"([^\"]*)\".*role=\"([^\"]*)\" ]] || continue
        id=${BASH_REMATCH[1]} said=${BASH_REMATCH[2]}
        [[ $line != *'managed="false"'* ]] || said+=" unmanaged"
        [[ $line != *'maintenance="true"'* ]] || said+=" maintenance"
        [[ $line != *'blocked="true"'* ]] || said+=" blocked"
        [[ $line != *'failed="true"'* ]] || said+=" FAILED"
        # A monitor that an earlier DC ordered and nobody answers for stays "pending" for good: it says nothing.
        [[ ! $line =~ pending=\"([^\"]*)\" ]] || [ "${BASH_REMATCH[1]}" = Monitoring ] || said+=" (${BASH_REMATCH[1]})"
        SAID[$id]=$said ON_NODES[$id]=''
        ;;
      '</resources>') break ;;
      '<node name='*)
        [[ $line =~ name=\"([^\"]*)\" ]]
        if [ -n "$id" ]; then
          ON_NODES[$id]+=${ON_NODES[$id]:+ }${BASH_REMATCH[1]}
        elif [[ $line == *'online="true" standby="false"'*'pending="false" unclean="false"'* ]]; then
          NODE_IS_WELL[${BASH_REMATCH[1]}]=yes
        fi
        ;;
    esac
  done <<<"$VIEW"
}

# sound GUEST: at the last look started, managed, alone, and nothing in doubt; and its only QEMU is there. Into
# $HOME_NODE where.
HOME_NODE=''
sound() {
  HOME_NODE=${ON_NODES[$1]:-}
  [ "${SAID[$1]:-}" = Started ] && [ -n "$HOME_NODE" ] && [[ $HOME_NODE != *' '* ]] &&
    [[ $(qemu_processes "$1") =~ ^"$HOME_NODE "[0-9]+$ ]]
}

is_idle() { at "$DC" crmadmin -S "$DC" 2>/dev/null | grep -q S_IDLE; }

# cluster COMMAND...: where it can be done, first of all at the DC
cluster() {
  local node REPLY
  for node in $DC "${NODES[@]}"; do
    ! node_init "$node" || ! at "$node" "$@" 2>&1 || return 0
  done
  return 1
}

# --- raising it ---

# Each node's /var/lib/wherry is a disk of its own, small enough to be filled, and it outlives the node's power.
scratch_up() {
  local node
  scratch_down
  mkdir -p "$SCRATCH" && chmod 755 "$SCRATCH"
  for node in "${NODES[@]}"; do
    mkdir "$SCRATCH/disk-$node"
    mount -t tmpfs -o size=512k,mode=755 tmpfs "$SCRATCH/disk-$node" || return 1
  done
}

scratch_down() {
  local node
  for node in "${NODES[@]}"; do
    ! mountpoint -q "$SCRATCH/disk-$node" || umount -l "$SCRATCH/disk-$node"
  done
  rm -rf --one-file-system "$SCRATCH"
}

# What a node needs each time it has been powered on. Its kernel is the host's: without a boot id of its own, a node
# that was off would look as if it had never been away.
prepare_node() {
  wait_until 20 has_booted "$1" || return 1
  at "$1" sh -c "mkdir -p /var/lib/wherry && mount --bind '$SCRATCH/disk-$1' /var/lib/wherry
    cat /proc/sys/kernel/random/uuid >/run/boot_id && mount --bind /run/boot_id /proc/sys/kernel/random/boot_id" &&
    lab_does shape "$1" mig "$WIRE_MBIT"
}

# Its first process becomes tini when its mounts are made and its daemons started.
has_booted() {
  local REPLY
  node_init "$1" && [ "$(<"/proc/$REPLY/comm")" = tini ]
}

# What a campaign that was killed has left: its samplers, in the files where it noted them.
end_old_samplers() {
  local file pid
  for file in "$LAB"/guests/*/copies.pid; do
    pid=$(cat "$file" 2>/dev/null) || continue
    ! grep -qz 'sample-copies$' "/proc/$pid/cmdline" 2>/dev/null || kill "$pid"
  done
}

raise_cluster() {
  local node guest
  end_old_samplers
  timeout 60 "$LAB_HERE/lab" down >&2
  scratch_up || return 1
  timeout 300 "$LAB_HERE/lab" up --nodes 3 --stonith --stage "$STAGE" >&2 || return 1
  for node in "${NODES[@]}"; do
    prepare_node "$node" || return 1
  done
  look || return 1
  if [ "$AGENT" = ocf:wherry:LiveDomain ]; then
    cluster pcs resource create mignets ocf:wherry:MigrationNetworks clone >/dev/null || return 1
    wait_until 30 all_publish || return 1
  fi
  for guest in "${GUESTS[@]}"; do
    make_guest "$guest" || return 1
  done
  wait_until 60 all_is_well && wait_until 30 is_idle
}

all_publish() { [ "$(at a1 attrd_updater -n wherry-links -Q -A | grep -c 'link mig up')" = 3 ]; }

make_guest() {
  local xml options=()
  # 512 B each 0.2 s: enough for seven hours
  xml=$(timeout 30 "$LAB_HERE/lab" guest "$1" --memory 128 --disk 64) || return 1
  # shellcheck disable=SC2034 # nodes.bash reads it
  UUID[$1]=$(guest_uuid "$1") || return 1
  # Without it VirtualDomain uses the node's plain name: mgmt, whose wire is not shaped.
  [ "$AGENT" = ocf:wherry:LiveDomain ] || options=(migration_network_suffix=-mig)
  cluster pcs resource create "$1" "$AGENT" "config=$xml" migration_transport=tcp "${options[@]}" \
    op monitor interval=5s op migrate_to "timeout=${MIGRATE_TIMEOUT_S}s" meta allow-migrate=true resource-stickiness=100 >/dev/null
}

# All nodes are in, and each guest is started, managed and alone.
all_is_well() { look && is_well; }

is_well() { # at the last look
  local guest
  [ "${#NODE_IS_WELL[@]}" = "${#NODES[@]}" ] || return 1
  for guest in "${GUESTS[@]}"; do sound "$guest" || return 1; done
}

# --- healing it ---

# What could have been left broken by a fault whose own undoing was cut short. Nothing that the agent should do itself.
heal() {
  local node pid
  for node in "${NODES[@]}"; do
    node_init "$node" || continue
    for pid in $(libvirtd_pids "$node"); do node_signal "$node" CONT "$pid"; done
    start_libvirtd "$node"
    if [ -z "$(node_processes "$node" '^([^ ]*/)?pacemakerd( |$)')" ]; then
      event "Pacemaker is started again on $node"
      at "$node" setsid -f sh -c 'exec pacemakerd -f >>/var/log/pacemakerd.out 2>&1'
    fi
  done
  for node in "${NODES[@]}"; do
    node_init "$node" || power_on "$node"
  done
}

# Not before the others have made sure of its end: they would switch it off again.
power_on() {
  wait_until 40 is_fenced "$1" 2>/dev/null || event "$1 is not known as safely off after 40 s"
  lab_does start "$1" && prepare_node "$1" && event "$1 is powered on again"
}

is_fenced() { look && [[ $VIEW =~ \<node\ name=\"$1\"[^\>]*online=\"false\"[^\>]*unclean=\"false\" ]]; }
