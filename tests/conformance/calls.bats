#!/usr/bin/env bats
# How the agent is called: arguments, environment, exit codes, exit reasons, check levels. No cluster
# and no libvirtd is there; a guest is one of libvirt's test driver.

bats_require_minimum_version 1.5.0
load agent.bash

setup() {
  dir=$BATS_TEST_TMPDIR
  domain test >"$dir/test.xml"
  domain gone >"$dir/gone.xml"
  runs=(config="$dir/test.xml" hypervisor=$TEST_DRIVER)
  stopped=(config="$dir/gone.xml" hypervisor=$TEST_DRIVER OCF_RESOURCE_INSTANCE=gone)
}

# --- arguments ---

@test "a name that is not exactly an action's is unknown: 3" {
  unknown() {
    agent "$1" "${runs[@]}"
    [ "$status" = 3 ] || { told; return 1; }
    [ -z "$output" ] || { told; return 1; }
    [[ $stderr == usage:* ]] || { told; return 1; }
  }
  each_row unknown <<'ROWS'
startx
xstart
star
START
Start
'start '
' start'
'start stop'
$'start\n'
''
-h
--help
status
reload
promote
demote
notify
recover
meta_data
validate_all
'st*'
config
$'\xff\xfe'
ROWS
  [ ! -e "$BATS_TEST_TMPDIR/run/wherry" ] # none of them touched anything
}

@test "no argument at all is unknown: 3" {
  run --separate-stderr alone env -i "$INSTALLED"
  [ "$status" = 3 ]
  [ -z "$output" ]
}

@test "arguments after the action are ignored" {
  run --separate-stderr alone env -i "$INSTALLED" validate-all --help start ''
  [ "$status" = 6 ]
  [ "$(reason)" = 'parameter config is missing' ]
  run alone env -i "$INSTALLED" meta-data startx
  [ "$status" = 0 ]
  [[ $output == *'<resource-agent name="LiveDomain"'* ]]
}

@test "only the argument says which action it is" {
  agent validate-all config=/nowhere.xml __OCF_ACTION=start OCF_RESKEY_CRM_meta_name=start
  outcome 0
}

# --- the environment ---

@test "with an empty environment every action ends with a code of its own" {
  bare() {
    run --separate-stderr alone timeout "$MOST_S" env -i "$INSTALLED" "$2"
    status_is_of_the_standard "$2" && outcome "$1"
  }
  each_row bare <<'ROWS'
0 meta-data
6 validate-all
6 start
0 stop
5 monitor
6 migrate_to
5 migrate_from
5 reload-agent
ROWS
}

@test "without PATH, HOME and all, a guest is watched all the same" {
  run --separate-stderr alone env -i OCF_RESOURCE_INSTANCE=web OCF_RESKEY_config="$dir/test.xml" OCF_RESKEY_hypervisor=$TEST_DRIVER "$INSTALLED" monitor
  outcome 0
}

@test "odd values in the environment count as unset" {
  odd() {
    agent monitor "${runs[@]}" "$@" && outcome 0 && agent validate-all "${runs[@]}" "$@" && outcome 0
  }
  each_row odd <<'ROWS'
OCF_CHECK_LEVEL=
OCF_CHECK_LEVEL=deep
OCF_CHECK_LEVEL=-1
OCF_CHECK_LEVEL=99999999999999999999
OCF_CHECK_LEVEL=5
CRM_meta_timeout=
CRM_meta_timeout=0
CRM_meta_timeout=-5
CRM_meta_timeout=20s
CRM_meta_timeout=99999999999999999999
CRM_meta_interval=
CRM_meta_interval=never
OCF_RESOURCE_INSTANCE=
OCF_RESOURCE_TYPE=VirtualDomain
OCF_RA_VERSION_MINOR=x
HA_debug=1
HA_debug=perhaps
HA_LOGFACILITY=none
OCF_ROOT=/nowhere
OCF_RESKEY_no_such_parameter=1
OCF_RESKEY_=1
ROWS
}

@test "any resource name makes a record of its own beneath /run/wherry" {
  named() {
    agent monitor "${runs[@]}" OCF_RESOURCE_INSTANCE="$1"
    outcome 0
  }
  each_row named <<'ROWS'
web
../../../../tmp/wherry-was-here
/tmp/wherry-was-here
a/b
a%2Fb
'a b "c"'
.
..
web:0
$'web\nx'
$'\xff'
ROWS
  [ ! -e /tmp/wherry-was-here ]
  [ "$(find "$BATS_TEST_TMPDIR/run" -type f | wc -l)" = "$(find "$BATS_TEST_TMPDIR/run/wherry" -maxdepth 1 -name 'LiveDomain-*.guest' | wc -l)" ]
  [ "$(find "$BATS_TEST_TMPDIR/run" -type f | wc -l)" = 11 ]
}

@test "a resource name too long for a file costs the record, not the guest" {
  agent monitor "${runs[@]}" OCF_RESOURCE_INSTANCE="$(printf 'n%.0s' {1..300})"
  outcome 0
  warned 'cannot write .*; going on without'
}

@test "a resource manager of another major version of the API is refused" {
  refused() {
    local action
    for action in start stop monitor migrate_to migrate_from reload-agent validate-all; do
      agent "$action" "${runs[@]}" OCF_RA_VERSION_MAJOR="$1" OCF_RA_VERSION_MINOR="$2"
      outcome 1 "^OCF RA API version $1 is not supported" || return 1
    done
  }
  each_row refused <<'ROWS'
2 0
0 9
10 1
ROWS
  [ ! -e "$BATS_TEST_TMPDIR/run/wherry" ]
}

