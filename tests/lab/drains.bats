#!/usr/bin/env bats
# A node is emptied by live migration: wherry drain, and every other way in which an administrator does it.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-drains
  "$BATS_TEST_DIRNAME/lab" up --nodes 3 --stage "$WHERRY_STAGE"
  LAB=$WHERRY_LAB
  local vm xml
  on a1 pcs resource create mignets ocf:wherry:MigrationNetworks names="mig=10.99.2.0/24,fd99:2::/64" order=mig \
    exclude="stor guest 10.99.1.0/24" clone
  # else Pacemaker begins one after the other wherever a machine is busy
  on a1 pcs property set load-threshold=10000%
  on a1 pcs node standby a1 a3
  for vm in vm1 vm2; do
    xml=$(lab guest "$vm" --disk 16)
    on a1 pcs resource create "$vm" ocf:wherry:LiveDomain "config=$xml" migration_transport=tcp migration_retry_delay=5 \
      op monitor interval=5s op migrate_to timeout=60s meta allow-migrate=true resource-stickiness=100
  done
  for vm in vm1 vm2; do wait_until 60 guest_count_exceeds "$vm" 0; done
  on a1 pcs node unstandby --all
  wait_until 30 all_publish
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

# Both guests are on a2, and nothing but stickiness holds them there.
setup() {
  LAB=$WHERRY_LAB
  local vm
  for vm in vm1 vm2; do
    wait_until 60 is_well "$vm"
    on a1 wherry move "$vm" a2
  done
  BOOTS1=$(guest_boots vm1) BOOTS2=$(guest_boots vm2)
}

teardown() {
  local node vm
  on a1 crm_mon -1 -A -r || true
  [ -n "$BATS_TEST_COMPLETED" ] || { show_guest vm1; show_guest vm2; }
  for node in a1 a2 a3; do
    on "$node" true 2>/dev/null || lab start "$node"
    lab undrop "$node" mig
    lab shape "$node" mig off
  done
  wait_until 60 all_publish_or_standby
  on a1 pcs node unstandby --all
  on a1 wherry limit migrations off
  for node in a1 a2 a3; do
    on a1 wherry limit migrations off --node "$node"
    on a1 wherry limit incoming on --node "$node"
  done
  for vm in vm1 vm2; do on a1 crm_resource --clear --resource "$vm" || true; done
  on a1 pcs resource meta vm2 allow-migrate=true
  wait_until 30 all_publish
}

all_publish_or_standby() { [ "$(on a1 crm_mon -1 | grep -cE '^ *\* Online: \[ .*a1.*|standby')" -ge 1 ] && on a1 crm_mon -1 | grep -qvE 'OFFLINE|UNCLEAN'; }

is_well() { on a1 crm_mon -1 -r | grep -qE "$1.*Started a[123]\$"; }
is_empty() { [ -z "$(guest_nodes vm1 | grep "$1")$(guest_nodes vm2 | grep "$1")" ] && is_well vm1 && is_well vm2; } # NODE

unharmed() {
  counter_unbroken vm1 "$BOOTS1"
  counter_unbroken vm2 "$BOOTS2"
  one_writer vm1
  one_writer vm2
}

configuration() { on a1 cibadmin --query --scope configuration; }

# ---- wherry drain ---------------------------------------------------------------------------------------

@test "drain_empties_a_node_by_live_migration_and_undrain_lets_it_take_VMs_again" {
  run -0 on a1 wherry drain a2
  [[ $output =~ vm1\ +a[13]\ +live\ +mig ]]
  [[ $output == *"vm1 has moved from a2 to "*" by mig in "* ]]
  [[ $output == *"vm2 has moved from a2 to "*" by mig in "* ]]
  [[ $output == *"a2 is drained: 2 VMs in "*" s" ]]
  is_empty a2
  unharmed
  on a1 crm_mon -1 | grep -q 'Node a2: standby'
  run -0 on a3 wherry undrain a2
  [ "$output" = "a2 takes VMs again" ]
  refute_line standby on a1 crm_mon -1
  run -0 on a3 wherry undrain a2
  [ "$output" = "a2 takes VMs already" ]
}

@test "a_dry_run_shows_the_plan_and_changes_nothing" {
  local before
  before=$(configuration)
  run -0 on a3 wherry drain a2 --dry-run
  [[ $output =~ vm1\ +a[13]\ +live\ +mig ]]
  run -0 on a3 wherry drain a2 --dry-run --json
  jq -e '.node == "a2" and .outcome == "not done" and (.vms | length) == 2 and all(.vms[]; .how == "live" and .network == "mig" and .state == "waits")' <<<"$output"
  run -0 on a3 wherry drain a1 --dry-run
  [[ $output == "no VM runs on a1" ]]
  run -0 on a1 wherry undrain a2 --dry-run
  [ "$(configuration)" = "$before" ]
}

