#!/usr/bin/env bats
# shellcheck disable=SC2016 # agents of the test are written in single quotes
# VMs of VirtualDomain become LiveDomain while they run: wherry adopt.

bats_require_minimum_version 1.5.0
load lib.bash

AGENT=/usr/lib/ocf/resource.d/wherry/LiveDomain

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-adopt
  "$BATS_TEST_DIRNAME/lab" up --nodes 3 --stage "$WHERRY_STAGE"
  LAB=$WHERRY_LAB
  on a1 pcs resource create mignets ocf:wherry:MigrationNetworks names="mig=10.99.2.0/24,fd99:2::/64" order=mig clone
  on a1 pcs resource defaults update resource-stickiness=10 # or the cluster moves them about, to balance
  on a1 pcs resource create ip ocf:heartbeat:Dummy
  on a1 pcs resource create stat ocf:heartbeat:Dummy
  create_vms
}

# What people have: parameters, operations and constraints of many kinds. On a1 and a3 in turn.
create_vms() {
  local vm
  for vm in vm1 vm2 vm3 vm4 vm5 vm6; do
    on a1 pcs resource create "$vm" ocf:heartbeat:VirtualDomain "config=$(lab guest "$vm" --disk 16)" hypervisor=qemu:///system \
      migration_transport=tcp op monitor interval=7s timeout=33s op start timeout=91s meta allow-migrate=true --disabled
  done
  on a1 pcs resource update vm1 migration_network_suffix=-mig autoset_utilization_cpu=false shutdown_mode=acpi
  on a1 pcs resource update vm2 force_stop=true save_config_on_stop=true op monitor interval=20s
  on a1 pcs constraint location vm3 prefers a1=20
  on a1 pcs constraint order ip 'then' vm3
  on a1 pcs constraint colocation add vm4 with stat 50
  on a1 pcs resource group add club stat vm4
  on a1 pcs resource meta vm5 resource-stickiness=7 priority=3
  on a1 pcs resource enable vm1 vm2 vm3 vm4 vm5 vm6
  for vm in vm1 vm2 vm3 vm4 vm5 vm6; do wait_until 90 guest_count_exceeds "$vm" 0; done
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

setup() {
  LAB=$WHERRY_LAB
  local vm
  wait_until 60 all_are_well
  declare -gA BOOTS=()
  for vm in vm1 vm2 vm3 vm4 vm5 vm6; do BOOTS[$vm]=$(guest_boots "$vm"); done
}

teardown() {
  local node
  on a1 crm_mon -1 -A -r || true
  for node in a1 a2 a3; do on "$node" umount "$AGENT" 2>/dev/null || true; done
}

all_are_well() { [ "$(on a1 crm_mon -1 -r | grep -cE 'vm[1-6].*Started a[123]$')" = 6 ]; }
is_well() { on a1 crm_mon -1 -r | grep -qE "$1.*$2\).*Started a[123]\$"; } # VM TYPE
home() { on a1 crm_mon -1 -r | sed -n "s/.*$1[^a-z0-9].*Started \(a[123]\).*/\1/p"; }
type_of() { on a1 crm_mon -1 -r | sed -n "s/.*[ *]$1[^a-z0-9].*(ocf:[a-z]*:\([A-Za-z]*\)).*/\1/p"; }
dropped() { on a1 cibadmin --query | grep -c wherry-drop; }

# Without what the cluster keeps itself: counters, times, and the utilization that agents set.
configuration() {
  on a1 cibadmin --query --scope configuration | sed '/<utilization/,/<\/utilization>/d; /last-lrm-refresh/d'
}

without_agents() { sed -E '/<primitive/ s/ (provider|type)="(heartbeat|VirtualDomain|wherry|LiveDomain)"//g'; }

# replace_agent NODE LINE...: there, the agent is a script of these lines; $REAL is the real one
replace_agent() {
  local node=$1
  shift
  { printf '#!/bin/bash\nREAL=/tmp/wherry-real-agent\n'; printf '%s\n' "$@"; } >"$LAB/shared/agent-$node"
  chmod 755 "$LAB/shared/agent-$node"
  on "$node" sh -c "cp -L $AGENT /tmp/wherry-real-agent && mount --bind $LAB/shared/agent-$node $AGENT"
}

unharmed() { # VM...
  local vm
  for vm in "$@"; do
    counter_unbroken "$vm" "${BOOTS[$vm]}"
    one_writer "$vm"
  done
}

@test "what_cannot_be_adopted_is_refused_and_nothing_changes" {
  local before
  before=$(configuration)
  run -105 on a1 wherry adopt nosuch
  [ "$output" = "wherry: there is no resource nosuch in this cluster" ]
  run -105 on a1 wherry adopt vm1 nosuch
  run -78 on a1 wherry adopt vm1 ip
  [[ $output == *"ip is no VM but ocf:heartbeat:Dummy"* ]]
  run -64 on a1 wherry adopt vm1 vm1
  [[ $output == *"vm1 is named twice"* ]]
  run -64 on a1 wherry adopt
  run -4 on a1 setpriv --reuid=nobody --clear-groups wherry adopt vm1
  on a1 sh -c 'pcs resource unmanage vm1 && pcs resource disable vm2 --wait=60'
  wait_until 60 eval 'on a1 crm_mon -1 -r | grep -qE "vm2.*Stopped"'
  run -0 on a1 wherry adopt --dry-run vm1 vm2
  [[ $output == *"vm1 "*"a"*"ocf:heartbeat:VirtualDomain -> ocf:wherry:LiveDomain"* ]]
  [[ $output == *"vm2 is stopped"* ]]
  on a1 sh -c 'pcs resource manage vm1 && pcs resource enable vm2 --wait=60'
  wait_until 60 all_are_well
  wait_until 60 guest_counts vm2 # it has booted
  diff <(grep -vE 'meta_attributes' <<<"$before") <(configuration | grep -vE 'meta_attributes|target-role|is-managed')
  [ "$(dropped)" = 0 ]
}

@test "where_the_agent_does_not_find_the_guest_it_is_given_back" {
  local before node
  node=$(home vm1)
  before=$(configuration)
  replace_agent "$node" '[[ $1 != monitor || $OCF_RESOURCE_INSTANCE != vm1 ]] || exit 7' 'exec $REAL "$@"'
  run -1 on a1 wherry adopt vm1
  [[ $output == *"vm1 is not adopted: it ran on $node, and no node finds it there with ocf:wherry:LiveDomain; it is ocf:heartbeat:VirtualDomain as before"* ]]
  wait_until 20 is_well vm1 VirtualDomain
  guest_is_on vm1 "$node"
  [ "$(configuration)" = "$before" ]
  unharmed vm1
}

@test "one_that_cannot_be_adopted_does_not_keep_others_from_it" {
  local node others=(vm5)
  node=$(home vm6)
  replace_agent "$node" '[[ $1 != monitor || $OCF_RESOURCE_INSTANCE != vm6 ]] || exit 1' 'exec $REAL "$@"'
  run -1 on a1 wherry adopt vm6 "${others[@]}" --json
  jq -e '.vms | map({(.vm): .outcome}) | add == {"vm6": "given back", "vm5": "adopted"}' <<<"$output"
  jq -e '.vms[0].reason | contains("cannot say whether vm6 runs there")' <<<"$output"
  wait_until 20 is_well vm6 VirtualDomain
  wait_until 20 is_well vm5 LiveDomain
  unharmed vm5 vm6
}

# The agent of one node answers slowly, so that the command dies while the cluster waits for it.
killed_while_probes_run() { # VM NODE
  local pid
  on a2 sh -c "wherry adopt $1 >/tmp/adopt-out 2>&1 & echo \$!" >"$LAB/shared/adopt-pid" 3>&-
  wait_until 30 eval '[ "$(type_of '"$1"')" = LiveDomain ]'
  pid=$(<"$LAB/shared/adopt-pid")
  on a2 kill -KILL "$pid"
  [ "$(dropped)" -gt 0 ]
}

@test "killed_in_the_middle_HA_is_regained_by_others" {
  local node
  node=$(home vm1)
  replace_agent "$node" '[[ $1 != monitor || $OCF_RESOURCE_INSTANCE != vm1 || -e /tmp/once ]] || { touch /tmp/once; sleep 5; }' 'exec $REAL "$@"'
  killed_while_probes_run vm1 "$node"
  wait_until 60 is_well vm1 LiveDomain
  wait_until 30 eval '[ "$(dropped)" = 0 ]'
  unharmed vm1
}

@test "killed_in_the_middle_with_the_guest_not_found_it_is_given_back_by_others" {
  local node
  node=$(home vm2)
  replace_agent "$node" '[[ $1 != monitor || $OCF_RESOURCE_INSTANCE != vm2 ]] || { sleep 3; exit 7; }' 'exec $REAL "$@"'
  killed_while_probes_run vm2 "$node"
  wait_until 60 is_well vm2 VirtualDomain
  wait_until 30 eval '[ "$(dropped)" = 0 ]'
  guest_is_on vm2 "$node"
  unharmed vm2
}

@test "six_running_VMs_are_adopted_and_migrate_live_afterwards" {
  local before vm node
  on a2 wherry adopt vm1
  before=$(configuration)
  run -0 on a3 wherry adopt vm1 vm2 vm3 vm4 vm5 vm6
  [[ $output == *"vm1 is a LiveDomain already"* ]]
  [[ $output == *"vm3 is adopted: HA status was dropped for "*" s"* ]]
  for vm in vm1 vm2 vm3 vm4 vm5 vm6; do wait_until 20 is_well "$vm" LiveDomain; done
  diff <(without_agents <<<"$before") <(configuration | without_agents)
  on a1 pcs constraint | grep -q "start ip then start vm3"
  [ "$(dropped)" = 0 ]
  node=$(home vm6)
  on a1 wherry move vm6
  run ! guest_is_on vm6 "$node"
  run -0 on a3 wherry adopt vm3 vm4
  [[ $output == *"vm3 is a LiveDomain already"* && $output == *"vm4 is a LiveDomain already"* ]]
  unharmed vm1 vm2 vm3 vm4 vm5 vm6
}

@test "a_change_of_a_parameter_after_it_restarts_nothing" {
  on a1 pcs resource update vm2 migration_networks=mig
  wait_until 60 all_are_well
  on a1 crm_resource --wait --timeout=60
  unharmed vm2
}

# ---- new ones -------------------------------------------------------------------------------------------

@test "what_cannot_be_added_is_refused_in_one_sentence_and_nothing_changes" {
  local before xml
  xml=$(lab guest vm7)
  echo '<domain>' >"$LAB/shared/broken.xml"
  before=$(configuration)
  run -107 on a1 wherry add other "$LAB/shared/vm1.xml"
  [ "$output" = "wherry: vm1 is the resource of the VM vm1 already" ]
  run -1 on a1 wherry add vm1 "$xml"
  [ "$output" = "wherry: there is a resource vm1 already" ]
  run -1 on a1 wherry add ip "$xml"
  [[ $output == *"something called ip already"* ]]
  run -105 on a1 wherry add vm7 /nowhere.xml
  [[ $output == *"config /nowhere.xml cannot be read: it does not exist"* ]]
  run -78 on a1 wherry add vm7 "$LAB/shared/broken.xml"
  run -64 on a1 wherry add vm7 relative.xml
  [[ $output == *"config must be an absolute path"* ]]
  run -64 on a1 wherry add '7 vm' "$xml"
  run -64 on a1 wherry add vm7 "$xml" migration_sped=1
  [ "$output" = "wherry: there is no parameter migration_sped: man ocf_wherry_LiveDomain" ]
  run -64 on a1 wherry add vm7 "$xml" migration_mode=warp
  [[ $output == *'migration_mode="warp" must be one of precopy, auto, postcopy'* ]]
  run -64 on a1 wherry add vm7 "$xml" force_stop=1 force_stop=1
  run -64 on a1 wherry add vm7 "$xml" config=/other.xml
  run -64 on a1 wherry add vm7
  run -4 on a1 setpriv --reuid=nobody --clear-groups wherry add vm7 "$xml"
  run -0 on a1 wherry add vm7 "$xml" migration_transport=tcp --dry-run
  [[ $output == *"vm7 would be created" ]]
  [ "$(configuration)" = "$before" ]
}

@test "add_makes_a_resource_as_it_should_be" {
  local xml
  xml=$(lab guest vm7 --disk 16)
  run -0 on a2 wherry add vm7 "$xml" migration_transport=tcp 'migrate_options=--auto-converge'
  [[ $output == *"128 MiB by mig at "*" take about "*"vm7 is created, and the cluster starts it: crm_mon" ]]
  wait_until 60 guest_count_exceeds vm7 0
  wait_until 20 is_well vm7 LiveDomain
  run -0 on a1 pcs resource config vm7
  [[ $output == *allow-migrate=true* && $output == *migrate_options=--auto-converge* && $output == *timeout=120s* ]]
  run on a1 wherry check vm7
  [[ $output != *error* ]]
  on a1 pcs resource meta vm7 resource-stickiness=100
  on a1 wherry move vm7
  counter_unbroken vm7
  one_writer vm7
  on a1 pcs resource delete --force vm7
}

@test "add_of_a_VM_that_runs_already_leaves_it_running" {
  local xml
  xml=$(lab guest vm8 --disk 16)
  on a3 virsh create "$xml"
  wait_until 30 guest_count_exceeds vm8 0
  run -0 on a1 wherry add vm8 "$xml" migration_transport=tcp --json
  jq -e '.vm == "vm8" and .outcome == "created" and .memory_mib == 128 and .migrate_to_timeout_s == 120' <<<"$output"
  wait_until 30 is_well vm8 LiveDomain
  guest_is_on vm8 a3
  counter_unbroken vm8
  on a1 pcs resource delete --force vm8
}