@test "every minor version of the API's major version 1 is served" {
  local minor
  for minor in 0 1 2 99; do
    agent monitor "${runs[@]}" OCF_RA_VERSION_MAJOR=1 OCF_RA_VERSION_MINOR=$minor
    outcome 0
  done
}

# --- exit codes and reasons ---

@test "each kind of failure has the code that the standard gives it" {
  domain '' >"$dir/nameless.xml"
  each_row row_of_calls <<'ROWS'
# what is wrong everywhere
6 'config is missing'            validate-all
6 'config is missing'            start
6 'must be an absolute path'     start config=web.xml
6 'migration_speed'              start config=/nowhere.xml migration_speed=fast
6 'no target node is given'      migrate_to "${runs[@]}"
# what is wrong or missing here
5 'it does not exist'            start config=/nowhere.xml
2 'it has no <name>'             start config="$dir/nameless.xml"
# what failed, or what nobody can tell
1 'nobody can tell'              monitor config="$dir/test.xml" hypervisor=lxc:///
# a success and "not running"
0 ''                             monitor "${runs[@]}"
7 ''                             monitor "${stopped[@]}"
7 'gone does not run here'       monitor "${stopped[@]}" CRM_meta_interval=10000
0 ''                             stop "${stopped[@]}"
0 ''                             validate-all "${stopped[@]}"
ROWS
}

@test "a probe that finds nothing is silent, a recurring monitor says what it missed" {
  agent monitor "${stopped[@]}"
  [ "$status" = 7 ]
  [ -z "$stderr" ]
  agent monitor "${stopped[@]}" CRM_meta_interval=10000
  [ "$status" = 7 ]
  [ "$(reason)" = 'gone does not run here: not known to libvirt' ]
}

@test "the exit reason is one line of standard error, led by the usual prefix" {
  agent start config=/nowhere.xml
  [ "$status" = 5 ]
  [ -z "$output" ]
  [ "$stderr" = 'ocf-exit-reason:config /nowhere.xml cannot be read: it does not exist' ]
}

@test "OCF_EXIT_REASON_PREFIX is what leads the exit reason" {
  agent start config=/nowhere.xml OCF_EXIT_REASON_PREFIX='reason: '
  [ "$status" = 5 ]
  [ "$stderr" = 'reason: config /nowhere.xml cannot be read: it does not exist' ]
}

@test "a line break in a value does not break the exit reason's line" {
  agent start config=$'/no\nwhere.xml\rx'
  outcome 5 '^config /no where.xml x cannot be read'
}

@test "the first 128 bytes of an exit reason name what is wrong" {
  local long
  long=$(printf '9%.0s' {1..500})
  agent start config=/nowhere.xml migration_speed="$long"
  [ "$status" = 6 ]
  [[ "$(reason | head -c 128)" == migration_speed=* ]]
}

# --- check levels ---

@test "validate-all heeds the next lower check level that it knows" {
  mkdir "$dir/good"
  each_row row_of_calls <<'ROWS'
# nothing of this host matters below level 10
0 ''                       validate-all config=/nowhere.xml
0 ''                       validate-all config=/nowhere.xml OCF_CHECK_LEVEL=0
0 ''                       validate-all config=/nowhere.xml OCF_CHECK_LEVEL=9
0 ''                       validate-all config=/nowhere.xml OCF_CHECK_LEVEL=0 hypervisor=lxc:/// snapshot=/nowhere monitor_scripts=/nowhere backingfile=/nowhere
# but from there on
5 'it does not exist'      validate-all config=/nowhere.xml OCF_CHECK_LEVEL=10
5 'it does not exist'      validate-all config=/nowhere.xml OCF_CHECK_LEVEL=11
5 'it does not exist'      validate-all config=/nowhere.xml OCF_CHECK_LEVEL=20
0 ''                       validate-all "${runs[@]}" OCF_CHECK_LEVEL=10
0 ''                       validate-all "${runs[@]}" OCF_CHECK_LEVEL=10 snapshot="$dir/good" monitor_scripts="/bin/true true"
2 'snapshot /nowhere'      validate-all "${runs[@]}" OCF_CHECK_LEVEL=10 snapshot=/nowhere
5 'monitor_scripts needs'  validate-all "${runs[@]}" OCF_CHECK_LEVEL=10 monitor_scripts="/bin/true /nowhere"
2 'backingfile /nowhere'   validate-all "${runs[@]}" OCF_CHECK_LEVEL=10 backingfile=/nowhere
1 'cannot connect to lxc'  validate-all config="$dir/test.xml" hypervisor=lxc:/// OCF_CHECK_LEVEL=10
# what is wrong in itself is so at any level
6 'migration_speed'        validate-all config=/nowhere.xml OCF_CHECK_LEVEL=10 migration_speed=fast
ROWS
}

@test "level 0 of validate-all opens neither file nor connection" {
  local environment
  environment_of "${runs[@]}" snapshot="$dir" OCF_CHECK_LEVEL=0
  alone strace -f -o "$dir/trace" env -i "${environment[@]}" "$INSTALLED" validate-all
  run ! grep -E "socket\(|connect\(|$dir/(test.xml|[^t])|\"$dir\"" <(grep -v execve "$dir/trace")
}
