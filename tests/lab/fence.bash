# shellcheck shell=bash
# The power switch of the nodes. A node cannot end another's processes (each has a pid namespace of
# its own), so fence_wherry_lab writes "ACTION NODE REPLY" into a named pipe that all nodes have, and a
# process of the lab, outside of all nodes, does it and answers in the file REPLY.

fence_up() {
  mkfifo "$LAB/fence/requests"
  # In the switch's network namespace `raze` finds it even if it has recorded nothing.
  detached "$LAB/fence/log" nsenter --net="/run/netns/$TAG.switch" -- \
    env WHERRY_LAB="$LAB" WHERRY_LAB_CACHE="$CACHE" "$here/lab" fence-daemon
}

# First of all when razing: it might start nodes.
fence_down() {
  [ ! -e "/run/netns/$TAG.switch" ] || wait_for 10 netns_emptied switch || die "the fence process does not die"
}

command_fence_daemon() {
  local action node reply answer
  # Open for writing too: never an end of file when the last agent closes it.
  exec 8<>"$LAB/fence/requests"
  while read -r -u 8 action node reply; do
    [[ $reply =~ ^[A-Za-z0-9.-]+$ ]] || continue
    answer=$(fence_action "$action" "$node" 2>&1) || answer="failed: $answer"
    printf '%(%T)T %s %s: %s\n' -1 "$action" "$node" "$answer"
    echo "$answer" >"$LAB/fence/.$reply"
    mv "$LAB/fence/.$reply" "$LAB/fence/$reply"
  done
}

fence_action() (
  case $1 in
    monitor) echo ok && return ;;
    list) lab_nodes | xargs && return ;;
  esac
  require_node "$2"
  case $1 in
    off) node_off "$2" ;;
    on) node_is_off "$2" && unplug "$2" && node_on "$2" 8>&- ;;
    reboot) node_off "$2" && node_on "$2" 8>&- ;;
    status) node_is_off "$2" && echo off && return || echo on && return ;;
    *) die "unknown action '$1'" ;;
  esac
  echo ok
)
