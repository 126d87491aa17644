#!/usr/bin/env bats
# ocf:wherry:MigrationNetworks against the standard: meta-data, calls and bad settings with no cluster there, and
# stock ocf-tester in a node of the lab.

bats_require_minimum_version 1.5.0
load agent.bash
load ../lab/lib.bash

INSTALLED=/usr/lib/ocf/resource.d/wherry/MigrationNetworks
RESOURCE=mignets

setup_file() {
  xml=$BATS_FILE_TMPDIR/MigrationNetworks.xml
  export xml WHERRY_LAB=/run/wherry-lab-migration_networks
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR alone "$INSTALLED" meta-data >"$xml"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/../lab/lab" down
}

# A start must not start what is installed on the tester's own machine.
needs_no_daemon() { [ ! -e /usr/libexec/wherry/wherryd ] || skip "wherryd is installed on this machine"; }

relax() { xmllint --nonet --noout --relaxng "$1" "$xml" 2>"$BATS_TEST_TMPDIR/why" || { cat "$BATS_TEST_TMPDIR/why"; return 1; }; }
names() { xmllint --xpath "$1" "$xml" | sed -n 's/^ *name="\(.*\)"$/\1/p'; }

# --- meta-data ---

@test "meta-data validates against the DTD of OCF 1.0, pcs's schema and a strict schema of OCF 1.1" {
  (cd /usr/share/resource-agents && xmllint --nonet --noout --valid - <"$xml")
  relax /usr/share/pcs/data/ocf-1.1.rng
  relax "$BATS_TEST_DIRNAME/ra-api-1.1.rng"
}

@test "meta-data is the same for nobody, and asks nothing of anybody" {
  run --separate-stderr alone setpriv --reuid=nobody --regid=nogroup --clear-groups env -i "$INSTALLED" meta-data
  [ "$status" = 0 ] && [ "$output" = "$(<"$xml")" ]
  alone strace -f -o "$BATS_TEST_TMPDIR/trace" "$INSTALLED" meta-data >/dev/null
  run ! grep -E '(socket|connect)\(|(execve|fork|vfork)\(.*= [1-9]|/run/' <(tail -n +2 "$BATS_TEST_TMPDIR/trace")
}

@test "every parameter is reloadable, and none is required or unique" {
  [ "$(names '//parameter/@name' | xargs)" = 'order exclude names ring unlisted' ]
  [ "$(names '//parameter[@reloadable="1"]/@name' | xargs)" = 'order exclude names ring unlisted' ]
  [ -z "$(names '//parameter[@required="1" or @unique="1"]/@name' 2>/dev/null)" ]
}

@test "every action that is advertised is implemented, and no other" {
  local action
  for action in $(names '//action/@name' | sort -u); do
    [ "$action" = start ] || agent "$action"
    [ "$status" != 3 ] || { echo "$action is advertised only"; return 1; }
  done
  for action in startx Start status reload migrate_to promote '' '?'; do
    agent "$action"
    [ "$status" = 3 ]
  done
}

@test "pcs and crm describe every parameter" {
  local name
  export CIB_file=$BATS_TEST_TMPDIR/cib.xml
  cibadmin --empty >"$CIB_file"
  alone timeout 60 pcs resource describe ocf:wherry:MigrationNetworks >"$BATS_TEST_TMPDIR/pcs"
  alone timeout 60 crm ra info ocf:wherry:MigrationNetworks >"$BATS_TEST_TMPDIR/crm"
  for name in $(names '//parameter/@name'); do
    grep -qE "^  $name( \(|:)" "$BATS_TEST_TMPDIR/pcs"
    grep -qE "^$name\*? \(" "$BATS_TEST_TMPDIR/crm"
  done
}

# --- where nothing runs ---

@test "where it never ran, monitor says 7, stop succeeds, and reload-agent does not say all is well" {
  agent monitor
  outcome 7
  agent monitor CRM_meta_interval=10000
  outcome 7 'wherryd does not run here'
  agent stop
  outcome 0
  agent reload-agent
  [ "$status" != 0 ]
}

@test "what nobody can tell is not 'not running'" {
  mkdir -p "$BATS_TEST_TMPDIR/run"
  touch "$BATS_TEST_TMPDIR/run/wherry" # where the directory should be
  agent monitor
  outcome 1 '^cannot open /run/wherry/wherryd.lock'
  agent stop
  outcome 1 '^cannot open /run/wherry/wherryd.lock'
}

@test "without the daemon installed, start says so: 5; so does validate-all at level 10 only" {
  needs_no_daemon
  agent start
  outcome 5 '/wherry/wherryd is not installed'
  agent validate-all
  outcome 0
  agent validate-all OCF_CHECK_LEVEL=10
  outcome 5 '/wherry/wherryd cannot be run'
}

# --- settings ---

@test "good settings pass without a word" {
  good() {
    agent validate-all "$@"
    outcome 0 && [ -z "$stderr" ]
  }
  each_row good <<'ROWS'
order=''
order=10.99.2.0/24
order='mig 10.99.3.0/24 eth1' names='mig=10.99.2.0/24,fd99:2::/64'
exclude='10.99.3.0/24 fd99:3::/64'
ring=last unlisted=allow
ring=exclude
order=mig unlisted=exclude
ROWS
}

