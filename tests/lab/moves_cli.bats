#!/usr/bin/env bats
# wherry move, cancel, status and history, as an operator uses them.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-moves_cli
  "$BATS_TEST_DIRNAME/lab" up --nodes 3 --stage "$WHERRY_STAGE"
  LAB=$WHERRY_LAB
  on a1 pcs resource create mignets ocf:wherry:MigrationNetworks names="mig=10.99.2.0/24,fd99:2::/64" order=mig \
    exclude="stor guest 10.99.1.0/24" clone
  local xml
  xml=$(lab guest web --disk 16)
  # a processor whose features libvirt compares
  sed -i "s:</features>:&<cpu mode='custom' match='exact' check='partial'><model fallback='forbid'>qemu64</model>$(
    printf "<feature policy='require' name='%s'/>" hypervisor lahf_lm)</cpu>:" "$xml"
  on a1 pcs resource create web ocf:wherry:LiveDomain "config=$xml" migration_transport=tcp \
    op monitor interval=5s op migrate_to timeout=60s meta allow-migrate=true resource-stickiness=100
  wait_until 60 guest_count_exceeds web 0
  wait_until 30 all_publish
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

setup() {
  LAB=$WHERRY_LAB
  begin_places
  wait_until 60 guest_counts web # one that was just started has yet to boot
  BOOTS=$(guest_boots web)
}

teardown() {
  local node
  on a1 crm_mon -1 -A -r || true
  [ -n "$BATS_TEST_COMPLETED" ] || show_guest web
  for node in a1 a2 a3; do
    lab undrop "$node" mig
    lab shape "$node" mig off
  done
  on a1 pcs resource meta web allow-migrate=true resource-stickiness=100
  on a1 pcs node unstandby --all
  on a1 pcs resource enable web
  on a1 crm_resource --clear --resource web || true
  wait_until 60 settled
  on a1 sh -c 'for id in $(pcs constraint --full | grep -o "wherry-[a-z]*-web[-a-z0-9]*$"); do pcs constraint remove $id; done' || true
}

settled() { on a1 crm_mon -1 -r | grep -qE 'web.*Started a[123]$'; }
managed_on() { on a1 crm_mon -1 -r | grep -qE "web.*Started $1\$"; }
no_wish() { ! on a1 pcs constraint --full | grep -qE 'wherry-move|cli-'; }

begin_places() {
  FROM=$(guest_nodes web)
  read -r TO THIRD < <(printf '%s\n' a1 a2 a3 | grep -v "$FROM" | xargs)
}

slow_wire() {
  local node
  for node in a1 a2 a3; do lab shape "$node" mig 60; done
}

# A move by the command, in the background; its output and status go to files.
move_in_background() { # NODE [ARGUMENT...]
  local node=$1
  shift
  rm -f "$BATS_TEST_TMPDIR/status"
  {
    local status=0
    timeout 100 "$LAB_HERE/lab" run "$node" wherry move web "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null || status=$?
    echo "$status" >"$BATS_TEST_TMPDIR/status"
  } 3>&- 4>&- &
}

is_sending() { on "${1:-a1}" wherry status --json | jq -e '.migrations[] | select(.vm == "web" and .phase == "sending" and .percent > 0)'; }
has_ended() { [ -s "$BATS_TEST_TMPDIR/status" ]; }

ended_with() { # STATUS
  wait_until 60 has_ended
  cat "$BATS_TEST_TMPDIR/out"
  [ "$(cat "$BATS_TEST_TMPDIR/status")" = "$1" ]
}

# ---- moving ---------------------------------------------------------------------------------------------

@test "move_takes_the_VM_to_the_node_and_leaves_no_constraint" {
  run -0 on "$THIRD" wherry move web "$TO"
  [[ $output == *"web has moved from $FROM to $TO by mig in "*" s: "*" MiB, downtime "*" ms"* ]]
  managed_on "$TO"
  no_wish
  counter_unbroken web "$BOOTS"
  one_writer web
}

@test "move_without_a_node_lets_the_cluster_choose_one" {
  run -0 on "$FROM" wherry move web --json
  jq -e --arg from "$FROM" '.outcome == "moved" and .from == $from and .to != $from and .migration.network == "mig" and .migration.downtime_ms > 0' <<<"$output"
  managed_on "$(jq -r .to <<<"$output")"
  no_wish
  counter_unbroken web "$BOOTS"
}

