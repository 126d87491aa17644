# shellcheck shell=bash
# The wires. All bridges live in one namespace ($TAG.switch), each node has one of its own, and the
# shared storage another ($TAG.storage): no packet reaches the host's network.

in_netns() { # NAME COMMAND...: changes the network only, not the mounts
  local ns=$1
  shift
  nsenter --net="/run/netns/$TAG.$ns" -- "$@"
}

network_number() { # mgmt 1, mig 2, stor 3, guest 4: the K of 10.99.K.x and fd99:K::x
  local k
  for k in "${!NETWORKS[@]}"; do
    if [ "${NETWORKS[k]}" = "$1" ]; then
      echo $((k + 1))
      return
    fi
  done
  misuse "there is no network '$1' (there are: ${NETWORKS[*]})"
}

switch_up() {
  local net
  ip netns add "$TAG.switch"
  # The switch has no addresses and shall not chatter.
  in_netns switch sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
  for net in "${NETWORKS[@]}"; do
    echo "link add br-$net type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
    echo "link set br-$net up"
  done | ip -n "$TAG.switch" -batch -
}

storage_up() {
  ip netns add "$TAG.storage"
  plug storage stor 250
}

# plug NODE NETWORK HOST_NUMBER: a cable between node and switch. The card keeps its MAC when the node is off, as cards
# do: another one, and the others would send to the old one until they notice.
plug() {
  local node=$1 net=$2 host=$3 k mac
  k=$(network_number "$net")
  mac=$(printf '02:99:00:00:%02x:%02x' "$k" "$host")
  ip -n "$TAG.switch" -batch - <<B
link add $node-$net type veth peer name $net address $mac netns $TAG.$node
link set $node-$net master br-$net up
B
  ip -n "$TAG.$node" -batch - <<B
link set lo up
addr add 10.99.$k.$host/24 dev $net
addr add fd99:$k::$host/64 dev $net nodad
link set $net up
B
}

# The cables go with the namespace, but a process that is late to die could keep that alive.
unplug() {
  local net
  for net in "${NETWORKS[@]}"; do
    ip -n "$TAG.switch" link del "$1-$net" 2>/dev/null || true
  done
  ip netns del "$TAG.$1" 2>/dev/null || true
}

lab_netns() { # all of this lab's namespaces, without the tag
  ip netns list 2>/dev/null | sed -n "s/^$TAG\.\([a-z0-9]*\).*/\1/p"
}

cable_arguments() { # COMMAND NODE NETWORK: check what cut, drop and their kin were given
  [ $# -ge 3 ] || misuse "$1 wants a node and a network (see lab --help)"
  require_node "$2"
  network_number "$3" >/dev/null
  [ -e "/run/netns/$TAG.$2" ] || die "node $2 is off"
}

command_cut() {
  cable_arguments cut "$@"
  ip -n "$TAG.switch" link set "$1-$2" down
}

command_heal() {
  cable_arguments heal "$@"
  ip -n "$TAG.switch" link set "$1-$2" up
}

command_drop() {
  cable_arguments drop "$@"
  local way=${3:-both}
  case $way in
    in | out | both) ;;
    *) misuse "drop: '$way' is not in, out or both" ;;
  esac
  in_netns "$1" nft -f - <<N
table inet lab {
  set lose_in { type ifname; }
  set lose_out { type ifname; }
  chain input { type filter hook input priority -300; policy accept; }
  chain output { type filter hook output priority -300; policy accept; }
}
flush chain inet lab input
flush chain inet lab output
add rule inet lab input iifname @lose_in drop
add rule inet lab output oifname @lose_out drop
N
  [ "$way" = out ] || in_netns "$1" nft add element inet lab lose_in "{ \"$2\" }"
  [ "$way" = in ] || in_netns "$1" nft add element inet lab lose_out "{ \"$2\" }"
}

command_undrop() {
  cable_arguments undrop "$@"
  local set
  for set in lose_in lose_out; do
    in_netns "$1" nft delete element inet lab "$set" "{ \"$2\" }" 2>/dev/null || true
  done
}

command_shape() {
  cable_arguments shape "$@"
  local end=("$TAG.$1:$2" "$TAG.switch:$1-$2") e
  [[ ${3:-} =~ ^(off|[1-9][0-9]*)$ ]] || misuse "shape: '${3:-}' is neither a rate in Mbit/s nor off"
  for e in "${end[@]}"; do
    if [ "$3" = off ]; then
      tc -n "${e%%:*}" qdisc del dev "${e#*:}" root 2>/dev/null || true
    else
      tc -n "${e%%:*}" qdisc replace dev "${e#*:}" root tbf rate "${3}mbit" burst 64kb latency 50ms
    fi
  done
}
