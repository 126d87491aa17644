#!/usr/bin/env bats
# The rules of the OCF Resource Agent API that need a guest: stock ocf-tester, idempotency, actions
# beside each other, and the cluster's own tools. In a lab of two nodes.

bats_require_minimum_version 1.5.0
load agent.bash
load ../lab/lib.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-ocf
  "$BATS_TEST_DIRNAME/../lab/lab" up --nodes 2 --stage "$WHERRY_STAGE"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/../lab/lab" down
}

setup() {
  dir=$BATS_TEST_TMPDIR
  RESOURCE=vm$BATS_TEST_NUMBER # each test has a guest of its own
  config=$(lab guest "$RESOURCE")
  vm=(config="$config" force_stop=true migration_transport=tcp CRM_meta_timeout=30000)
}

teardown() {
  local node pid
  [ -n "${RESOURCE:-}" ] || return 0
  for node in a1 a2; do
    on "$node" virsh -q destroy "$RESOURCE" >/dev/null 2>&1 || true
  done
}

counts() { wait_until 30 guest_count_exceeds "$RESOURCE" 0; }

# Both ends of a race: calls in the background, whose outcome is in $dir/NAME.
beside() { # NAME NODE ACTION WORD...
  local name=$1 environment
  local node=$2 action=$3
  shift 3
  environment_of "$@"
  {
    local status=0
    on "$node" timeout "$MOST_S" env -i "${environment[@]}" "$INSTALLED" "$action" >"$dir/$name.out" 2>&1 || status=$?
    echo $status >"$dir/$name"
  } 3>&- 4>&- &
}
ended() { # NAME STATUS...
  local status
  status=$(<"$dir/$1")
  shift
  [[ " $* " == *" $status "* ]] || { echo "ended with $status, not $*"; tail -n 5 "$dir"/*.out; return 1; }
}

@test "stock ocf-tester passes, with a real guest" {
  run on a1 timeout 120 ocf-tester -n "$RESOURCE" -o config="$config" -o force_stop=true "$INSTALLED"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *'passed all tests'* ]]
  [[ $output != *'rc='* ]]
}

@test "start returns when the guest runs; started again it succeeds and is the same guest" {
  agent_on a1 monitor "${vm[@]}"
  outcome 7
  agent_on a1 start "${vm[@]}"
  outcome 0
  agent_on a1 monitor "${vm[@]}"
  outcome 0
  local pids
  pids=$(guest_pids "$RESOURCE") || true
  [ "$(wc -l <<<"$pids")" = 1 ]
  agent_on a1 start "${vm[@]}"
  outcome 0
  [ "$(guest_pids "$RESOURCE")" = "$pids" ]
  counts
  agent_on a1 start "${vm[@]}"
  counter_unbroken "$RESOURCE"
}

@test "stop returns when the guest is gone; stopped again it succeeds, and monitor says 7" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  agent_on a1 stop "${vm[@]}"
  outcome 0
  [ -z "$(guest_pids "$RESOURCE")" ]
  agent_on a1 monitor "${vm[@]}"
  outcome 7
  agent_on a1 stop "${vm[@]}"
  outcome 0
  agent_on a1 monitor "${vm[@]}" CRM_meta_interval=10000
  outcome 7 "$RESOURCE does not run here"
}

@test "stop leaves nothing of the resource but its lock" {
  agent_on a1 start "${vm[@]}"
  agent_on a1 stop "${vm[@]}"
  outcome 0
  [ "$(on a1 find /run/wherry -name "*$RESOURCE*")" = "/run/wherry/LiveDomain-$RESOURCE.lock" ]
  [ -z "$(on a1 virsh -q list --all --name | grep -x "$RESOURCE")" ]
}

@test "start fails, and leaves nothing, where the guest does not come up" {
  sed 's|/vmlinuz<|/no-such-kernel<|' "$config" >"$LAB/shared/broken.xml"
  agent_on a1 start config="$LAB/shared/broken.xml" CRM_meta_timeout=20000
  outcome 1 "^$RESOURCE: cannot start the guest: .*no-such-kernel"
  [ -z "$(guest_pids "$RESOURCE")" ]
  agent_on a1 monitor config="$LAB/shared/broken.xml"
  outcome 7
}

agents_at_work() { [ "$(on a1 pgrep -c -f "^$INSTALLED $1")" = "$2" ]; }

@test "several starts at once all succeed, and it is one guest, booted once" {
  local i
  # libvirtd is held, so that all are at work before the first one can have done anything
  on a1 sh -c 'kill -STOP $(pidof libvirtd)'
  for i in 1 2 3 4; do beside "start$i" a1 start "${vm[@]}"; done
  wait_until 5 agents_at_work start 4 || true
  on a1 sh -c 'kill -CONT $(pidof libvirtd)'
  wait
  for i in 1 2 3 4; do ended "start$i" 0; done
  [ "$(guest_pids "$RESOURCE" | wc -l)" = 1 ]
  counts
  counter_unbroken "$RESOURCE"
}

@test "two stops at once both succeed" {
  agent_on a1 start "${vm[@]}"
  beside one a1 stop "${vm[@]}"
  beside two a1 stop "${vm[@]}"
  wait
  ended one 0
  ended two 0
  [ -z "$(guest_pids "$RESOURCE")" ]
}

@test "two gentle stops at once both succeed" {
  agent_on a1 start "${vm[@]}"
  counts
  beside one a1 stop config="$config" CRM_meta_timeout=40000
  beside two a1 stop config="$config" CRM_meta_timeout=40000
  wait
  ended one 0
  ended two 0
  [ -z "$(guest_pids "$RESOURCE")" ]
}

@test "a start and a stop at once leave a definite state" {
  local round
  for round in 1 2 3; do
    beside up a1 start "${vm[@]}"
    beside down a1 stop "${vm[@]}"
    wait
    ended down 0
    agent_on a1 monitor "${vm[@]}"
    case $status in
      0)
        [ "$(guest_pids "$RESOURCE" | wc -l)" = 1 ]
        ended up 0
        ;;
      7)
        [ -z "$(guest_pids "$RESOURCE")" ]
        ended up 0 1
        ;;
      *)
        told
        false
        ;;
    esac
    agent_on a1 stop "${vm[@]}"
    outcome 0
    [ -z "$(guest_pids "$RESOURCE")" ]
  done
}

@test "monitors beside a start and a stop say running or not, and disturb neither" {
  local i
  beside up a1 start "${vm[@]}"
  for i in 1 2 3 4; do beside "look$i" a1 monitor "${vm[@]}"; done
  wait
  ended up 0
  for i in 1 2 3 4; do ended "look$i" 0 7; done
  beside down a1 stop "${vm[@]}"
  for i in 1 2 3 4; do beside "look$i" a1 monitor "${vm[@]}"; done
  wait
  ended down 0
  for i in 1 2 3 4; do ended "look$i" 0 1 7; done
}

@test "two resources are started, watched and stopped beside each other" {
  local other=$RESOURCE-other second
  second=$(lab guest "$other")
  beside one a1 start "${vm[@]}"
  beside two a1 start config="$second" force_stop=true OCF_RESOURCE_INSTANCE="$other"
  wait
  ended one 0
  ended two 0
  agent_on a1 stop "${vm[@]}"
  outcome 0
  agent_on a1 monitor config="$second" OCF_RESOURCE_INSTANCE="$other"
  outcome 0
  agent_on a1 stop config="$second" force_stop=true OCF_RESOURCE_INSTANCE="$other"
  outcome 0
}

@test "a migration that is already done succeeds again, at both ends" {
  agent_on a1 start "${vm[@]}"
  counts
  local round
  for round in first again; do
    agent_on a1 migrate_to "${vm[@]}" CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2
    outcome 0
    agent_on a2 migrate_from "${vm[@]}" CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2
    outcome 0
    guest_is_on "$RESOURCE" a2
  done
  counter_unbroken "$RESOURCE"
  agent_on a1 monitor "${vm[@]}"
  outcome 7
  agent_on a1 stop "${vm[@]}" # as Pacemaker does at the source, after a migration
  outcome 0
  guest_is_on "$RESOURCE" a2
}

@test "reload-agent of a guest that runs succeeds each time, and it is the same guest" {
  agent_on a1 start "${vm[@]}"
  counts
  agent_on a1 reload-agent "${vm[@]}" migration_speed=100
  outcome 0
  agent_on a1 reload-agent "${vm[@]}" migration_speed=100
  outcome 0
  counter_unbroken "$RESOURCE"
}

# --- the cluster's own tools ---

@test "crm_resource forces a start, a check and a stop, without a cluster" {
  local cib=$LAB/shared/$RESOURCE.cib
  forced() { on a1 env CIB_file="$cib" timeout 60 crm_resource "$1" -r "$RESOURCE" 2>&1; }
  cibadmin --empty >"$cib"
  on a1 env -u CIB_file timeout 60 pcs -f "$cib" resource create "$RESOURCE" ocf:wherry:LiveDomain config="$config" force_stop=true
  run forced --validate
  [ "$status" = 0 ]
  run forced --force-check
  [ "$status" = 7 ]
  run forced --force-start
  [ "$status" = 0 ]
  guest_is_on "$RESOURCE" a1
  run forced --force-check
  [ "$status" = 0 ]
  run forced --force-stop
  [ "$status" = 0 ]
  [ -z "$(guest_pids "$RESOURCE")" ]
}

@test "pcs creates the resource, and moves it live" {
  on a1 timeout 60 pcs resource create "$RESOURCE" ocf:wherry:LiveDomain config="$config" force_stop=true migration_transport=tcp meta allow-migrate=true --wait=40
  local from to
  from=$(guest_nodes "$RESOURCE")
  to=$([ "$from" = a1 ] && echo a2 || echo a1)
  counts
  on a1 timeout 90 pcs resource move "$RESOURCE" "$to"
  wait_until 30 crm_says "$RESOURCE.*Started $to" a1
  guest_is_on "$RESOURCE" "$to"
  guest_counts "$RESOURCE"
  counter_unbroken "$RESOURCE"
  on a1 timeout 60 pcs resource delete "$RESOURCE"
  [ -z "$(guest_pids "$RESOURCE")" ]
}

@test "crm configures the resource as a primitive, without a complaint" {
  run on a1 timeout 60 crm configure primitive "$RESOURCE" ocf:wherry:LiveDomain \
    params config="$config" migration_transport=tcp \
    op start timeout=90s interval=0 op stop timeout=90s interval=0 op monitor timeout=30s interval=10s \
    op migrate_to timeout=120s interval=0 op migrate_from timeout=60s interval=0 \
    meta allow-migrate=true target-role=Stopped
  echo "$output"
  [ "$status" = 0 ]
  [[ $output != *ERROR* ]]
  [[ $output != *"$RESOURCE"* ]]
  on a1 crm configure show "$RESOURCE" | grep -F 'ocf:wherry:LiveDomain'
  run on a1 timeout 60 crm resource param "$RESOURCE" set migration_speed 100
  [ "$status" = 0 ]
  on a1 timeout 60 crm configure delete "$RESOURCE"
}

@test "crm warns of a timeout below the one that the meta-data advises" {
  run on a1 timeout 60 crm configure primitive "$RESOURCE" ocf:wherry:LiveDomain params config="$config" \
    op migrate_to timeout=5s interval=0 meta target-role=Stopped
  [[ $output == *migrate_to*'smaller than the advised 120s'* ]]
  on a1 timeout 60 crm configure delete "$RESOURCE"
}