@test "what_would_be_stopped_is_said_before_and_needs_force" {
  local before
  on a1 pcs resource meta vm2 allow-migrate=false
  before=$(configuration)
  run -107 on a1 wherry drain a2
  [[ $output == *"not all VMs on a2 would migrate live: vm2 (allow-migrate is not true)"* ]]
  [[ $output =~ vm2\ +a[13]\ +restart ]]
  [ "$(configuration)" = "$before" ]
  is_well vm1
  guest_is_on vm1 a2
  run -0 on a1 wherry drain a2 --force
  is_empty a2
  counter_unbroken vm1 "$BOOTS1"
  wait_until 60 counter_unbroken vm2 $((BOOTS2 + 1)) # once it counts again
}

@test "with_nowhere_to_go_it_is_refused" {
  on a1 pcs node standby a1 a3
  run -107 on a1 wherry drain a2
  [[ $output == *"vm1 (there is no node for it), vm2 (there is no node for it)"* ]]
  refute_line 'Node a2: standby' on a1 crm_mon -1
  guest_is_on vm1 a2
  unharmed
}

@test "a_VM_whose_migration_fails_is_named_and_stays" {
  lab drop a2 mig
  run -1 on a1 wherry drain a2
  [[ $output == *"vm1 stays where it is"* || $output == *"no network reaches"* ]]
  [[ $output == *"a2 is not drained: 2 of 2 VMs are still there" ]]
  guest_counts vm1
  guest_counts vm2
  run -0 on a1 wherry undrain a2
  lab undrop a2 mig
  wait_until 60 is_well vm1
  wait_until 60 is_well vm2
  unharmed
}

@test "undrain_in_the_middle_leaves_the_VMs_unharmed" {
  local node
  for node in a1 a2 a3; do lab shape "$node" mig 60; done
  run -0 on a1 wherry drain a2 --no-wait
  [[ $output == *"a2 is being drained: wherry status" ]]
  wait_until 30 something_moves
  run -0 on a3 wherry undrain a2
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  wait_until 90 both_are_well
  unharmed
}

something_moves() { on a1 wherry status --json | jq -e '.migrations | length > 0'; }
both_are_well() { is_well vm1 && is_well vm2; }

@test "on_a_terminal_it_shows_a_bar_and_a_line_for_each_VM" {
  local terminal=$LAB/shared/drain.terminal node
  for node in a1 a2 a3; do lab shape "$node" mig 200; done
  rm -f "$terminal"
  timeout 100 "$LAB_HERE/lab" run a1 script --quiet --flush --return --command "wherry drain a2" "$terminal" </dev/null >/dev/null
  grep -qE 'a2 \[#* *\] [0-9]+ %, [0-9] of 2 VMs are gone' "$terminal"
  grep -qE 'a2 \[####################\] 100 %, 2 of 2 VMs are gone' "$terminal"
  grep -qE 'vm[12] from a2 to a[13] by mig: ' "$terminal"
  is_empty a2
  unharmed
}

@test "wrong_input_is_one_sentence_and_changes_nothing" {
  local before
  before=$(configuration)
  run -105 on a1 wherry drain nowhere
  [[ $output == *"there is no node nowhere in this cluster" ]]
  run -105 on a1 wherry undrain nowhere
  run -64 on a1 wherry drain
  run -64 on a1 wherry drain a1 a2
  run -105 on a1 wherry drain "a2'\"<&"
  run -102 timeout 60 unshare --net --ipc "$WHERRY_STAGE/usr/sbin/wherry" drain a2
  [ "$(configuration)" = "$before" ]
}

# ---- every other way ------------------------------------------------------------------------------------

@test "pcs_node_standby_drains_by_live_migration" {
  on a1 pcs node standby a2
  wait_until 90 is_empty a2
  unharmed
}

@test "crm_node_standby_drains_by_live_migration" {
  on a1 crm node standby a2
  wait_until 90 is_empty a2
  unharmed
  on a1 crm node online a2
}

# What systemd does when it stops Pacemaker, and pcs cluster stop does by it.
@test "stopping_Pacemaker_on_the_node_drains_by_live_migration" {
  on a2 pkill -TERM -x pacemakerd
  wait_until 90 is_empty a2
  unharmed
  wait_until 60 pacemaker_is_gone a2
  lab kill a2
}

