#!/usr/bin/env bats
# Bad input that needs a guest: odd names, a libvirtd that hangs or is gone, a full disk, damaged
# records, a config that is spoilt while the guest runs. In a lab of two nodes.

bats_require_minimum_version 1.5.0
load agent.bash
load ../lab/lib.bash

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-bad-input
  "$BATS_TEST_DIRNAME/../lab/lab" up --nodes 2 --stage "$WHERRY_STAGE"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/../lab/lab" down
}

setup() {
  dir=$BATS_TEST_TMPDIR
  RESOURCE=vm$BATS_TEST_NUMBER # each test has a guest of its own
  config=$(lab guest "$RESOURCE")
  vm=(config="$config" force_stop=true migration_transport=tcp CRM_meta_timeout=20000)
  record=/run/wherry/LiveDomain-$RESOURCE.guest
}

teardown() {
  thaw
  on a1 sh -c 'umount /run/wherry' 2>/dev/null || true
  on a1 virsh -q destroy "$RESOURCE" >/dev/null 2>&1 || true
  on a2 virsh -q destroy "$RESOURCE" >/dev/null 2>&1 || true
}

# A node has a pid namespace of its own: no other libvirtd can be meant.
freeze() { on a1 sh -c 'kill -STOP $(pidof libvirtd)'; }
thaw() { on a1 sh -c 'kill -CONT $(pidof libvirtd)' 2>/dev/null || true; }

runs_on() { guest_is_on "${2:-$RESOURCE}" "$1"; }
is_gone() { [ -z "$(guest_pids "${1:-$RESOURCE}")" ]; }
libvirt_answers() { on a1 timeout 5 virsh -q list; }

# --- names ---

@test "a guest of any name is started, watched, migrated and stopped" {
  life() {
    local name=$1 odd=(config="$2" force_stop=true migration_transport=tcp CRM_meta_timeout=30000 OCF_RESOURCE_INSTANCE="odd $1")
    local ends=(CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2)
    agent_on a1 start "${odd[@]}" && outcome 0 && runs_on a1 "$name" &&
      agent_on a1 monitor "${odd[@]}" CRM_meta_interval=10000 && outcome 0 &&
      agent_on a1 migrate_to "${odd[@]}" "${ends[@]}" && outcome 0 &&
      agent_on a2 migrate_from "${odd[@]}" "${ends[@]}" && outcome 0 && runs_on a2 "$name" &&
      agent_on a2 monitor "${odd[@]}" && outcome 0 &&
      agent_on a1 monitor "${odd[@]}" && outcome 7 &&
      agent_on a2 stop "${odd[@]}" && outcome 0 && is_gone "$name" &&
      agent_on a2 monitor "${odd[@]}" && outcome 7
  }
  named() {
    number=$((number + 1))
    life "$1" "$(lab guest "$1" --file "odd$number")"
  }
  local number=0
  each_row named <<'ROWS'
'web server 1'
"it's \"q\" & <b>"
'^a.*[b]+(c|d)?{2}$\'
'x,y=z,, 100%n %s'
'grüße-客户'
'-rf $(touch wherry-was-here)`id`;'
ROWS
  [ ! -e wherry-was-here ]
}

@test "without libvirtd the process of a guest is told from others of like names" {
  local name number=0
  for name in 'web,1' 'web,1,x' 'web'; do
    number=$((number + 1))
    agent_on a1 start config="$(lab guest "$name" --file "like$number")" OCF_RESOURCE_INSTANCE="$name"
    outcome 0
  done
  freeze
  agent_on a1 stop config="$LAB/shared/like1.xml" OCF_RESOURCE_INSTANCE='web,1' CRM_meta_timeout=6000
  outcome 0
  is_gone 'web,1'
  runs_on a1 'web,1,x'
  runs_on a1 'web'
  agent_on a1 monitor config="$LAB/shared/like1.xml" OCF_RESOURCE_INSTANCE='web,1' CRM_meta_timeout=6000
  outcome 7
  thaw
  wait_until 10 libvirt_answers
  for name in 'web,1,x' web; do on a1 virsh -q destroy "$name"; done
}

# --- libvirtd ---