@test "a_dry_run_says_what_would_happen_and_changes_nothing" {
  local before
  before=$(on a1 cibadmin --query --scope configuration)
  run -0 on a1 wherry move web "$TO" --dry-run
  [ "$output" = "would migrate web from $FROM to $TO" ]
  [ "$(on a1 cibadmin --query --scope configuration)" = "$before" ]
}

@test "to_where_it_is_there_is_nothing_to_do" {
  run -0 on a1 wherry move web "$FROM"
  [ "$output" = "web runs on $FROM already" ]
  no_wish
}

@test "what_cannot_be_moved_is_refused_and_nothing_changes" {
  local before
  before=$(on a1 cibadmin --query --scope configuration)
  run -105 on a1 wherry move nothing "$TO"
  [[ $output == *"there is no resource nothing"* ]]
  run -105 on a1 wherry move web nowhere
  [[ $output == *"there is no node nowhere"* ]]
  run -78 on a1 wherry move mignets
  [[ $output == *"mignets is no VM but ocf:wherry:MigrationNetworks"* ]]
  run -64 on a1 wherry move
  run -64 on a1 wherry move web "$TO" --wait 0
  run -105 on a1 wherry move "we b" "$TO"
  run -105 on a1 wherry move "web'\"<&" "$TO"
  run -105 on a1 wherry cancel nothing
  run -105 on a1 wherry cancel web
  [[ $output == *"no migration of web is known"* ]]
  [ "$(on a1 cibadmin --query --scope configuration)" = "$before" ]
}

@test "a_node_in_standby_is_refused" {
  on a1 pcs node standby "$TO"
  run -1 on a1 wherry move web "$TO"
  [[ $output == *"$TO is in standby"* ]]
  no_wish
}

@test "a_VM_that_does_not_run_is_refused" {
  on a1 pcs resource disable web --wait=30
  run -1 on a1 wherry move web "$TO"
  [[ $output == *"web does not run"* ]]
  on a1 pcs resource enable web --wait=60
  wait_until 60 settled
}

@test "a_move_that_would_stop_the_VM_is_refused_without_force" {
  on a1 pcs resource meta web allow-migrate=false
  run -107 on a1 wherry move web "$TO"
  [[ $output == *"web would be stopped and started on $TO instead of migrated"* ]]
  no_wish
  counter_unbroken web "$BOOTS"
}

@test "a_move_that_the_cluster_would_undo_is_refused" {
  on a1 pcs resource meta web resource-stickiness=0
  on a1 pcs constraint location web prefers "$FROM=50"
  run -107 on a1 wherry move web "$TO"
  [[ $output == *"web would go on to $FROM as soon as it is on $TO"* ]]
  no_wish
  guest_is_on web "$FROM"
  on a1 pcs constraint remove "location-web-$FROM-50"
}

@test "without_a_cluster_on_this_node_it_says_so" {
  local verb
  for verb in "move web $TO" 'cancel web' status; do
    # shellcheck disable=SC2086
    run -102 timeout 60 unshare --net --ipc "$WHERRY_STAGE/usr/sbin/wherry" $verb
    [[ $output == *"does the cluster run on this node?"* ]]
  done
}

@test "bash_completes_verbs_options_VMs_and_nodes" {
  completes() { # WORD... : the last one is being typed
    on a1 bash -c '. /usr/share/bash-completion/completions/wherry
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _wherry
      echo " ${COMPREPLY[*]} "' bash "$@"
  }
  [[ $(completes wherry '') == *" move "*" drain "* ]]
  [ "$(completes wherry mo)" = " move " ]
  [ "$(completes wherry network ex)" = " exclude explain " ]
  [ "$(completes wherry move w)" = " web " ]
  [ "$(completes wherry move web a)" = " a1 a2 a3 " ]
  [ "$(completes wherry drain --js)" = " --json " ]
  [[ $(completes wherry move --) == *" --force "*" --no-wait "* ]]
}

# ---- watching -------------------------------------------------------------------------------------------

