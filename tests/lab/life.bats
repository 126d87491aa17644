#!/usr/bin/env bats
# A guest's life in the agent's hands, with libvirtd well, stopped, dead, or wrong. The invariants are those of the
# design: I1 one copy, I2 a failed migration leaves it running, I5 repeatable, I6 stop needs nothing, I7 not knowing is
# never "not running".

bats_require_minimum_version 1.5.0
load lib.bash
load agent.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-life
  "$BATS_TEST_DIRNAME/lab" up --nodes 2 --stage "$WHERRY_STAGE"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

setup() {
  LAB=$WHERRY_LAB
  guest=vm$BATS_TEST_NUMBER
}

teardown() {
  local node pid
  for node in a1 a2; do
    for pid in $(libvirtd_pid "$node") $(based_pid "$node"); do kill -CONT "$pid"; done
    libvirtd_pid "$node" >/dev/null || start_libvirtd "$node"
    lab undrop "$node" mgmt
    on "$node" virsh destroy "$guest" >/dev/null 2>&1 || true
    on "$node" virsh undefine --nvram "$guest" >/dev/null 2>&1 || true
    on "$node" sh -c 'rm -f /run/wherry/*.guest /var/lib/wherry/*'
  done
  while read -r node pid; do kill -KILL "$pid"; done < <(guest_pids "$guest")
}

boot() { # [OPTION OF lab guest...]: this test's guest, on a1
  lab guest "$guest" "$@" >/dev/null
  agent a1 "$guest" start
  wait_until 30 guest_count_exceeds "$guest" 0
}

console_says() { grep -q "$1" "$(guest_console "$guest")"; }
is_gone() { [ -z "$(guest_nodes "$guest")" ]; }

# The host's process ids of a node's daemons.
daemon_pid() { # NODE NAME
  local init pid
  read -r init _ <"$LAB/nodes/$1/pid"
  for pid in $(pgrep -x "$2"); do
    [ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink "/proc/$init/ns/pid")" ] || { echo "$pid"; return 0; }
  done
  return 1
}
libvirtd_pid() { daemon_pid "$1" libvirtd; }
based_pid() { daemon_pid "$1" pacemaker-based; } # the CIB's

kill_libvirtd() {
  local pid
  pid=$(libvirtd_pid "$1")
  kill -KILL "$pid"
  wait_until 5 test ! -e "/proc/$pid"
}

start_libvirtd() {
  on "$1" sh -c 'rm -f /run/libvirtd.pid; libvirtd --listen --daemon' >/dev/null 2>&1
  wait_until 15 on "$1" virsh uri
}

# ---- start and stop ---------------------------------------------------------------------------------

@test "I5_start_and_stop_can_be_repeated" {
  boot
  agent a1 "$guest" start
  agent a1 "$guest" monitor
  counter_unbroken "$guest"
  agent a1 "$guest" stop
  agent a1 "$guest" stop
  run -7 agent a1 "$guest" monitor
  is_gone
  console_says '^SHUTDOWN acpi'
}

@test "a_guest_that_ignores_the_power_button_is_forced_off_within_the_timeout" {
  boot --ignore-shutdown
  agent a1 "$guest" stop CRM_meta_timeout=8000
  is_gone
  refute console_says '^SHUTDOWN'
}

@test "a_guest_that_an_administrator_paused_is_woken_to_shut_down" {
  boot
  on a1 virsh suspend "$guest"
  agent a1 "$guest" monitor
  agent a1 "$guest" stop
  console_says '^SHUTDOWN acpi'
}

@test "I6_stop_needs_no_config_file" {
  boot
  rm "$LAB/shared/$guest.xml"
  agent a1 "$guest" monitor
  agent a1 "$guest" stop
  is_gone
}

@test "I6_stop_needs_no_network" {
  boot
  lab drop a1 mgmt
  agent a1 "$guest" stop
  is_gone
}

@test "I6_stop_needs_no_libvirtd" {
  boot
  kill_libvirtd a1
  agent a1 "$guest" stop
  is_gone
}

@test "I6_stop_ends_the_guest_of_a_libvirtd_that_hangs" {
  boot
  kill -STOP "$(libvirtd_pid a1)"
  agent a1 "$guest" stop CRM_meta_timeout=15000
  is_gone
}

