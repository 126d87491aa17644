#!/usr/bin/env bats
# What each parameter of ocf:wherry:LiveDomain that is about start, stop and monitor does. The name
# of a test begins with its parameter's.
# shellcheck disable=SC2016 # what stands in single quotes is for a shell in a node

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-parameters_lifecycle
load lib.bash
load agent.bash

setup_file() {
  lab up --nodes 2 --stage "$WHERRY_STAGE"
}

teardown_file() {
  lab down
}

setup() {
  SNAPSHOTS=$LAB/shared/snapshots
  mkdir -p "$SNAPSHOTS"
}

# Every test defines its guest anew. Whose libvirt has it, a failed test may have left open.
teardown() {
  local node pid
  for pid in $(guest_pids web 2>/dev/null | cut -d' ' -f2); do
    kill -KILL "$pid"
  done
  for node in a1 a2; do
    wait_until 10 is_unknown_on "$node"
    on "$node" rm -f /run/wherry/LiveDomain-web.guest
  done
  rm -rf "$LAB"/shared/web.* "$SNAPSHOTS" "$LAB/shared/script"*
}

# boot NODE [PARAMETER=VALUE...]: start the guest, and wait until it can hear a request to shut down.
# Where that does not matter, `agent NODE web start` is faster.
boot() {
  local node=$1
  shift
  agent "$node" web start "$@"
  wait_until 30 guest_count_exceeds web 0
}

console_says() { grep -qx "$1" "$LAB/shared/web.console"; }
is_unknown_on() { [ "$(on "$1" virsh list --all --name | xargs)" = '' ]; }
is_gone() { [ -z "$(guest_nodes web)" ]; }

# fails STATUS REGEX COMMAND...: with one reason, which matches
fails() {
  local wanted=$1 reason=$2
  shift 2
  run --separate-stderr "$@"
  # shellcheck disable=SC2154 # of bats
  echo "status $status: $stderr" >&2
  [ "$status" = "$wanted" ]
  [ "$(grep -c '^ocf-exit-reason:' <<<"$stderr")" = 1 ]
  grep -qE "^ocf-exit-reason:.*$reason" <<<"$stderr"
}

@test "every parameter of VirtualDomain is there, and has a test that is named after it" {
  local wanted
  wanted=$(names_of_parameters heartbeat/VirtualDomain)
  [ "$(wc -l <<<"$wanted")" -ge 27 ]
  [ -z "$(comm -23 <(echo "$wanted") <(names_of_parameters wherry/LiveDomain))" ]
  [ -z "$(comm -23 <(echo "$wanted") <(grep -hoE '^@test "[a-z_]+' "$BATS_TEST_DIRNAME"/parameters_*.bats | cut -d'"' -f2 | sort -u))" ]
}

names_of_parameters() { # PROVIDER/AGENT
  on a1 env OCF_ROOT=/usr/lib/ocf "/usr/lib/ocf/resource.d/$1" meta-data | sed -n 's/.*<parameter name="\([^"]*\)".*/\1/p' | sort -u
}

@test "config names the file that says which guest runs" {
  lab guest web
  cp "$LAB/shared/web.xml" "$LAB/shared/web.other"
  sed -i 's/<memory .*/<memory unit="MiB">144<\/memory>/' "$LAB/shared/web.other"
  agent a1 web start config="$LAB/shared/web.other"
  [ "$(on a1 virsh dominfo web | awk '/Max memory/ { print $3 }')" = $((144 * 1024)) ]
}

@test "hypervisor is the libvirt that has the guest" {
  lab guest web
  second_libvirt a1
  agent a1 web start hypervisor="$SECOND"
  [ "$(on a1 virsh -c "$SECOND" domstate web | xargs)" = running ]
  run ! on a1 virsh domstate web
  agent a1 web monitor hypervisor="$SECOND"
  agent a1 web stop hypervisor="$SECOND" force_stop=true
  is_gone
  on a1 sh -c 'kill $(cat /run/second/pid)'
}

# A second libvirt in a node, which knows nothing of the first one's guests. $SECOND leads to it.
second_libvirt() { # NODE
  SECOND='qemu+unix:///system?socket=/run/second/libvirt-sock'
  on "$1" unshare --mount --propagation private bash -ec '
    mkdir -p /run/second
    echo "unix_sock_dir = \"/run/second\"" >/run/second/conf
    for dir in /run/libvirt /var/lib/libvirt /var/cache/libvirt /etc/libvirt/qemu; do
      mount -t tmpfs tmpfs "$dir"
    done
    libvirtd --daemon --config /run/second/conf --pid-file /run/second/pid'
  wait_until 10 on "$1" virsh -c "$SECOND" list
}