@test "status_shows_a_move_on_every_node_whoever_began_it_and_history_keeps_it" {
  local node
  slow_wire
  on a1 crm_resource --move --resource web --node "$TO"
  wait_until 30 is_sending a1
  for node in a2 a3; do
    run -0 on "$node" wherry status
    [[ $output =~ web\ +$FROM\ +$TO\ +mig\ +sending\ +[0-9]+\ %\ +[0-9.]+\ [KM]iB/s ]]
  done
  run -75 on "$THIRD" wherry move web "$THIRD"
  [[ $output == *"web is on its way from $FROM to $TO already"* ]]
  lab shape "$FROM" mig off
  wait_until 60 managed_on "$TO"
  wait_until 20 nothing_moves
  run -0 on "$FROM" wherry history web --json
  jq -e --arg to "$TO" '.migrations[-1] | .to == $to and .phase == "moved" and .network == "mig" and .processed_bytes > 1000000 and .elapsed_ms > 0' <<<"$output"
  run -0 on "$FROM" wherry history
  [[ $output =~ web\ +$FROM\ +$TO\ +mig ]]
  run -0 on "$FROM" wherry history nothing
  [[ $output == *"no migration is on record"* ]]
}

nothing_moves() { [ "$(on a1 wherry status)" = "no VM migrates" ]; }

@test "history_and_metrics_tell_of_a_move_at_both_ends" {
  local moved
  moved=$(moves_in "$FROM" out)
  on a1 wherry move web "$TO"
  wait_until 40 history_has_arrival "$TO"
  run -0 on "$TO" wherry history web --json
  jq -e --arg from "$FROM" --arg to "$TO" '.migrations[-1] | .from == $from and .to == $to and .phase == "moved" and .network == "mig"' <<<"$output"
  wait_until 30 moves_are "$FROM" out $((moved + 1))
  on "$FROM" sh -c 'tail -n 1 /run/wherry/wherry.prom' | grep -qx '# EOF'
}

moves_in() { on "$1" cat /run/wherry/wherry.prom | sed -n "s/^wherry_migrations_total{direction=\"$2\",outcome=\"moved\"} //p"; } # NODE DIRECTION
moves_are() { [ "$(moves_in "$1" "$2")" = "$3" ]; }
history_has_arrival() { on "$1" wherry history web --json | jq -e --arg from "$FROM" --arg to "$1" '.migrations[-1] | .from == $from and .to == $to'; } # NODE

@test "watched_without_a_terminal_it_prints_what_is_new_and_the_end" {
  slow_wire
  move_in_background "$THIRD" "$TO"
  wait_until 30 is_sending
  lab shape "$FROM" mig off
  ended_with 0
  [ "$(grep -c . "$BATS_TEST_TMPDIR/out")" -le 3 ]
  grep -qx "web from $FROM to $TO by mig: sending" "$BATS_TEST_TMPDIR/out"
  refute grep -q $'\r' "$BATS_TEST_TMPDIR/out"
}

@test "no_wait_returns_at_once_and_the_wish_goes_when_it_is_granted" {
  run -0 on "$THIRD" wherry move web "$TO" --no-wait
  [ "$output" = "asked the cluster to migrate web from $FROM to $TO" ]
  wait_until 60 managed_on "$TO"
  wait_until 30 no_wish
}

@test "wait_ends_in_time_and_the_move_goes_on" {
  slow_wire
  run -124 on "$THIRD" wherry move web "$TO" --wait 2
  [[ $output == *"the migration of web goes on"* ]]
  lab shape "$FROM" mig off
  wait_until 60 managed_on "$TO"
  counter_unbroken web "$BOOTS"
}

# ---- hosts ----------------------------------------------------------------------------------------------

hosts_say() { # JQ-EXPRESSION about the hosts by name
  run -0 on "$THIRD" wherry hosts web --json
  jq -e --arg from "$FROM" --arg to "$TO" --arg third "$THIRD" ".hosts | map({(.node): .}) | add | $1" <<<"$output"
}

@test "hosts_shows_each_node_as_a_target_and_changes_nothing" {
  local before
  before=$(on a1 cibadmin --query --scope configuration)
  run -0 on "$THIRD" wherry hosts web
  [[ $output =~ NODE\ +TRANSFER\ +NETWORK\ +ABOUT\ +FREE\ +WHY ]]
  [[ $output =~ $FROM\ +here\ && $output =~ $TO\ +live\ +mig\ +[0-9]+\ s && $output =~ $THIRD\ +live\ +mig ]]
  [ "$(on a1 cibadmin --query --scope configuration)" = "$before" ]
}