@test "a libvirtd that hangs: each action ends within its timeout, and the guest can be stopped" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  freeze
  local MOST_S=6 limit=(CRM_meta_timeout=6000) other
  agent_on a1 monitor "${vm[@]}" "${limit[@]}"
  outcome 0
  warned 'does not answer within .*going by the processes: .* runs'
  agent_on a1 monitor "${vm[@]}" "${limit[@]}" CRM_meta_interval=10000
  outcome 0
  agent_on a1 validate-all "${vm[@]}" "${limit[@]}" OCF_CHECK_LEVEL=10
  outcome 1 'does not answer'
  agent_on a1 migrate_to "${vm[@]}" "${limit[@]}" CRM_meta_migrate_target=a2
  outcome 1
  runs_on a1
  other=$(lab guest other)
  agent_on a1 start config="$other" OCF_RESOURCE_INSTANCE=other "${limit[@]}"
  outcome 1 'cannot start other: .*does not answer'
  agent_on a1 monitor config="$other" OCF_RESOURCE_INSTANCE=other "${limit[@]}"
  outcome 7
  agent_on a1 stop "${vm[@]}" "${limit[@]}"
  outcome 0
  is_gone
  thaw
  # what was asked of the frozen daemon must not be done late
  wait_until 10 libvirt_answers
  agent_on a1 monitor config="$other" OCF_RESOURCE_INSTANCE=other
  outcome 7
  wait_until 10 agent_says 7 monitor
  agent_on a1 start "${vm[@]}"
  outcome 0
}
agent_says() { # STATUS ACTION, of this test's guest
  agent_on a1 "$2" "${vm[@]}"
  [ "$status" = "$1" ]
}

@test "without libvirtd a guest that runs is watched, cannot be moved, and can be stopped" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  on a1 sh -c 'kill -KILL $(pidof libvirtd)'
  wait_until 10 not_there libvirtd
  agent_on a1 monitor "${vm[@]}" CRM_meta_interval=10000
  outcome 0
  warned 'going by the processes: .* runs'
  agent_on a1 start "${vm[@]}"
  outcome 0
  agent_on a1 migrate_to "${vm[@]}" CRM_meta_migrate_target=a2
  outcome 1
  agent_on a1 reload-agent "${vm[@]}"
  outcome 0
  runs_on a1
  agent_on a1 stop config=/nowhere.xml CRM_meta_timeout=6000
  outcome 0
  is_gone
  agent_on a1 monitor "${vm[@]}"
  outcome 7
  on a1 libvirtd --listen --daemon
  wait_until 20 libvirt_answers
  agent_on a1 start "${vm[@]}"
  outcome 0
}
not_there() { ! on a1 pidof "$1"; }

# --- the disk where state is written ---

@test "a disk that is full, or takes no files, costs no guest anything" {
  full() { # HOW
    on a1 mkdir -p /run/wherry
    case $1 in
      bytes)
        on a1 mount -t tmpfs -o size=8k tmpfs /run/wherry
        on a1 sh -c 'head -c 1M /dev/zero >/run/wherry/fill' 2>/dev/null || true
        ;;
      files) on a1 mount -t tmpfs -o nr_inodes=1 tmpfs /run/wherry ;;
      read-only) on a1 mount -t tmpfs -o ro tmpfs /run/wherry ;;
    esac
    ! on a1 sh -c 'echo x >/run/wherry/x' 2>/dev/null || { echo "it is not full"; return 1; }
    agent_on a1 start "${vm[@]}" && outcome 0 && warned '(cannot write|cannot make).*going on without' && runs_on a1 &&
      agent_on a1 monitor "${vm[@]}" && outcome 0 &&
      agent_on a1 monitor "${vm[@]}" CRM_meta_interval=10000 && outcome 0 &&
      agent_on a1 reload-agent "${vm[@]}" && outcome 0 &&
      freeze && agent_on a1 monitor "${vm[@]}" CRM_meta_timeout=3000 && thaw && outcome 0 &&
      agent_on a1 stop "${vm[@]}" && outcome 0 && is_gone &&
      agent_on a1 monitor "${vm[@]}" && outcome 7 &&
      on a1 umount /run/wherry
  }
  each_row full <<'ROWS'
bytes
files
read-only
ROWS
}

# --- records ---

# Standard input becomes the record.
damage() { on a1 sh -c "cat >'$record'"; }

@test "a damaged record costs no guest, and is mended" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  local whole
  whole=$(on a1 cat "$record")
  damaged() { # COMMAND that makes a record out of a good one
    bash -c "$1" <<<"$whole" | damage
    agent_on a1 monitor "${vm[@]}" && outcome 0 &&
      { bash -c "$1" <<<"$whole" | damage; } &&
      freeze && agent_on a1 monitor "${vm[@]}" CRM_meta_timeout=3000 && thaw && outcome 0 &&
      { bash -c "$1" <<<"$whole" | damage; } &&
      agent_on a1 start "${vm[@]}" && outcome 0 &&
      [ "$(on a1 sed -n 's/^uuid=//p' "$record")" = "$(guest_uuid "$RESOURCE")" ] && runs_on a1
  }
  each_row damaged <<'ROWS'
