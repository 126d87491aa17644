#!/usr/bin/env bats
# The lab itself: what every other test relies on. It has a state directory of its own, so that it
# may run beside another lab.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-bats
  tag=wherry$(cksum <<<"$WHERRY_LAB" | cut -d' ' -f1)
  export tag
  make_stage "$BATS_FILE_TMPDIR/stage"
  "$BATS_TEST_DIRNAME/lab" up --nodes 2 --stonith --stage "$BATS_FILE_TMPDIR/stage"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

make_stage() {
  mkdir -p "$1"/usr/{sbin,lib/ocf/resource.d/wherry}
  printf '#!/bin/sh\necho one\n' >"$1/usr/sbin/wherry-lab-probe"
  cp "$1/usr/sbin/wherry-lab-probe" "$1/usr/lib/ocf/resource.d/wherry/Probe"
  chmod +x "$1/usr/sbin/wherry-lab-probe" "$1/usr/lib/ocf/resource.d/wherry/Probe"
}

# boot NODE NAME [OPTION...]: define the guest, run it there, wait for its first count
boot() {
  local node=$1 name=$2 xml
  shift 2
  xml=$(lab guest "$name" "$@")
  on "$node" virsh -q create "$xml"
  wait_until 20 guest_count_exceeds "$name" 0
}

console_says() { grep -qx "$2" "$(guest_console "$1")"; }
guest_is_gone() { [ -z "$(guest_nodes "$1")" ]; }

@test "both nodes are online and stock tools work in them" {
  crm_says 'Node a1 .*online' a1
  on a1 pcs status
  on a2 crm status
  on a2 virsh uri
}

@test "the exit status of a command in a node passes through, with stdin closed" {
  run lab run a1 sh -c 'exit 7' <&-
  [ "$status" = 7 ]
}

