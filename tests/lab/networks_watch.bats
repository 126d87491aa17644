#!/usr/bin/env bats
# ocf:wherry:MigrationNetworks and wherryd: each node's links are known on all nodes, and soon. What is
# asserted is what Pacemaker's own tools say of the node attribute on another node than the one concerned.

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-networks_watch
load lib.bash

AGENT=/usr/lib/ocf/resource.d/wherry/MigrationNetworks
DAEMON=/usr/libexec/wherry/wherryd
LOCK=/run/wherry/wherryd.lock

setup_file() {
  lab up --nodes 3 --stage "$WHERRY_STAGE"
}

teardown_file() {
  lab down
}

# Every test begins with the clone running everywhere, all cables in, and their ups told, whatever the one before
# has left.
setup() {
  local node
  if ! clone_works; then
    by_cluster
    on a1 pcs resource delete mignets >/dev/null 2>&1 || true
    on a1 pcs resource create mignets ocf:wherry:MigrationNetworks clone
    wait_until 30 all_follow
  fi
  for node in a1 a2 a3; do
    wait_until 20 a_link_is a1 "$node" mig up
  done
}

teardown() {
  lab heal a2 mig
}

# --- what is seen ---

clone_works() { on a1 cibadmin --query --xpath '//clone[@id="mignets-clone"]' >/dev/null 2>&1 && all_follow; }