@test "stop_spares_a_process_that_is_not_proven_to_be_the_guest" {
  boot
  kill_libvirtd a1
  other=$(on a1 sh -c 'setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!')
  on a1 sed -i "s/^pid=.*/pid=$other/" "/run/wherry/LiveDomain-$guest.guest"
  agent a1 "$guest" stop
  is_gone
  on a1 kill -0 "$other"
  on a1 kill "$other"
}

@test "a_guest_left_defined_is_started_and_keeps_config_file_and_autostart_is_gone" {
  lab guest "$guest" >/dev/null
  on a1 virsh define "$LAB/shared/$guest.xml"
  on a1 virsh autostart "$guest"
  agent a1 "$guest" start
  wait_until 30 guest_count_exceeds "$guest" 0
  agent a1 "$guest" stop
  run on a1 virsh dominfo "$guest"
  [ "$status" != 0 ]
  [ -s "$LAB/shared/$guest.xml" ]
}

@test "a_config_in_libvirts_own_directory_survives_the_undefine" {
  lab guest "$guest" >/dev/null
  on a1 virsh define "$LAB/shared/$guest.xml"
  agent a1 "$guest" start config="/etc/libvirt/qemu/$guest.xml"
  wait_until 30 guest_count_exceeds "$guest" 0
  on a1 test -s "/etc/libvirt/qemu/$guest.xml"
  agent a1 "$guest" stop config="/etc/libvirt/qemu/$guest.xml"
  on a1 sh -c "! ls /etc/libvirt/qemu/*.wherry-keep"
}

@test "the_NVRAM_of_a_guest_left_defined_is_kept" {
  lab guest "$guest" >/dev/null
  nvram=$LAB/shared/$guest.nvram
  truncate -s 540672 "$nvram" # the size of its template
  echo precious | dd of="$nvram" conv=notrunc status=none
  sed "s|<kernel>|<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader><nvram>$nvram</nvram><kernel>|" \
    "$LAB/shared/$guest.xml" >"$LAB/shared/$guest.efi"
  on a1 virsh define "$LAB/shared/$guest.efi"
  agent a1 "$guest" start
  grep -aq precious "$nvram"
}

# ---- monitor ------------------------------------------------------------------------------------------

@test "I7_a_hanging_libvirtd_is_not_a_stopped_guest" {
  boot
  kill -STOP "$(libvirtd_pid a1)"
  agent a1 "$guest" monitor CRM_meta_interval=10000 CRM_meta_timeout=6000
}

@test "I7_a_dead_libvirtd_is_not_a_stopped_guest" {
  boot
  kill_libvirtd a1
  agent a1 "$guest" monitor
  read -r _ pid < <(guest_pids "$guest")
  kill -KILL "$pid"
  run -7 agent a1 "$guest" monitor
}

@test "I7_a_guest_that_libvirtd_has_forgotten_is_an_error" {
  boot
  kill_libvirtd a1
  on a1 sh -c "rm -f /run/libvirt/qemu/$guest.xml /run/libvirt/qemu/$guest.pid"
  start_libvirtd a1
  run -1 agent a1 "$guest" monitor
  [[ $output == *"its QEMU process"* ]]
  agent a1 "$guest" stop
  is_gone
}

@test "a_libvirtd_that_was_restarted_costs_nothing" {
  boot
  kill_libvirtd a1
  start_libvirtd a1
  agent a1 "$guest" monitor
  guest_counts "$guest"
  counter_unbroken "$guest"
}

# A disk on a file system that is full: the first write pauses the guest.
@test "a_guest_paused_by_an_IO_error_has_failed_and_says_so" {
  lab guest "$guest" --disk 16 >/dev/null
  on a1 sh -c 'mkdir -p /run/full && mount -t tmpfs -o size=64k none /run/full &&
    truncate -s 16M /run/full/disk && dd if=/dev/zero of=/run/full/rest bs=4k 2>/dev/null; :'
  sed -i "/<disk/,/<\\/disk>/c <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='/run/full/disk'/><target dev='vda' bus='virtio'/></disk>" \
    "$LAB/shared/$guest.xml"
  agent a1 "$guest" start
  wait_until 30 paused_by_error
  run -1 agent a1 "$guest" monitor
  [[ $output == *"ocf-exit-reason:$guest is paused by an I/O error"* ]]
  agent a1 "$guest" stop
  is_gone
}

paused_by_error() { [ "$(on a1 virsh domstate "$guest" --reason)" = "paused (I/O error)" ]; }