@test "hosts_says_why_a_node_is_no_target_as_move_does" {
  on a1 pcs node standby "$TO"
  hosts_say '.[$to].transfer == "none" and .[$to].reason == $to + " is in standby" and .[$third].transfer == "live"'
  on a1 pcs node unstandby "$TO"
  on a1 pcs constraint location web avoids "$TO"
  hosts_say '.[$to].transfer == "none" and .[$third].transfer == "live"'
  run ! on "$THIRD" wherry move web "$TO"
  on a1 pcs constraint delete "location-web-$TO--INFINITY"
  on a1 pcs resource meta web allow-migrate=false
  hosts_say '.[$to].transfer == "restart" and .[$to].reason == "allow-migrate is not true" and .[$from].transfer == "here"'
  on a1 pcs resource meta web allow-migrate=true
  on a1 pcs resource update web migration_exclude_networks=mig
  hosts_say '.[$to].transfer == "none" and (.[$to].reason | contains("no usable network from " + $from + " to " + $to))'
  on a1 pcs resource update web migration_exclude_networks=
  hosts_say '.[$to].transfer == "live"'
  guest_is_on web "$FROM"
  counter_unbroken web "$BOOTS"
}

# restart_libvirtd NODE COMMANDS: with something changed in between
restart_libvirtd() {
  on "$1" sh -c "pkill -x libvirtd; while pgrep -x libvirtd >/dev/null; do sleep 0.1; done
    $2
    rm -f /run/libvirtd.pid; libvirtd --listen --daemon" >/dev/null 2>&1
}

# What libvirt has found out of a node's processor lies in its cache, so there one can lack something.
@test "a_host_whose_processor_lacks_what_the_VM_has_is_told" {
  local cache=/var/cache/libvirt/qemu/capabilities
  restart_libvirtd "$TO" "cp -a $cache $cache.whole; sed -i '/name=.lahf[-_]lm/d' $cache/*.xml"
  hosts_say '(.[$to].reason | contains("lahf_lm")) and .[$third].reason == null'
  run on "$THIRD" wherry check web
  [[ $output == *"warning: $TO: "*lahf_lm* && $output != *"$THIRD: "*lahf_lm* ]]
  restart_libvirtd "$TO" "rm -r $cache; mv $cache.whole $cache"
  hosts_say '.[$to].transfer == "live" and .[$to].reason == null'
  counter_unbroken web "$BOOTS"
}

@test "a_host_whose_libvirt_does_not_answer_is_no_target" {
  on "$TO" sh -c 'pkill -x libvirtd; while pgrep -x libvirtd >/dev/null; do sleep 0.1; done'
  hosts_say '.[$to].transfer == "none" and (.[$to].reason | contains("qemu+tcp://" + $to)) and .[$third].transfer == "live"'
  run -78 on "$THIRD" wherry check web
  [[ $output == *"error: $TO: "*"qemu+tcp://$TO"* ]]
  restart_libvirtd "$TO" true
  hosts_say '.[$to].transfer == "live"'
}

# It names one hypervisor alone, so the others are not to be asked by it.
@test "a_VM_with_remoteuri_has_no_hosts_that_cannot_be_asked" {
  on a1 pcs resource update web "remoteuri=qemu+tcp://$TO/system"
  hosts_say '.[$to].transfer == "live" and .[$third].transfer == "live"'
  run on "$THIRD" wherry check web
  [[ $output != *"cannot be asked from here"* ]]
  on a1 pcs resource update web remoteuri=
  guest_is_on web "$FROM"
}

@test "two_hosts_of_one_UUID_are_found" {
  local conf=/etc/libvirt/libvirtd.conf uuid
  uuid=$(on "$FROM" virsh capabilities | sed -n 's:.*<uuid>\(.*\)</uuid>.*:\1:p' | head -n 1)
  run on "$THIRD" wherry check
  [[ $output == *"fencing is off"* && $output != *"host UUID"* ]]
  restart_libvirtd "$TO" "cp $conf /var/cache/libvirt/whole.conf; sed 's/^host_uuid.*/host_uuid = \"$uuid\"/' /var/cache/libvirt/whole.conf >$conf"
  run -78 on "$THIRD" wherry check
  [[ $output == *"its host UUID is that of "*"$uuid"*"libvirt takes both for one host"* ]]
  restart_libvirtd "$TO" "cat /var/cache/libvirt/whole.conf >$conf"
}