@test "what is wrong is named with its parameter, and is 6 to validate-all" {
  each_row row_of_calls <<'ROWS'
6 '^order: "10.99.2.0/33" '                               validate-all order=10.99.2.0/33
6 '^order: "10.99.2/24" '                                 validate-all order=10.99.2/24
6 '^order: "10.99.2.0/" '                                 validate-all order=10.99.2.0/
6 '^order: "10.99.2.0/24,10.99.3.0/24" '                  validate-all order=10.99.2.0/24,10.99.3.0/24
6 '^exclude: "fd99:::/64" '                               validate-all exclude=fd99:::/64
6 '^order: "0.0.0.0/0" is every address'                  validate-all order=0.0.0.0/0
6 '^exclude: "::/0" is every address'                     validate-all exclude=::/0
6 '^order: "10.99.2.1/32" is one address'                 validate-all order=10.99.2.1/32
6 '^exclude: "fd99:2::1/128" is one address'              validate-all exclude=fd99:2::1/128
6 '^order: "10.99.2.1" is an address, not a network'      validate-all order=10.99.2.1
6 '^order: "::ffff:10.0.0.0/90" is IPv4-mapped'           validate-all order=::ffff:10.0.0.0/90
6 '^names: mig is used twice'                             validate-all names='mig=10.99.2.0/24 mig=10.99.3.0/24'
6 '^names: 10.99.2.0/24 is given to a and to b'           validate-all names='a=10.99.2.0/24 b=10.99.2.0/24'
6 '^names: "10.99.2.0/24" looks like an address'          validate-all names=10.99.2.0/24=10.99.2.0/24
6 '^names: "10.2" looks like an address'                  validate-all names=10.2=10.99.2.0/24
6 '^names: "mig" is not NAME=CIDR'                        validate-all names=mig
6 '^names: mig has an empty network'                      validate-all names=mig=
6 '^names: a network has no name'                         validate-all names==10.99.2.0/24
6 '^names: mig: "10.99.2.0/33" '                          validate-all names=mig=10.99.2.0/33
6 '^ring: "first" is not one of last, allow, exclude'     validate-all ring=first
6 '^unlisted: "no" is not one of allow, exclude'          validate-all unlisted=no
ROWS
}

@test "what is odd but understood is a warning, and valid" {
  odd() {
    local said=$1
    shift
    agent validate-all "$@"
    outcome 0 && warned "$said"
  }
  each_row odd <<'ROWS'
'order: "10.99.2.7/24" has host bits set: read as 10.99.2.0/24'    order=10.99.2.7/24
'exclude: "::ffff:10.99.2.0/120" is IPv4-mapped: read as 10.99.2.0/24'  exclude=::ffff:10.99.2.0/120
'10.99.2.0/24 is in order and in exclude: it is excluded'          order=10.99.2.0/24 exclude=10.99.2.0/24
'order: mig is listed twice'                                       order='mig mig'
'unlisted=exclude without order'                                   unlisted=exclude
ROWS
}

@test "start refuses settings that forbid less than they say, before anything else: 2" {
  needs_no_daemon
  each_row row_of_calls <<'ROWS'
2 '^exclude: "10.99.2.0/33" '                             start exclude=10.99.2.0/33
2 '^exclude: "a,b" '                                      start exclude=a,b
2 '^names: mig: "10.99.2.0/33" '                          start exclude=mig names=mig=10.99.2.0/33
2 '^ring: "exlude" is not one of'                         start ring=exlude
2 '^unlisted: "exlude" is not one of'                     start unlisted=exlude
ROWS
}

@test "start does not refuse settings that only have no effect" {
  needs_no_daemon
  # it comes as far as to miss the daemon
  each_row row_of_calls <<'ROWS'
5 'is not installed'                                      start order=10.99.2.0/33
5 'is not installed'                                      start names=mig=10.99.2.0/33
5 'is not installed'                                      start exclude=10.99.2.1/32
5 'is not installed'                                      start order=mig exclude=mig
ROWS
}

@test "two hundred networks, and an order of a hundred kilobytes, are read" {
  local i names='' order=''
  for i in {0..199}; do
    names+="n$i=10.$i.0.0/16 " order+="n$i "
  done
  agent validate-all names="$names" order="$order"
  outcome 0
  printf -v order '%0100000d' 1
  agent validate-all order="x$order"
  [ "$status" -le 6 ]
}

# --- with a cluster ---

@test "stock ocf-tester passes" {
  "$BATS_TEST_DIRNAME/../lab/lab" up --nodes 1 --stage "$WHERRY_STAGE"
  run on a1 timeout 120 ocf-tester -n mignets -o order="10.99.2.0/24" "$INSTALLED"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *'passed all tests'* ]]
  [[ $output != *'rc='* ]]
  run ! on a1 pgrep -x wherryd
}