@test "hypervisor that libvirt refuses is an error with a reason" {
  lab guest web
  fails 1 'cannot connect to qemu:///nonsense' agent a1 web start hypervisor=qemu:///nonsense
  is_gone
}

@test "force_stop takes the power away without asking the guest" {
  lab guest web
  boot a1
  agent a1 web stop force_stop=true
  is_gone
  run ! console_says 'SHUTDOWN acpi'
}

@test "shutdown_mode agent asks by the guest's agent alone" {
  lab guest web --agent
  boot a1
  wait_until 20 on a1 virsh qemu-agent-command web '{"execute":"guest-ping"}'
  agent a1 web stop shutdown_mode=agent
  is_gone
  console_says 'SHUTDOWN agent'
  run ! console_says 'SHUTDOWN acpi'
}

@test "shutdown_mode acpi asks by the power button, also where there is an agent" {
  lab guest web --agent
  boot a1
  wait_until 20 on a1 virsh qemu-agent-command web '{"execute":"guest-ping"}'
  agent a1 web stop shutdown_mode=acpi
  is_gone
  console_says 'SHUTDOWN acpi'
  run ! console_says 'SHUTDOWN agent'
}

@test "snapshot: the guest goes on where it stopped, on another node" {
  lab guest web
  boot a1
  agent a1 web stop snapshot="$SNAPSHOTS"
  is_gone
  run ! console_says 'SHUTDOWN acpi'
  [ "$(ls "$SNAPSHOTS")" = web.state ]
  agent a2 web start snapshot="$SNAPSHOTS"
  guest_is_on web a2
  guest_counts web
  counter_unbroken web
  [ -z "$(ls "$SNAPSHOTS")" ]
}

@test "snapshot: saved memory is used once, and none that is unfinished" {
  lab guest web
  boot a1
  agent a1 web stop snapshot="$SNAPSHOTS"
  agent a1 web start snapshot="$SNAPSHOTS"
  counter_unbroken web
  agent a1 web stop force_stop=true

  cp "$LAB/shared/web.xml" "$SNAPSHOTS/web.state.saving" # neither is memory
  cp "$LAB/shared/web.xml" "$SNAPSHOTS/web.state.restoring"
  rm "$LAB/shared/web.console"
  boot a1 snapshot="$SNAPSHOTS"
  counter_unbroken web # from its one boot on
}

@test "snapshot that cannot be saved: the guest is shut down instead" {
  lab guest web
  boot a1
  agent a1 web stop snapshot="$SNAPSHOTS/missing"
  is_gone
  console_says 'SHUTDOWN acpi'
}

@test "save_config_on_stop writes what was changed back, at stop and at a move" {
  lab guest web
  boot a1
  on a1 virsh desc web --live --new-desc 'changed before the move'
  move web a1 a2 save_config_on_stop=true
  grep -q 'changed before the move' "$LAB/shared/web.xml"
  on a2 virsh desc web --live --new-desc 'changed before the stop'
  agent a2 web stop save_config_on_stop=true
  grep -q 'changed before the stop' "$LAB/shared/web.xml"
  agent a1 web start
  [ "$(on a1 virsh desc web)" = 'changed before the stop' ]
}

@test "sync_config_on_stop brings what was changed to the other nodes" {
  local config=/etc/wherry/web.xml program
  program=$(csync2_everywhere)
  lab guest web
  on a1 cp "$LAB/shared/web.xml" "$config"
  boot a1 config="$config"
  on a1 virsh desc web --live --new-desc 'for all nodes'
  agent a1 web stop config="$config" sync_config_on_stop=true PATH="$program:/usr/sbin:/usr/bin:/sbin:/bin"
  on a1 grep -q 'for all nodes' "$config"
  on a2 grep -q 'for all nodes' "$config"
}