true
'head -c 500 /dev/urandom'
'sed /^.guest/d'
'sed /^name=/d'
'sed s/^uuid=.*/uuid=x/'
'sed "s/^pid=.*/pid=1/; s/^start_time=.*/start_time=1/"'
'sed "s/^pid=.*/pid=-7/; s/^start_time=.*/start_time=99999999999999999999/"'
ROWS
  on a1 rm -f "$record"
  on a1 mkdir "$record"
  agent_on a1 monitor "${vm[@]}"
  outcome 0
  agent_on a1 stop "${vm[@]}"
  outcome 0
  is_gone
  on a1 rmdir "$record"
}

@test "a process that the record names wrongly is never ended" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  local whole pid start
  whole=$(on a1 cat "$record")
  pid=$(on a1 sh -c 'sleep 300 >/dev/null 2>&1 3>&- 4>&- & echo $!')
  start=$(on a1 sh -c "sed 's/.*) //' /proc/$pid/stat" | cut -d' ' -f20)
  sed "s/^pid=.*/pid=$pid/; s/^start_time=.*/start_time=$start/" <<<"$whole" | damage
  freeze
  agent_on a1 stop "${vm[@]}" CRM_meta_timeout=6000
  outcome 0
  is_gone
  on a1 kill -0 "$pid"
  # the guest is gone, the process is not: still it is nobody's guest
  sed "s/^pid=.*/pid=$pid/; s/^start_time=.*/start_time=$start/" <<<"$whole" | damage
  agent_on a1 monitor "${vm[@]}" CRM_meta_timeout=6000
  outcome 7
  agent_on a1 stop "${vm[@]}" CRM_meta_timeout=6000
  outcome 0
  on a1 kill -0 "$pid"
  on a1 kill "$pid"
}

@test "a resource is never taken for another one of a like name" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  like() { agent_on a1 stop config=/nowhere.xml OCF_RESOURCE_INSTANCE="$1" && outcome 0 && runs_on a1; }
  each_row like <<'ROWS'
vm
"$RESOURCE:0"
"${RESOURCE}0"
"$RESOURCE.guest"
"./$RESOURCE"
"${RESOURCE^^}"
"../wherry/LiveDomain-$RESOURCE"
'*'
''
ROWS
  agent_on a1 monitor "${vm[@]}"
  outcome 0
}

# --- what changes while a guest runs ---

@test "a config that is spoilt or gone costs no guest that runs, and stop still stops it" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  local spoilt=$LAB/shared/$RESOURCE.spoilt
  spoil() {
    eval "$1"
    agent_on a1 monitor "${vm[@]}" config="$spoilt" && outcome 0 &&
      agent_on a1 monitor "${vm[@]}" config="$spoilt" CRM_meta_interval=10000 && outcome 0 &&
      agent_on a1 reload-agent "${vm[@]}" config="$spoilt" && outcome 0 && runs_on a1
  }
  each_row spoil <<'ROWS'
'rm -f "$spoilt"'
': >"$spoilt"'
'echo "<domain>" >"$spoilt"'
'rm -f "$spoilt"; mkdir "$spoilt"'
'rmdir "$spoilt"; ln -s /nowhere "$spoilt"'
ROWS
  agent_on a1 stop "${vm[@]}" config="$spoilt"
  outcome 0
  is_gone
}

@test "a typo in the migration's parameters does not keep a guest from being moved" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  local ends=(CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2)
  agent_on a1 migrate_to "${vm[@]}" "${ends[@]}" migration_downtime=short migration_speed=-1 migration_stall_timeout=never
  outcome 0
  warned 'migration_downtime="short" must be'
  runs_on a2
}

@test "what a migration cannot make sense of leaves the guest where it is" {
  agent_on a1 start "${vm[@]}"
  outcome 0
  stays() {
    local wanted=$1 regex=$2
    shift 2
    agent_on a1 migrate_to "${vm[@]}" CRM_meta_migrate_source=a1 "$@" && outcome "$wanted" "$regex" && runs_on a1 &&
      agent_on a1 monitor "${vm[@]}" && outcome 0
  }
  each_row stays <<'ROWS'
6 'no target node is given'                  CRM_meta_migrate_target=
6 '--turbo is not an option of a migration'  CRM_meta_migrate_target=a2 migrate_options='--live --turbo'
2 'No such file'                             CRM_meta_migrate_target=a2 migrate_options='--xml /nowhere.xml'
1 'not begun: cannot connect'                CRM_meta_migrate_target=nowhere
1 'not begun: cannot connect'                CRM_meta_migrate_target=a2 remoteuri=nonsense://%n
1 'not begun: cannot connect'                CRM_meta_migrate_target=a2 migration_transport=carrier
1 .                                          CRM_meta_migrate_target=a2 migrateuri=carrier://%n
1 .                                          CRM_meta_migrate_target=a1
ROWS
}
