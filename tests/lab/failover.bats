#!/usr/bin/env bats
# Which network carries a migration, and what happens when it does not. The witnesses are the byte counters of the
# interfaces and a capture on the excluded one.

bats_require_minimum_version 1.5.0
load lib.bash
load agent.bash

# A guest of 128 MiB that has booted sends some 90 MiB; nothing else in the lab comes near this.
LOAD=$((20 * 1024 * 1024))

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-failover
  "$BATS_TEST_DIRNAME/lab" up --nodes 2 --stage "$WHERRY_STAGE"
  LAB=$WHERRY_LAB
  on a1 pcs resource create mignets ocf:wherry:MigrationNetworks clone
  wait_until 30 all_publish
  lab guest mover >/dev/null
  on a1 pcs resource create mover ocf:wherry:LiveDomain "config=$LAB/shared/mover.xml" migration_transport=tcp \
    op monitor interval=5s meta allow-migrate=true
  wait_until 30 guest_count_exceeds mover 0
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

# FROM is where the guest is, TO the other node. Settings and wires are as new.
setup() {
  LAB=$WHERRY_LAB
  FROM=$(guest_nodes mover)
  [ "$FROM" = a1 ] && TO=a2 || TO=a1
}

teardown() {
  local node network
  for node in a1 a2; do
    for network in mgmt mig stor guest; do
      lab undrop "$node" "$network"
      lab heal "$node" "$network"
    done
    lab shape "$node" mig off
    on "$node" nft delete table inet witness 2>/dev/null || true
  done
  prefer order= exclude= ring= unlisted= names=
  on a1 pcs resource update mover migration_networks= migration_exclude_networks= migration_network_suffix= \
    migration_stall_timeout= migrate_options=
  wait_until 10 all_publish
}

prefer() { on a1 pcs resource update mignets "$@"; } # PARAMETER=VALUE...

# move_over NETWORK: a move by pcs, of which NETWORK carried the load and no other did
move_over() {
  local network carried=$1
  local -A before
  for network in mgmt mig stor guest; do
    before[$network]=$(net_bytes "$FROM" "$network")
  done
  timeout 100 "$LAB_HERE/lab" run a1 pcs resource move mover "$TO"
  guest_is_on mover "$TO"
  counter_unbroken mover
  for network in mgmt mig stor guest; do
    local bytes=$(($(net_bytes "$FROM" "$network") - before[$network]))
    echo "$network: $bytes bytes"
    if [ "$network" = "$carried" ]; then
      [ "$bytes" -gt "$LOAD" ]
    else
      [ "$bytes" -lt "$LOAD" ]
    fi
  done
}

said() { grep -h "LiveDomain(mover): .*$1" "$LAB/nodes/$FROM/log/pacemaker/pacemaker.log" | tail -n 1 | grep .; }

# migrate_by_hand: one migrate_to as Pacemaker would call it; the cluster looks away. Nothing is dropped for its failure:
# the target that is then avoided would be that of the next test's move.
migrate_by_hand() { # [PARAMETER=VALUE...]
  migrate_to mover "$FROM" "$TO" CRM_meta_on_node="$FROM" migration_failure=restart "$@"
}

@test "without_a_preference_a_network_without_the_ring_comes_first" {
  move_over mig # mig and guest carry no ring; 10.99.2 is before 10.99.4
}

@test "the_order_is_obeyed_and_so_is_its_change_by_pcs" {
  prefer order="stor mig"
  move_over stor
  setup
  prefer order="mig stor"
  move_over mig
}

@test "the_ring_is_used_last_and_never_with_ring_exclude" {
  prefer exclude="mig guest"
  move_over mgmt
  setup
  prefer exclude="mig guest" ring=exclude
  run -1 migrate_by_hand
  [[ $output == *"no usable network"* ]]
  guest_is_on mover "$FROM"
  counter_unbroken mover
}