# Sets csync2 up for /etc/wherry in both nodes, a2 listening; prints the directory of the program, which is
# unpacked, not installed: installed it would listen on the tester's own machine.
csync2_everywhere() {
  local node
  on a1 mkdir -p "$LAB/shared/csync2"
  cp "$(unpacked csync2)/usr/sbin/csync2" "$LAB/shared/csync2/"
  for node in a1 a2; do
    on "$node" bash -ec '
      mkdir -p /etc/wherry /var/lib/csync2
      echo a.key.that.is.long.enough.for.csync2 >/etc/csync2.key
      echo "nossl * *; group guests { host a1 a2; key /etc/csync2.key; include /etc/wherry; }" >/etc/csync2.cfg'
  done
  on a2 setsid -f "$LAB/shared/csync2/csync2" -ii >/dev/null 2>&1 3>&-
  wait_until 5 on a1 bash -c ': </dev/tcp/a2/30865'
  echo "$LAB/shared/csync2"
}

@test "start_resources starts the pools and networks that the guest uses, here and at the target" {
  guest_with_pool_and_network
  fails 1 '(pool|network)' agent a1 web start
  is_gone
  boot a1 start_resources=true
  resources_are_active a1

  fails 1 '(pool|network)' migrate_to web a1 a2
  guest_is_on web a1
  run ! resources_are_active a2
  move web a1 a2 start_resources=true
  resources_are_active a2
  agent a2 web stop force_stop=true

  # a pool that is active does not know what came since
  truncate -s 1M "$LAB/shared/wares/late"
  sed -i 's|volume="cargo"|volume="late"|' "$LAB/shared/web.xml"
  fails 1 'late' agent a2 web start
  agent a2 web start start_resources=true
  guest_is_on web a2
}

resources_are_active() { # NODE
  [ "$(on "$1" virsh pool-list --name | xargs)" = wares ] && [ "$(on "$1" virsh net-list --name | xargs)" = quay ]
}

guest_with_pool_and_network() {
  local node
  mkdir -p "$LAB/shared/wares"
  truncate -s 1M "$LAB/shared/wares/cargo"
  echo "<network><name>quay</name><forward mode='bridge'/><bridge name='quay'/></network>" >"$LAB/shared/wares.net"
  for node in a1 a2; do
    on "$node" bash -ec '
      ip link add quay type bridge
      ip link set quay up
      virsh -q net-define "$1/wares.net"
      virsh -q pool-define-as wares dir --target "$1/wares"' - "$LAB/shared"
  done
  lab guest web
  # read-only: that is shared without harm, so that the guest can move
  sed -i 's|</devices>|<disk type="volume"><source pool="wares" volume="cargo"/><target dev="vdb" bus="virtio"/><readonly/></disk>\
    <interface type="network"><source network="quay"/></interface></devices>|' "$LAB/shared/web.xml"
}

@test "monitor_scripts run at recurring monitors alone, one after the other" {
  local scripts="$LAB/shared/script1 $LAB/shared/script2"
  script 1 "echo one >>$LAB/shared/script.log"
  script 2 "echo two >>$LAB/shared/script.log"
  lab guest web
  agent a1 web start monitor_scripts="$scripts"
  agent a1 web monitor monitor_scripts="$scripts" CRM_meta_interval=0
  migrate_to web a1 a2 monitor_scripts="$scripts"
  migrate_from web a1 a2 monitor_scripts="$scripts"
  [ ! -e "$LAB/shared/script.log" ]
  agent a2 web monitor monitor_scripts="$scripts" CRM_meta_interval=10000
  [ "$(xargs <"$LAB/shared/script.log")" = 'one two' ]
}

@test "monitor_scripts: what goes wrong fails the monitor in time, and is its reason" {
  script 1 'echo the web server is away >&2; exit 3'
  script 2 'echo waiting; exec sleep 1234'
  lab guest web
  agent a1 web start
  fails 1 'returned 3: the web server is away' monitor "$LAB/shared/script1"
  fails 1 'script3.*is not there' monitor "$LAB/shared/script3"
  # Pacemaker would end it with SIGKILL, and nobody would know why
  fails 1 'did not end in time: waiting' monitor "$LAB/shared/script2" CRM_meta_timeout=4000
  run ! on a1 pgrep -f 'sleep 1234'
}

monitor() { # SCRIPTS [PARAMETER=VALUE...]
  local scripts=$1
  shift
  agent a1 web monitor monitor_scripts="$scripts" CRM_meta_interval=10000 "$@"
}

script() { # NUMBER COMMAND
  printf '#!/bin/sh\n%s\n' "$2" >"$LAB/shared/script$1"
  chmod +x "$LAB/shared/script$1"
}