@test "a_guest_that_is_arriving_does_not_run_here_yet" {
  boot --memory 256 --dirty 64
  migrate_to "$guest" a1 a2 migration_speed=4 CRM_meta_timeout=12000 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  local source=$!
  wait_until 20 incoming_on_a2
  run -7 agent a2 "$guest" monitor
  [[ $output != *"ocf-exit-reason"* ]]
  agent a1 "$guest" monitor
  run -1 agent a2 "$guest" start CRM_meta_timeout=4000
  echo "$output"
  [[ $output == *"arriving from another node"* ]]
  wait "$source" || true # given up at its deadline, or not: what counts is the guest
  counter_unbroken "$guest"
}

incoming_on_a2() { [ "$(on a2 virsh domstate "$guest" --reason)" = "paused (migrating)" ]; }

# ---- migration ------------------------------------------------------------------------------------------

@test "I5_a_migration_that_has_happened_succeeds_again" {
  boot
  move "$guest" a1 a2
  migrate_to "$guest" a1 a2
  migrate_from "$guest" a1 a2
  counter_unbroken "$guest"
}

@test "migrate_to_a_guest_that_runs_nowhere_is_an_error" {
  lab guest "$guest" >/dev/null
  run -1 migrate_to "$guest" a1 a2
  [[ $output == *"nothing to migrate"* ]]
}

@test "migrate_from_waits_only_a_while_for_a_guest_that_does_not_come" {
  lab guest "$guest" >/dev/null
  run -1 migrate_from "$guest" a1 a2
  [[ $output == *"has not arrived from a1"* ]]
}

@test "I2_a_target_without_libvirtd_is_found_before_anything_is_touched" {
  boot
  kill_libvirtd a2
  run -1 migrate_to "$guest" a1 a2
  [[ $output == *"not begun"* ]]
  guest_counts "$guest"
  counter_unbroken "$guest"
}

@test "I2_a_target_whose_libvirtd_hangs_is_given_up_and_the_guest_runs_on" {
  boot
  kill -STOP "$(libvirtd_pid a2)"
  run -1 migrate_to "$guest" a1 a2 CRM_meta_timeout=12000
  [[ $output == *"does not answer"* ]]
  guest_counts "$guest"
  counter_unbroken "$guest"
}

@test "I2_a_transfer_longer_than_the_timeout_is_aborted_and_the_guest_runs_on" {
  boot --memory 256 --dirty 64
  run -1 migrate_to "$guest" a1 a2 migration_speed=4 CRM_meta_timeout=25000
  [[ $output == *"$guest stays where it is"* ]]
  guest_is_on "$guest" a1
  guest_counts "$guest"
  counter_unbroken "$guest"
  [[ $(on a1 virsh domjobinfo "$guest") == *None* ]]
}

@test "a_guest_that_stays_does_not_keep_the_downtime_of_the_move_that_failed" {
  boot --memory 256 --dirty 64
  before=$(on a1 virsh -q migrate-getmaxdowntime "$guest")
  run -1 migrate_to "$guest" a1 a2 migration_speed=4 migration_downtime=7 CRM_meta_timeout=8000
  [ "$(on a1 virsh -q migrate-getmaxdowntime "$guest")" = "$before" ]
}

@test "I1_another_guest_of_the_same_name_at_the_target_is_not_harmed" {
  boot
  on a2 sh -c "sed 's|<uuid>.*</uuid>|<uuid>11111111-2222-3333-4444-555555555555</uuid>|; s|console|other|' \
    $LAB/shared/$guest.xml >/run/other.xml && virsh -q create /run/other.xml"
  run -1 migrate_to "$guest" a1 a2
  [[ $output == *"another guest of that name"* ]]
  [ "$(on a2 virsh domuuid "$guest" | xargs)" = 11111111-2222-3333-4444-555555555555 ]
  counter_unbroken "$guest"
  on a2 virsh destroy "$guest"
}

@test "two_starts_at_once_make_one_guest" {
  lab guest "$guest" >/dev/null
  agent a1 "$guest" start 3>&- &
  local first=$!
  agent a1 "$guest" start
  wait "$first"
  wait_until 30 guest_count_exceeds "$guest" 0
  [ "$(guest_pids "$guest" | wc -l)" = 1 ]
  counter_unbroken "$guest"
}