@test "I3_an_excluded_network_is_silent_while_the_others_fail" {
  prefer order="mig stor" exclude="guest"
  # on both ends: any packet of IP on the excluded wire counts, neighbour discovery of the kernel's own aside
  local node
  for node in a1 a2; do
    on "$node" nft -f - <<'N'
table inet witness {
  counter seen { }
  chain out { type filter hook output priority -300; oifname "guest" icmpv6 type { mld-listener-query, mld-listener-report, mld2-listener-report, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept; oifname "guest" counter name seen; }
}
N
    lab drop "$node" mig
    lab drop "$node" stor
  done
  run -1 migrate_by_hand migration_exclude_networks=mgmt
  [[ $output == *"ocf-exit-reason:no network reaches $TO"*"no reply from $TO"* ]]
  for node in a1 a2; do
    on "$node" nft list counter inet witness seen | grep -q 'packets 0 bytes 0'
  done
  guest_counts mover
  counter_unbroken mover
}

@test "a_first_network_that_is_down_is_left_for_the_second" {
  prefer order="mig stor"
  lab cut "$TO" mig
  move_over stor
}

@test "a_first_network_that_drops_one_direction_is_left_for_the_second" {
  prefer order="mig stor"
  lab drop "$TO" mig in
  move_over stor
  said 'left out: .*no reply'
}

# Only one port passes, and it is not the one that is probed.
@test "a_firewall_that_drops_the_probe_alone_does_not_keep_the_guest" {
  prefer order="mig" exclude="guest stor mgmt"
  on "$TO" nft -f - <<'N'
table inet witness {
  chain in { type filter hook input priority -300; iifname "mig" tcp dport != 49190 drop; }
}
N
  lab guest narrow >/dev/null
  agent "$FROM" narrow start
  wait_until 30 guest_count_exceeds narrow 0
  migrate_to narrow "$FROM" "$TO" CRM_meta_on_node="$FROM" migrateport=49190
  migrate_from narrow "$FROM" "$TO"
  counter_unbroken narrow
  agent "$TO" narrow stop
}

@test "a_network_that_goes_silent_while_the_guest_travels_is_left_for_the_second" {
  prefer order="mig stor"
  on a1 pcs resource update mover migration_stall_timeout=2
  move_while lab drop "$TO" mig
  said 'by 10.99.3.0/24.*left out: .*stalled'
}

# move_while COMMAND...: a move by pcs over a slow mig, and COMMAND once some of the guest has gone over it
move_while() {
  lab shape "$FROM" mig 100
  local before
  before=$(net_bytes "$FROM" mig)
  (wait_until 30 travels "$before" && "$@") 3>&- &
  local saboteur=$!
  timeout 100 "$LAB_HERE/lab" run a1 pcs resource move mover "$TO"
  wait "$saboteur"
  guest_is_on mover "$TO"
  counter_unbroken mover
}

kill_daemons() { on "$FROM" pkill -KILL wherryd && on "$TO" pkill -KILL wherryd; }

travels() { [ $(($(net_bytes "$FROM" mig) - $1)) -gt $((4 * 1024 * 1024)) ]; }

@test "a_wire_pulled_while_the_guest_travels_is_left_for_the_second" {
  prefer order="mig stor"
  on a1 pcs resource update mover migration_stall_timeout=2
  move_while lab cut "$FROM" mig
}

# Of a guest that is no resource, so that only the agent's own time counts; the best of two, each way.
@test "a_dead_first_network_costs_at_most_three_seconds_more" {
  prefer order="mig stor"
  lab guest racer >/dev/null
  agent a1 racer start
  wait_until 30 guest_count_exceeds racer 0
  local healthy dead try milliseconds
  for try in 1 2; do
    time_of_move racer a1 a2
    [ "$milliseconds" -ge "${healthy:-999999}" ] || healthy=$milliseconds
    lab drop a1 mig
    time_of_move racer a2 a1
    lab undrop a1 mig
    [ "$milliseconds" -ge "${dead:-999999}" ] || dead=$milliseconds
  done
  counter_unbroken racer
  agent a1 racer stop
  echo "healthy $healthy ms, first network dead $dead ms"
  [ $((dead - healthy)) -le 3000 ]
}

time_of_move() { # GUEST FROM TO: into $milliseconds
  local begin=${EPOCHREALTIME/./}
  migrate_to "$1" "$2" "$3" CRM_meta_on_node="$2"
  milliseconds=$(((${EPOCHREALTIME/./} - begin) / 1000))
  migrate_from "$1" "$2" "$3"
}

@test "a_network_of_IPv6_alone_carries_a_migration" {
  prefer names="six=fd99:2::/64" order="six"
  on a1 ip -4 addr flush dev mig
  on a2 ip -4 addr flush dev mig
  wait_until 10 six_only
  move_over mig
  on a1 ip addr add 10.99.2.1/24 dev mig
  on a2 ip addr add 10.99.2.2/24 dev mig
}

six_only() { ! on a1 attrd_updater -n wherry-links -Q -A | grep -q '10.99.2'; }

@test "a_guests_own_list_wins_and_the_clusters_exclusion_beats_it" {
  prefer order="mig stor" exclude="guest"
  on a1 pcs resource update mover migration_networks="guest stor"
  move_over stor
  setup
  on a1 pcs resource update mover migration_networks="" migration_exclude_networks="mig stor"
  move_over mgmt
}

@test "VirtualDomains_own_parameter_decides_alone" {
  prefer order="stor" exclude="mig"
  on a1 pcs resource update mover migration_network_suffix=-mig
  move_over mig
  said 'migration_network_suffix decides alone'
}

@test "everything_excluded_is_a_clear_error_before_anything_is_touched" {
  prefer exclude="mig stor guest mgmt"
  run -1 migrate_by_hand
  [[ $output == *"ocf-exit-reason:no usable network from $FROM to $TO"* ]]
  [[ $(on "$TO" virsh list --all --name) != *mover* ]]
  guest_counts mover
  counter_unbroken mover
}

@test "a_name_that_does_not_resolve_is_replaced_by_the_preferred_address" {
  prefer order="stor"
  on "$FROM" sh -c "cp /etc/hosts /run/hosts && grep -vw $TO /run/hosts >/etc/hosts"
  run timeout 100 "$LAB_HERE/lab" run a1 pcs resource move mover "$TO"
  on "$FROM" sh -c 'cat /run/hosts >/etc/hosts'
  [ "$status" = 0 ]
  guest_is_on mover "$TO"
  counter_unbroken mover
  said 'cannot connect to qemu+tcp://.*connected by qemu+tcp://10.99.3'
}

@test "I8_the_daemon_killed_while_the_guest_travels_changes_nothing" {
  prefer order="mig stor"
  move_while kill_daemons
}

@test "without_the_daemon_the_ring_carries_the_guest_and_the_log_says_so" {
  on a1 pcs resource disable mignets --wait=20
  move_over mgmt
  said 'publishes no links'
  on a1 pcs resource enable mignets --wait=20
}