@test "hosts_counts_the_free_places_and_measures_what_the_VM_writes" {
  hosts_say '.[$to].slots == 2 and .[$to].slots_free == 2 and .[$from].slots_free == 2'
  jq -e '.dirty_mib_per_s >= 0' <<<"$output"
  slow_wire
  move_in_background "$THIRD" "$TO"
  wait_until 30 is_sending
  run -75 on "$THIRD" wherry hosts web
  [ "$output" = "wherry: web is on its way from $FROM to $TO already: wherry status" ]
  lab shape "$FROM" mig off
  ended_with 0
}

@test "hosts_of_what_is_not_there_or_does_not_run_is_one_sentence" {
  run -105 on a1 wherry hosts nosuch
  run -78 on a1 wherry hosts mignets
  run -64 on a1 wherry hosts
  on a1 pcs resource disable web --wait=60
  run -1 on a1 wherry hosts web
  [ "$output" = "wherry: web does not run" ]
}

# ---- cancelling -----------------------------------------------------------------------------------------

@test "cancel_from_a_third_node_leaves_the_VM_where_it_is_and_a_new_move_is_a_new_wish" {
  slow_wire
  move_in_background "$FROM" "$TO"
  wait_until 30 is_sending
  run -0 on "$THIRD" wherry cancel web --dry-run --json
  jq -e '.vm == "web" and .phase == "sending"' <<<"$output"
  run -0 on "$THIRD" wherry cancel web
  [[ $output == *"its migration to $TO was cancelled"* ]]
  ended_with 1
  wait_until 30 managed_on "$FROM"
  guest_is_on web "$FROM"
  no_wish
  on a1 pcs constraint --full | grep -q "wherry-avoid-web-$TO"
  counter_unbroken web "$BOOTS"
  one_writer web
  run -0 on "$FROM" wherry history web --json
  jq -e '.migrations[-1] | .phase == "stayed" and (.reason | test("was cancelled"))' <<<"$output"
  for node in a1 a2 a3; do lab shape "$node" mig off; done
  run -0 on "$THIRD" wherry move web "$TO" # although it is avoided
  managed_on "$TO"
  counter_unbroken web "$BOOTS"
}

@test "a_move_that_the_scheduler_began_is_cancelled_the_same_way" {
  slow_wire
  on a1 pcs node standby "$FROM"
  wait_until 30 is_sending
  run -0 on "$THIRD" wherry cancel web
  guest_is_on web "$FROM"
  guest_counts web
  counter_unbroken web "$BOOTS"
}

# The terminal is made on the node, so that Ctrl-C reaches nobody else.
@test "Ctrl_C_on_a_terminal_asks_and_cancels" {
  local terminal=$LAB/shared/terminal
  rm -f "$terminal"
  slow_wire
  {
    wait_until 30 grep -qE "web from $FROM to $TO by mig: [0-9]+ %, [0-9.]+ [KM]iB left at" "$terminal"
    printf '\003'
    wait_until 20 grep -q 'Cancel it (c), leave it running (l)' "$terminal"
    printf 'c\n'
    wait_until 30 grep -q 'was cancelled' "$terminal"
  } 3>&- 4>&- | timeout 100 "$LAB_HERE/lab" run "$THIRD" script --quiet --flush --return --command "exec wherry move web $TO" "$terminal" >/dev/null || {
    cat -v "$terminal"
    return 1
  }
  grep -q "its migration to $TO was cancelled" "$terminal"
  guest_is_on web "$FROM"
  counter_unbroken web "$BOOTS"
  no_wish
}

@test "a_VM_that_a_cancelled_migration_would_stop_is_not_cancelled" {
  on a1 pcs resource update web migration_failure=restart
  slow_wire
  on a1 crm_resource --move --resource web --node "$TO"
  wait_until 30 is_sending
  run -107 on "$THIRD" wherry cancel web
  [[ $output == *"the cluster stops and restarts it"* ]]
  lab shape "$FROM" mig off
  wait_until 60 managed_on "$TO"
  on a1 pcs resource update web migration_failure=
  counter_unbroken web "$BOOTS"
}

@test "a_move_that_fails_says_why_and_leaves_the_VM_where_it_is" {
  lab drop "$TO" mig
  run -1 on "$THIRD" wherry move web "$TO"
  [[ $output == *"mig: no reply from $TO"* ]]
  managed_on "$FROM"
  no_wish
  counter_unbroken web "$BOOTS"
}