links_of() { on "$1" attrd_updater --query --name wherry-links --node "$2" 2>/dev/null; } # as NODE knows those of NODE
a_link_is() { [[ "$(links_of "$1" "$2") " == *"; link $3 $4 "* ]]; }                       # as NODE knows NODE's NETWORK
nothing_is_known_of() {                                                                   # NODE: to the first node
  [[ "$(links_of a1 "$1")" != *wherry-links/* ]]
}
daemons() { on "$1" pgrep -x wherryd; } # their pids, as the node counts
daemon() {
  local pids
  pids=$(daemons "$1")
  [[ $pids =~ ^[0-9]+$ ]] && echo "$pids"
}
daemon_is_not() { [ "$(daemon "$1")" != "$2" ] && daemon "$1" >/dev/null; }
all_follow() {
  local node
  for node in a1 a2 a3; do
    daemon "$node" >/dev/null && a_link_is a1 "$node" mgmt up || return 1
  done
}
clone_is_started() { [ "$(on a1 crm_mon -1 -r -R | grep -cE '^ .*mignets.*Started a[123]$')" = 3 ]; }
no_daemon_on() { [ -z "$(daemons "$1")" ]; }

# How often the cluster has been told something new of a2's links: attrd on a1 logs each change once.
publications() { grep -c 'Setting wherry-links\[a2\]' "$LAB/nodes/a1/log/pacemaker/pacemaker.log" || true; }

# agent NODE ACTION [NAME=VALUE...]: as Pacemaker calls it
agent() {
  local node=$1 action=$2
  shift 2
  on "$node" env OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=mignets OCF_RA_VERSION_MAJOR=1 "$@" timeout -s KILL 30 "$AGENT" "$action"
}

# Nothing of Pacemaker's interferes while a test calls the agent itself.
by_hand() { on a1 pcs property set maintenance-mode=true && on a1 crm_resource --wait; }
by_cluster() { on a1 pcs property unset maintenance-mode 2>/dev/null || true; }

# known_after_ms STATE COMMAND...: milliseconds from the call of COMMAND, which changes a2's cable of mig, until
# a1 knows STATE, asking every 20 ms
known_after_ms() {
  local state=$1 began
  shift
  # one process that asks: to enter the node each time would take as long as what is measured
  on a1 timeout 30 bash -c '
    until [[ "$(attrd_updater -Q -n wherry-links -N a2 2>/dev/null)" == *"; link mig $0 "* ]]; do sleep 0.02; done
    echo "${EPOCHREALTIME/./}"' "$state" >"$BATS_TEST_TMPDIR/known" 3>&- 4>&- &
  sleep 0.2 # it asks already
  began=${EPOCHREALTIME/./}
  "$@"
  wait $!
  echo $((($(<"$BATS_TEST_TMPDIR/known") - began) / 1000))
}

# --- created, found ---

@test "pcs creates the clone, and every node's links are known on every node" {
  local from of
  for from in a1 a2 a3; do
    for of in a1 a2 a3; do
      [[ "$(links_of "$from" "$of")" == *"; link mig up "*"ip=10.99.2.${of#a}/24 ip=fd99:2::${of#a}/64;"* ]]
      [[ "$(links_of "$from" "$of")" == *'; end 4"' ]]
    done
  done
  clone_is_started
}

@test "the links are never written to the CIB" {
  run ! grep -q wherry-links <(on a1 cibadmin --query)
}

# crm warns of the lab itself, which has no fencing; of the resource it has nothing to say
complains_not() {
  run "$@"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output != *ERROR* && $output != *mignets* ]]
}

@test "crm creates the clone without a complaint, and it works the same" {
  on a1 pcs resource delete mignets
  complains_not on a1 crm configure primitive mignets ocf:wherry:MigrationNetworks params order="10.99.2.0/24" \
    op start timeout=20s interval=0 op stop timeout=20s interval=0 op monitor interval=10s timeout=20s meta target-role=Stopped
  complains_not on a1 crm configure clone mignets-clone mignets
  complains_not on a1 crm resource start mignets-clone
  wait_until 30 all_follow
  on a1 crm resource param mignets set order "10.99.2.0/24 10.99.3.0/24"
  on a1 pcs resource delete mignets
  wait_until 10 no_daemon_on a2
}

# --- a link goes, a link comes ---

# The promise is a second. Five cuts are tried and the third fastest counts, so that a machine which stands still
# for once does not fail it, and something that polls each second or slower cannot pass by luck.
@test "a cut cable is known on another node within one second" {
  local i times=() sorted
  for i in 1 2 3 4 5; do
    times+=("$(known_after_ms down lab cut a2 mig)")
    lab heal a2 mig
    wait_until 15 a_link_is a1 a2 mig up
  done
  mapfile -t sorted < <(printf '%s\n' "${times[@]}" | sort -n)
  echo "# from cut to known, ms: ${times[*]}" >&3
  [ "${sorted[2]}" -lt 1000 ]
}

@test "the daemon asks the kernel for links only when it reported a change" {
  local trace=$BATS_TEST_TMPDIR/trace
  on a2 timeout 12 strace -q -e trace=sendto,sendmsg,recvfrom,recvmsg -p "$(daemon a2)" >"$trace" 2>&1 3>&- 4>&- || true
  cat "$trace"
  run ! grep -E '(send|recv)[a-z]*\(' "$trace" # not even whether there is a message
  # strace sees it where there is something to see
  on a2 timeout 3 strace -q -e trace=sendto,sendmsg,recvfrom,recvmsg -p "$(daemon a2)" >"$trace" 2>&1 3>&- 4>&- &
  wait_until 2 on a2 pgrep -x strace
  lab cut a2 mig
  wait || true
  grep -q RTM_GETLINK "$trace"
}

@test "a cable that is healed long after is known at once, soon after when it has held for two seconds" {
  local soon late
  known_after_ms down lab cut a2 mig >/dev/null
  soon=$(known_after_ms up lab heal a2 mig)
  sleep 10.5 # the window of the damping, with nothing in it
  known_after_ms down lab cut a2 mig >/dev/null
  sleep 10.5
  late=$(known_after_ms up lab heal a2 mig)
  echo "# from heal to known, ms: soon after the cut $soon, long after $late" >&3
  [ "$soon" -ge 2000 ]
  [ "$late" -lt 2000 ]
}

@test "a link that flaps ten times in three seconds is told down at once and up once" {
  local before i
  sleep 10.5 # its past forgotten
  before=$(publications)
  for i in 1 2 3 4 5 6 7 8 9 10; do
    lab cut a2 mig
    sleep 0.13
    lab heal a2 mig
    sleep 0.13
  done
  a_link_is a1 a2 mig down
  wait_until 15 a_link_is a1 a2 mig up
  echo "# publications for 10 cuts and heals: $(($(publications) - before))" >&3
  # on a machine that stands still for two seconds between a heal and a cut, one more pair is right
  [ $(($(publications) - before)) -ge 2 ]
  [ $(($(publications) - before)) -le 4 ]
}

@test "an address that is taken away is known on another node, and other links are told as before" {
  on a2 ip addr del 10.99.4.2/24 dev guest
  wait_until 5 eval '[[ "$(links_of a1 a2)" != *10.99.4.2* ]]'
  a_link_is a1 a2 guest up
  a_link_is a1 a2 mig up
  on a2 ip addr add 10.99.4.2/24 dev guest
  wait_until 15 eval '[[ "$(links_of a1 a2)" == *10.99.4.2/24* ]]'
}

# --- the daemon's life ---

@test "killed, the daemon is missed by the next monitor and started again; no guest and no other resource is disturbed" {
  local pid others
  lab guest web >/dev/null
  on a1 pcs resource create web ocf:wherry:LiveDomain config="$LAB/shared/web.xml" force_stop=true meta allow-migrate=true
  on a1 pcs resource create other ocf:pacemaker:Dummy
  wait_until 40 guest_count_exceeds web 0
  on a1 crm_resource --wait
  others=$(pids_of_others)
  for node in a1 a2 a3; do
    pid=$(daemon "$node")
    on "$node" kill -KILL "$pid"
    wait_until 25 daemon_is_not "$node" "$pid"
  done
  wait_until 10 all_follow
  on a1 crm_resource --wait
  [ "$(pids_of_others)" = "$others" ]
  guest_counts web
  counter_unbroken web
  on a1 crm_mon -1 --operations | grep -E 'mignets|other|web' || true
  # Pacemaker did nothing to the others since they were started
  [ "$(operations_of web)" = "$(printf 'start\n')" ]
  [ "$(operations_of other)" = "$(printf 'start\n')" ]
  on a1 pcs resource delete web
  on a1 pcs resource delete other
  on a1 crm_resource --cleanup --resource mignets
}

pids_of_others() { # the guest, and what pacemaker runs
  guest_pids web
  for node in a1 a2 a3; do on "$node" pgrep 'corosync|libvirtd|pacemaker'; done
}
operations_of() { # start and stop operations of RESOURCE that did not only probe, as recorded on all nodes
  on a1 crm_resource --list-all-operations --resource "$1" 2>/dev/null |
    sed -nE "s/.*${1}_(start|stop|migrate_to|migrate_from)_0 .*rc=0.*/\1/p" | sort
}

@test "stopped, the daemon takes its node's links back" {
  on a1 pcs resource disable mignets --wait=30
  local node
  for node in a1 a2 a3; do
    no_daemon_on "$node"
    wait_until 2 nothing_is_known_of "$node"
  done
  on a1 pcs resource enable mignets --wait=30
  wait_until 5 all_follow
}

@test "stopped after the daemon was killed, the agent takes the node's links back" {
  by_hand
  on a2 kill -KILL "$(daemon a2)"
  wait_until 5 no_daemon_on a2
  a_link_is a1 a2 mig up # stale
  agent a2 stop
  wait_until 2 nothing_is_known_of a2
  agent a2 start
  by_cluster
}

@test "a changed parameter restarts nothing" {
  local before operations
  before="$(daemon a1) $(daemon a2) $(daemon a3)"
  on a1 pcs resource update mignets order="10.99.2.0/24" exclude="10.99.3.0/24" names="mig=10.99.2.0/24" ring=exclude unlisted=exclude
  on a1 crm_resource --wait
  wait_until 5 grep -q 'Result of reload-agent operation for mignets on a1: ok' "$LAB/nodes/a1/log/pacemaker/pacemaker.log"
  on a1 pcs resource update mignets order="nonsense/99" exclude= names= ring= unlisted= # wrong, too
  on a1 crm_resource --wait
  [ "$(daemon a1) $(daemon a2) $(daemon a3)" = "$before" ]
  clone_is_started
  run ! crm_says 'Failed' a1
  on a1 pcs resource update mignets order=
  on a1 crm_resource --wait
}

refused_on() { on a1 crm_mon -1 | grep -F "mignets start on $1 returned" | grep -qF "$2"; }

@test "settings that forbid less than they say do not start, and start once they are right" {
  on a1 pcs resource delete mignets
  on a1 pcs resource create mignets ocf:wherry:MigrationNetworks exclude=10.99.3.0/33 clone
  wait_until 20 refused_on a2 'exclude: "10.99.3.0/33" is no network'
  no_daemon_on a2
  on a1 pcs resource update mignets exclude=10.99.3.0/24
  wait_until 30 all_follow
  on a1 pcs resource update mignets exclude=
}

@test "a node whose start is refused does not cost the others their daemon" {
  local others
  others="$(daemon a1) $(daemon a3)"
  on a1 pcs resource update mignets ring=exlude
  on a1 crm_resource --wait
  on a2 kill -KILL "$(daemon a2)"
  wait_until 25 refused_on a2 'ring: "exlude" is not one of last, allow, exclude'
  on a1 crm_resource --wait
  [ "$(daemon a1) $(daemon a3)" = "$others" ]
  wait_until 2 nothing_is_known_of a2
  on a1 pcs resource update mignets ring=
  wait_until 30 all_follow
  on a1 crm_resource --cleanup --resource mignets
}

# --- one of them, and it holds nobody up ---

@test "a second daemon is refused, with the number of the first" {
  local pid
  pid=$(daemon a2)
  run on a2 timeout 10 "$DAEMON" --foreground
  [ "$status" = 1 ]
  [[ $output == *"wherryd already runs on this node (process $pid)"* ]]
  run on a2 timeout 10 "$DAEMON"
  [ "$status" = 1 ]
  [[ $output == *"wherryd already runs on this node (process $pid)"* ]]
  [ "$(daemon a2)" = "$pid" ]
}

@test "ten starts at once all succeed, and it is one daemon" {
  by_hand
  agent a2 stop
  no_daemon_on a2
  local i pids=()
  for i in 1 2 3 4 5 6 7 8 9 10; do
    agent a2 start 3>&- 4>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
  daemon a2
  by_cluster
}

@test "start, stop and monitor are safe to repeat" {
  by_hand
  local pid
  pid=$(daemon a2)
  agent a2 start
  [ "$(daemon a2)" = "$pid" ]
  agent a2 monitor
  agent a2 stop
  agent a2 stop
  run agent a2 monitor
  [ "$status" = 7 ]
  agent a2 start
  agent a2 monitor
  by_cluster
}

@test "who starts the daemon is not held up by it, and may be killed with all of its process group" {
  by_hand
  agent a2 stop
  # cat ends when the last process has closed the pipe; file descriptor 9 is one more that nobody knows of
  on a2 timeout -s KILL 15 bash -c 'set -o pipefail; { env OCF_ROOT=/usr/lib/ocf '"$AGENT"' start 9>&1 2>&1; } | cat'
  local pid
  pid=$(daemon a2)
  agent a2 stop
  # a group of its own, killed whole as soon as the daemon is there
  on a2 bash -c '
    setsid bash -c "echo \$\$ >/run/group; OCF_ROOT=/usr/lib/ocf '"$AGENT"' start; sleep 60" >/dev/null 2>&1 &
    for i in {1..200}; do pgrep -x wherryd >/dev/null && [ -s /run/group ] && break; sleep 0.05; done
    sleep 1
    kill -KILL -- "-$(cat /run/group)"'
  wait_until 5 daemon a2
  [ "$(daemon a2)" != "$pid" ]
  agent a2 monitor
  wait_until 5 a_link_is a1 a2 mig up
  by_cluster
}

@test "the daemon holds on to nothing of who started it" {
  local pid trace=$BATS_TEST_TMPDIR/trace
  pid=$(daemon a2)
  [ "$(on a2 readlink "/proc/$pid/cwd")" = / ]
  [ "$(on a2 readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" = /dev/null ]
  [ "$(on a2 ps -o sid= -p "$pid" | xargs)" = "$pid" ]
  # nor do the tools that it runs hear of the action (attrd_updater heeds what Pacemaker says of one)
  on a2 timeout 5 strace -f -v -s 9999 -qq -e trace=execve -p "$pid" >"$trace" 2>&1 3>&- 4>&- &
  wait_until 2 on a2 pgrep -x strace
  lab cut a2 mig
  wait || true
  grep -q 'attrd_updater.*"PATH=' "$trace"
  run ! grep -F '"OCF_' "$trace"
}

# --- faults ---

@test "when Pacemaker's attribute daemon was killed, the links are known again without anybody's help" {
  local pid
  pid=$(daemon a2)
  on a2 kill -KILL "$(on a2 pgrep -f pacemaker-attrd)"
  wait_until 5 nothing_is_known_of a2
  wait_until 25 a_link_is a1 a2 mig up
  [ "$(daemon a2)" = "$pid" ]
}

@test "a cut while Pacemaker's attribute daemon hangs is told when it is back" {
  local attrd pid
  attrd=$(on a2 pgrep -f pacemaker-attrd)
  pid=$(daemon a2)
  on a2 kill -STOP "$attrd"
  lab cut a2 mig
  sleep 4 # more than one try
  agent a2 monitor
  on a2 kill -CONT "$attrd"
  wait_until 15 a_link_is a1 a2 mig down
  [ "$(daemon a2)" = "$pid" ]
}

@test "a value damaged by hand is put right" {
  on a2 attrd_updater --private --name wherry-links --update 'wherry-links/1.0; rubbish'
  wait_until 2 eval '[[ "$(links_of a1 a2)" == *rubbish* ]]'
  wait_until 15 a_link_is a1 a2 mig up
}

@test "a daemon that hangs is an error to monitor, and stop ends it and takes its links back" {
  by_hand
  local pid
  pid=$(daemon a2)
  on a2 kill -STOP "$pid"
  agent a2 monitor # nobody can tell yet
  # as if it had been silent for long; the test does not wait a minute
  on a2 sh -c "printf '%23d\n' 1000 | dd of=$LOCK conv=notrunc status=none"
  run agent a2 monitor
  [ "$status" = 1 ]
  [[ $output == *"wherryd (process $pid) has given no sign of life for"* ]]
  agent a2 stop
  no_daemon_on a2
  wait_until 2 nothing_is_known_of a2
  agent a2 start
  by_cluster
}

@test "a daemon whose lock was removed leaves the place, and the links, to the one that has it" {
  by_hand
  local pid
  pid=$(daemon a2)
  on a2 rm "$LOCK"
  run agent a2 monitor
  [ "$status" = 7 ]
  agent a2 start
  wait_until 15 daemon_is_not a2 "$pid"
  [ "$(daemons a2 | wc -l)" = 1 ]
  a_link_is a1 a2 mig up
  by_cluster
}

@test "a node that dies takes its links with it" {
  lab kill a3
  wait_until 20 nothing_is_known_of a3
  lab start a3
  wait_until 60 all_follow
}