pacemaker_is_gone() { ! on "$1" pgrep -x pacemakerd; }

@test "a_red_health_attribute_drains_by_live_migration" {
  on a1 pcs property set node-health-strategy=migrate-on-red
  on a2 attrd_updater --name '#health-lab' --update red
  wait_until 90 is_empty a2
  unharmed
  on a2 attrd_updater --name '#health-lab' --delete
  on a1 pcs property unset node-health-strategy
}

# ---- limits ---------------------------------------------------------------------------------------------

# Drains a2 over slow wires; prints the greatest number of migrations that were seen at once. Without a limit these are
# two, as long as the machine is not so busy that Pacemaker holds back by itself.
most_at_once() {
  local node most=0 now end=$((SECONDS + 90))
  for node in a1 a2 a3; do lab shape "$node" mig 60; done
  on a1 wherry drain a2 --no-wait >&2
  while ! is_empty a2 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do
    now=$(on a1 wherry status --json | jq '[.migrations[] | select(.phase == "sending" or .phase == "preparing")] | length')
    [ "$now" -le "$most" ] || most=$now
  done
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  echo "$most"
}

@test "a_limit_of_migrations_is_heeded_by_a_drain" {
  run -0 on a3 wherry limit migrations 1
  [ "$output" = "migrations of a node at once, incoming and outgoing: 1 (was: none)" ]
  [ "$(most_at_once)" = 1 ]
  is_empty a2
  unharmed
  on a1 wherry limit migrations off
}

@test "a_limit_is_shown_and_a_wrong_one_refused" {
  local before
  before=$(configuration)
  run -64 on a1 wherry limit migrations 0
  run -64 on a1 wherry limit migrations many
  run -64 on a1 wherry limit
  run -0 on a1 wherry limit migrations 3 --dry-run
  [[ $output == *"3 (was: none), if it were changed" ]]
  run -4 on a1 setpriv --reuid=nobody --clear-groups wherry limit migrations 3
  [ "$(configuration)" = "$before" ]
  on a1 wherry limit migrations 3
  run -0 on a2 wherry limit migrations --json
  jq -e '.migrations == 3 and .changed == false' <<<"$output"
  run -0 on a2 wherry limit migrations off
  run -0 on a2 wherry limit migrations
  [ "$output" = "migrations of a node at once, incoming and outgoing: none" ]
}

# ---- limits of one node, which Pacemaker knows nothing of ---------------------------------------------------

# phases JQ-EXPRESSION about the phases of the migrations that have not ended, as another node tells them
phases() { on a3 wherry status --json | jq -e "[.migrations[].phase] | $1"; }

@test "a_limit_of_one_node_makes_the_second_migration_wait_and_status_says_for_whom" {
  local node
  for node in a1 a2 a3; do lab shape "$node" mig 60; done
  run -0 on a3 wherry limit migrations 1 --node a2
  [ "$output" = "migrations of a2 at once, incoming and outgoing: 1 (was: none)" ]
  run -0 on a1 wherry limit migrations
  [ "${lines[1]}" = "of a2: 1" ]
  on a1 pcs node standby a2
  wait_until 30 phases 'sort == ["sending", "waiting"]'
  run -0 on a3 wherry status
  [[ $output == *" waiting "* ]]
  run -0 on a3 wherry status --json
  jq -e '.migrations[] | select(.phase == "waiting") | .reason == "a2 takes part in 1 migrations, of which it may in 1 at once"' \
    <<<"$output"
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  wait_until 90 is_empty a2
  # one after the other
  [ "$(grep -oE 'LiveDomain.*: (migrating vm|vm. has moved)' "$LAB/nodes/a2/log/syslog" | tail -n 4 | grep -oE 'migrating|moved' | xargs)" = \
    "migrating moved migrating moved" ]
  unharmed
}

@test "two_nodes_that_send_to_each_other_with_one_turn_each_both_get_theirs" {
  local node
  on a1 wherry move vm2 a3
  BOOTS2=$(guest_boots vm2)
  for node in a2 a3; do on a1 wherry limit migrations 1 --node "$node"; done
  for node in a1 a2 a3; do lab shape "$node" mig 60; done
  on a1 crm_resource --move --resource vm1 --node a3
  wait_until 30 phases '. == ["sending"]'
  run -0 on a1 wherry hosts vm2 --json
  jq -e '.hosts | map({(.node): [.slots_free, .slots]}) | add | . == {"a1": [2, 2], "a2": [0, 1], "a3": [0, 1]}' <<<"$output"
  on a1 crm_resource --move --resource vm2 --node a2
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  wait_until 60 guest_is_on vm1 a3
  wait_until 60 guest_is_on vm2 a2
  wait_until 30 is_well vm1
  wait_until 30 is_well vm2
  unharmed
}