@test "reload_agent_leaves_the_guest_running_even_with_a_typo" {
  boot
  agent a1 "$guest" reload-agent migration_speed=30
  agent a1 "$guest" reload-agent migration_speed=fast
  guest_counts "$guest"
  counter_unbroken "$guest"
}

# ---- what an earlier migration has left (I1) --------------------------------------------------------------

# left_journal NODE FILE STEP [VERSION]: as an agent on NODE that was killed on the way to the other node would leave it
left_journal() {
  local node=$1 other=a2 body
  [ "$node" = a1 ] || other=a1
  body="[migration]
version=${4:-1}
step=$3
id=6f1c1a52-5d0e-4c57-9d2b-0c6e4b5a7f10
resource=$2
name=$guest
uuid=$(guest_uuid "$guest")
source=$node
target=$other
hypervisor=
remote_uri=qemu+tcp://$other/system
network=mig
reason=
boot_id=0d4f8a52-92c4-4f0e-8a8e-2f6d7c1b9e33
on_failure=stay
pid=4242
start_time=987654321
began_s=1700000000
retry_delay_s=600
"
  printf '%ssum=%s\n' "$body" "$(printf %s "$body" | sha256sum | cut -d' ' -f1)" |
    on "$node" sh -c "cat >/var/lib/wherry/LiveDomain-$2.migration"
}

has_journal() { on "$1" test -e "/var/lib/wherry/LiveDomain-$guest.migration"; } # NODE

# start_on NODE [PARAMETER=VALUE...]: as a cluster's node does
start_on() {
  local node=$1
  shift
  agent "$node" "$guest" start migration_transport=tcp CRM_meta_on_node="$node" "$@"
}

@test "I1_a_guest_that_arrived_unconfirmed_is_not_started_a_second_time" {
  lab guest "$guest" >/dev/null
  agent a2 "$guest" start
  wait_until 30 guest_count_exceeds "$guest" 0
  left_journal a1 "$guest" sending
  run -1 start_on a1
  [[ $output == *"ocf-exit-reason:$guest runs on a2, after a migration that was not confirmed"* ]]
  guest_is_on "$guest" a2
  counter_unbroken "$guest"
}

@test "I7_a_guest_of_which_nobody_can_tell_is_not_started" {
  lab guest "$guest" >/dev/null
  left_journal a1 "$guest" unsettled
  kill_libvirtd a2
  run -1 start_on a1 CRM_meta_timeout=16000
  echo "$output"
  [[ $output == *"cannot tell whether $guest runs on a2"* ]]
  is_gone
  start_libvirtd a2
  start_on a1
  refute has_journal a1
}

@test "I1_the_journal_of_the_same_guest_under_another_name_counts" {
  lab guest "$guest" >/dev/null
  agent a2 "$guest" start
  left_journal a1 other sending
  run -1 start_on a1
  [[ $output == *"$guest runs on a2"* ]]
}

@test "I1_a_damaged_journal_has_all_nodes_asked_and_is_set_aside" {
  lab guest "$guest" >/dev/null
  agent a2 "$guest" start
  left_journal a1 "$guest" sending
  on a1 truncate -s -100 "/var/lib/wherry/LiveDomain-$guest.migration"
  run -1 start_on a1
  [[ $output == *"cut off or damaged"*"asking all nodes"*"$guest runs on a2"* ]]
  agent a2 "$guest" stop
  start_on a1
  on a1 test -e "/var/lib/wherry/LiveDomain-$guest.migration.unreadable"
}

@test "I1_a_journal_of_a_newer_version_has_all_nodes_asked" {
  lab guest "$guest" >/dev/null
  agent a2 "$guest" start
  left_journal a1 "$guest" sending 7
  run -1 start_on a1
  [[ $output == *"its version is 7, of a newer Wherry"*"$guest runs on a2"* ]]
}

@test "a_cluster_that_refuses_to_drop_HA_status_is_said_first" {
  boot
  kill_libvirtd a2
  kill -STOP "$(based_pid a1)"
  run -1 migrate_to "$guest" a1 a2 CRM_meta_on_node=a1 CRM_meta_timeout=20000
  kill -CONT "$(based_pid a1)"
  [[ $output == *"ocf-exit-reason:HA status cannot be dropped, so the cluster may restart $guest"* ]]
  guest_counts "$guest"
  counter_unbroken "$guest"
}