@test "wrong use ends with one sentence and status 2" {
  run lab raise
  [ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
  run lab up --fast
  [ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
  run lab kill a9
  [ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
}

@test "a stage is seen in a node as installed, and a new build at once" {
  local stage=$BATS_FILE_TMPDIR/stage file
  [ "$(on a1 wherry-lab-probe)" = one ]
  [ "$(on a1 /usr/lib/ocf/resource.d/wherry/Probe)" = one ]
  for file in sbin/wherry-lab-probe lib/ocf/resource.d/wherry/Probe; do
    rm "$stage/usr/$file"
    printf '#!/bin/sh\necho two\n' >"$stage/usr/$file"
    chmod +x "$stage/usr/$file"
  done
  [ "$(on a1 wherry-lab-probe)" = two ]
  [ "$(on a2 /usr/lib/ocf/resource.d/wherry/Probe)" = two ]
  [ ! -e /usr/sbin/wherry-lab-probe ]
}

@test "a guest counts, and powers off at the ACPI power button" {
  boot a1 'Tom & "Jerry" ü' --file tom
  guest_is_on 'Tom & "Jerry" ü' a1
  guest_counts 'Tom & "Jerry" ü'
  counter_unbroken 'Tom & "Jerry" ü'
  on a1 virsh shutdown --mode acpi 'Tom & "Jerry" ü'
  wait_until 5 guest_is_gone 'Tom & "Jerry" ü'
  console_says 'Tom & "Jerry" ü' 'SHUTDOWN acpi'
}

@test "a guest powers off at the word of its agent" {
  boot a1 agentful --agent --ignore-shutdown
  wait_until 5 on a1 virsh qemu-agent-command agentful '{"execute":"guest-ping"}'
  on a1 virsh shutdown --mode acpi agentful
  on a1 virsh shutdown --mode agent agentful
  wait_until 5 guest_is_gone agentful
  console_says agentful 'SHUTDOWN agent'
  run ! console_says agentful 'SHUTDOWN acpi'
}

@test "a guest stamps its disk; a migration is one writer and one copy" {
  boot a1 mover --disk 16
  sample_copies_start mover
  wait_until 10 guest_count_exceeds mover 10
  on a1 virsh migrate --live --p2p mover qemu+tcp://10.99.2.2/system tcp://10.99.2.2
  guest_is_on mover a2
  wait_until 10 guest_count_exceeds mover 25
  [ "$(sample_copies_stop mover)" = 1 ]
  counter_unbroken mover
  one_writer mover
  [[ "$(lab stamps mover)" == *'boots 1'* ]]
}

two_writers() {
  local status=0
  one_writer twin 2>/dev/null || status=$?
  [ "$status" = 1 ]
}

@test "two copies of a guest are noticed by counter, disk and sampler" {
  boot a1 twin --disk 16
  sample_copies_start twin
  on a2 virsh -q create "$LAB/shared/twin.xml"
  wait_until 20 console_says twin 'tick 30'
  wait_until 30 both_have_booted
  wait_until 10 guest_counts twin
  [ "$(sample_copies_stop twin)" = 2 ]
  run ! counter_unbroken twin
  wait_until 20 two_writers # each copy stamps in its own time
  on a1 virsh destroy twin
  on a2 virsh destroy twin
}

both_have_booted() { [ "$(grep -c '^BOOT' "$(guest_console twin)")" = 2 ]; }

@test "two copies of one boot are noticed on the disk" {
  boot a1 clone --disk 16
  on a1 virsh save --running clone "$LAB/shared/clone.save"
  on a1 virsh restore "$LAB/shared/clone.save"
  on a2 virsh restore "$LAB/shared/clone.save"
  wait_until 10 guest_count_exceeds clone 30
  lab stamps clone | grep -x 'boots 1'
  run -1 one_writer clone
  on a1 virsh destroy clone
  on a2 virsh destroy clone
}

@test "networks can be cut, dropped and shaped, one by one" {
  lab cut a1 mig
  [ "$(on a1 cat /sys/class/net/mig/carrier)" = 0 ]
  lab heal a1 mig
  wait_until 3 on a2 ping -q -c 1 -W 1 10.99.2.1
  lab drop a1 mig in
  run ! on a2 ping -q -c 1 -W 1 10.99.2.1
  on a2 ping -q -c 1 -W 1 10.99.1.1
  lab undrop a1 mig
  on a2 ping -q -c 1 -W 1 fd99:2::1
  lab shape a1 mig 100
  lab shape a1 mig off
}

@test "a node that died is fenced, its resource recovered, and it can come back" {
  on a1 pcs resource create dummy ocf:heartbeat:Dummy
  on a1 pcs constraint location dummy prefers a2
  wait_until 15 crm_says 'dummy.*Started a2' a1
  lab kill a2
  wait_until 30 crm_says 'dummy.*Started a1' a1
  on a1 stonith_admin --history a2 | grep -q 'turning off of a2 successful'
  lab start a2
  wait_until 30 crm_says 'Node a2 .*: online' a1
}

@test "fencing ends a node that lives" {
  on a1 stonith_admin --fence a2
  run lab run a2 true
  [ "$status" = 1 ]
  [[ $output == *"a2 is off"* ]]
}

@test "up replaces a lab, also one whose up was killed halfway" {
  "$BATS_TEST_DIRNAME/lab" up --nodes 2 3>&- &
  sleep 1 # anywhere within
  kill -KILL $!
  lab up --nodes 1
  [ "$(ip netns list | grep -c "^$tag\.a")" = 1 ]
  [ "$(pgrep -fc "node-init [ab][0-9] $WHERRY_LAB")" -le 1 ]
  crm_says 'Node a1 .*online' a1
}

@test "down leaves nothing" {
  local pids
  pids=$(lab_pids)
  [ -n "$pids" ]
  lab down
  # A zombie is the business of the machine's init.
  wait_until 5 all_gone "$pids"
  [ ! -e "$WHERRY_LAB" ]
  run ! grep "^${tag}[.]" <<<"$(ip netns list)"
  run ! grep "$WHERRY_LAB" /proc/mounts
  run ! pgrep -f "^[^ ]*(bash|qemu|unshare)[^ ]* .*$WHERRY_LAB"
}

lab_pids() {
  local ns
  for ns in $(ip netns list | grep -o "^${tag}[.][^ ]*"); do
    ip netns pids "$ns"
  done
}

all_gone() {
  local pid
  for pid in $1; do
    [ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" || return 1
  done
}