@test "a_migration_whose_turn_does_not_come_stays_and_is_tried_again" {
  local node vm
  for node in a1 a2 a3; do lab shape "$node" mig 20; done
  for vm in vm1 vm2; do on a1 pcs resource update "$vm" op migrate_to timeout=30s; done
  on a1 wherry limit migrations 1 --node a2
  on a1 pcs node standby a2
  wait_until 60 log_says a2 'stays where it is: its turn has not come within'
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  wait_until 120 is_empty a2
  for vm in vm1 vm2; do on a1 pcs resource update "$vm" op migrate_to timeout=60s; done
  unharmed
}

# Two others that send from a2, told by a1, where no daemon tells what is true.
@test "with_no_limit_set_a_migration_waits_a_while_and_then_goes_on" {
  local other="form=1 phase=sending vm=other guest=other source=a2 target=a1 began=1"
  on a1 pcs node standby a1
  wait_until 30 on a1 sh -c '! pgrep -x wherryd'
  on a1 attrd_updater --name wherry-moves --private --update "$other id=1|$other id=2"
  on a2 pcs resource update vm1 op migrate_to timeout=20s
  on a2 crm_resource --move --resource vm1 --node a3
  wait_until 30 phases 'contains(["waiting"])'
  wait_until 30 log_says a2 'vm1 does not wait any longer for its turn'
  wait_until 60 guest_is_on vm1 a3
  on a1 attrd_updater --name wherry-moves --private --delete
  wait_until 30 is_well vm1
  on a2 pcs resource update vm1 op migrate_to timeout=60s
  unharmed
}

@test "a_migration_that_waits_for_its_turn_can_be_cancelled" {
  local node vm
  for node in a1 a2 a3; do lab shape "$node" mig 60; done
  on a1 wherry limit migrations 1 --node a2
  on a1 pcs node standby a2
  wait_until 30 phases 'sort == ["sending", "waiting"]'
  vm=$(on a3 wherry status --json | jq -r '.migrations[] | select(.phase == "waiting") | .vm')
  run -0 on a3 wherry cancel "$vm"
  [[ $output == "$vm"*"was cancelled" ]]
  guest_is_on "$vm" a2
  on a1 pcs node unstandby a2
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  wait_until 60 is_well "$vm"
  guest_is_on "$vm" a2
  unharmed
}

@test "a_node_that_takes_in_no_migrations_gets_none" {
  run -0 on a3 wherry limit incoming off --node a1
  [ "$output" = "a1 takes in no migrations" ]
  run -0 on a2 wherry limit incoming
  [ "${lines[*]}" = "a1 takes in no migrations a2 takes in migrations a3 takes in migrations" ]
  run -0 on a2 wherry hosts vm1
  [[ $output =~ a1\ +none\ .*a1\ takes\ in\ no\ migrations:\ wherry\ limit\ incoming\ on\ --node\ a1 ]]
  run -1 on a2 wherry move vm1 a1
  [ "$output" = "wherry: a1 takes in no migrations: wherry limit incoming on --node a1" ]
  # whoever goes by Pacemaker alone is told by the agent, and the VM stays
  on a1 crm_resource --move --resource vm1 --node a1
  wait_until 30 log_says a2 'vm1 stays where it is: a1 takes in no migrations'
  wait_until 60 is_well vm1
  refute guest_is_on vm1 a1
  on a1 crm_resource --clear --resource vm1
  on a1 wherry limit incoming on --node a1
  on a1 wherry move vm1 a1
  unharmed
}

@test "wrong_limits_of_a_node_are_refused_and_change_nothing" {
  local before
  before=$(configuration)
  run -105 on a1 wherry limit migrations 1 --node a9
  run -105 on a1 wherry limit incoming off --node a9
  run -64 on a1 wherry limit incoming off
  [ "$output" = "wherry: for which node? --node NODE" ]
  run -64 on a1 wherry limit incoming never --node a1
  run -0 on a1 wherry limit incoming off --node a1 --dry-run
  run -4 on a1 setpriv --reuid=nobody --clear-groups wherry limit incoming off --node a1
  [ "$(configuration)" = "$before" ]
  on a1 wherry limit migrations 2
  run -78 on a1 wherry limit migrations 3 --node a1
  [[ $output == *"while the limit of all nodes is 2: wherry limit migrations 3" ]]
}
