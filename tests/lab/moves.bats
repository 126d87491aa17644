#!/usr/bin/env bats
# The main job on a real cluster: a guest is moved, drained and recovered, and never runs twice.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-moves
  "$BATS_TEST_DIRNAME/lab" up --nodes 3 --stonith --stage "$WHERRY_STAGE"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

setup() {
  LAB=$WHERRY_LAB
}

# Each test has a guest of its own; the samplers and resources of a failed test go with it.
teardown() {
  local resource
  on a1 crm_mon -1 -r || true
  for resource in $(on a1 crm_resource --list-raw 2>/dev/null | grep '^vm-'); do
    sample_copies_stop "$resource" >/dev/null 2>&1 || true
    timeout 60 "$LAB_HERE/lab" run a1 pcs resource delete --force "$resource" || true
  done
  on a1 pcs node unstandby --all
}

# protect NAME NODE [OPTION OF lab guest...]: a guest as a cluster resource, counting on NODE
protect() {
  local name=$1 node=$2 xml
  shift 2
  xml=$(lab guest "$name" "$@")
  on a1 pcs resource create "$name" ocf:wherry:LiveDomain "config=$xml" migration_transport=tcp \
    op monitor interval=3s meta allow-migrate=true resource-stickiness=100
  wait_until 30 guest_count_exceeds "$name" 0
  on a1 crm_resource --wait --timeout=60s
  started_on "$name" "$node" || move_by_pcs "$name" "$node"
}

started_on() { crm_says "$1.*Started $2\$" a1; }
is_started_on() { started_on "$1" "$2" && guest_is_on "$1" "$2"; }

move_by_pcs() { timeout 90 "$LAB_HERE/lab" run a1 pcs resource move "$1" "$2"; }

move_by_crm() {
  on a1 crm resource move "$1" "$2" force
  wait_until 60 is_started_on "$1" "$2"
  on a1 crm resource clear "$1"
}

# around NAME MOVER: ten moves around three nodes
around() {
  local name=$1 mover=$2 round node
  sample_copies_start "$name"
  for round in 1 2 3 4 5 6 7 8 9 10; do
    node=a$((round % 3 + 1))
    "$mover" "$name" "$node"
    wait_until 30 is_started_on "$name" "$node"
  done
  guest_counts "$name"
  counter_unbroken "$name"
  [ "$(sample_copies_stop "$name")" = 1 ]
}

@test "ten_moves_by_pcs_leave_the_counter_unbroken_and_one_copy" {
  protect vm-pcs a1 --disk 16
  around vm-pcs move_by_pcs
  one_writer vm-pcs
}

@test "ten_moves_by_crm_leave_the_counter_unbroken_and_one_copy" {
  protect vm-crm a1 --disk 16
  around vm-crm move_by_crm
  one_writer vm-crm
}

@test "crm_resource_move_migrates_live" {
  protect vm-tool a1
  on a1 crm_resource --move --resource vm-tool --node a3
  wait_until 60 is_started_on vm-tool a3
  on a1 crm_resource --clear --resource vm-tool
  counter_unbroken vm-tool
}

@test "standby_drains_a_node_live" {
  protect vm-one a2
  protect vm-two a2
  on a1 pcs node standby a2
  wait_until 60 no_guest_on a2
  counter_unbroken vm-one
  counter_unbroken vm-two
}

no_guest_on() { [ -z "$(on "$1" virsh -q list --name | xargs)" ]; }

@test "a_guest_whose_QEMU_died_is_started_again" {
  protect vm-dead a1
  read -r _ pid < <(guest_pids vm-dead)
  kill -KILL "$pid"
  wait_until 60 booted_twice vm-dead
  wait_until 30 crm_says 'vm-dead.*Started'
  [ "$(guest_nodes vm-dead | wc -l)" = 1 ]
}

booted_twice() { [ "$(grep -c '^BOOT' "$(guest_console "$1")")" = 2 ]; }

@test "a_node_that_loses_power_has_its_guest_brought_up_elsewhere_after_fencing" {
  protect vm-power a3 --disk 16
  sample_copies_start vm-power
  lab kill a3
  wait_until 90 booted_twice vm-power
  wait_until 30 crm_says 'vm-power.*Started a[12]' a1
  [ "$(sample_copies_stop vm-power)" = 1 ]
  one_writer vm-power
  on a1 stonith_admin --history a3 --verbose | grep -q 'a3.*complete\|able to.*a3\|a3'
  lab start a3
  wait_until 60 crm_says 'Node a3 .*online' a1
}

@test "a_deleted_resource_stops_its_guest" {
  protect vm-gone a1
  timeout 60 "$LAB_HERE/lab" run a1 pcs resource delete vm-gone
  [ -z "$(guest_nodes vm-gone)" ]
  grep -q '^SHUTDOWN acpi' "$(guest_console vm-gone)"
}
