#!/usr/bin/env bats
# Meta-data: what it says, that it meets the standard's schemas, and that the tools of the trade can
# read it. No cluster and no libvirtd is there.

bats_require_minimum_version 1.5.0
load agent.bash

setup_file() {
  xml=$BATS_FILE_TMPDIR/LiveDomain.xml
  export xml
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR alone "$INSTALLED" meta-data >"$xml"
}

setup() {
  dir=$BATS_TEST_TMPDIR
}

says() { xmllint --xpath "string($1)" "$xml" 2>/dev/null; }
names() { xmllint --xpath "$1" "${2:-$xml}" 2>/dev/null | sed -n 's/^ *name="\(.*\)"$/\1/p'; }

# relax SCHEMA FILE; xmllint's way to say yes or no, without its warning of the DTD that is not there
relax() { xmllint --nonet --noout --relaxng "$1" "$2" 2>"$dir/why" || { cat "$dir/why"; return 1; }; }

@test "meta-data is the same for nobody, with an empty environment" {
  run alone setpriv --reuid=nobody --regid=nogroup --clear-groups env -i "$INSTALLED" meta-data
  [ "$status" = 0 ]
  [ "$output" = "$(<"$xml")" ]
}

@test "meta-data asks neither the cluster nor libvirt nor any other process" {
  alone strace -f -o "$dir/trace" "$INSTALLED" meta-data >"$dir/again"
  cmp "$dir/again" "$xml"
  grep -q 'write(1,' "$dir/trace" # strace saw the agent at work
  run ! grep -E '(socket|connect)\(|(execve|fork|vfork)\(.*= [1-9]|corosync|pacemaker|libvirtd|/etc/libvirt|/run/' <(tail -n +2 "$dir/trace")
}

@test "meta-data stays XML whatever output format is asked for" {
  local format
  for format in text html json ''; do
    run alone env OCF_OUTPUT_FORMAT="$format" "$INSTALLED" meta-data
    [ "$status" = 0 ]
    [ "$output" = "$(<"$xml")" ]
  done
}

@test "meta-data that cannot be written is a failure" {
  run ! alone sh -c "$INSTALLED meta-data >/dev/full"
}

@test "meta-data validates against the DTD of OCF 1.0, as ocf-tester does it" {
  cd /usr/share/resource-agents
  xmllint --nonet --noout --valid - <"$xml"
}

@test "meta-data validates against the relaxed OCF 1.1 schema of pcs" {
  relax /usr/share/pcs/data/ocf-1.1.rng "$xml"
}

@test "meta-data validates against a strict schema of OCF 1.1" {
  relax "$BATS_TEST_DIRNAME/ra-api-1.1.rng" "$xml"
}

# A sed command each; every one makes meta-data that the standard does not allow.
@test "the strict schema refuses what OCF 1.1 forbids" {
  refused() {
    sed "$1" "$xml" >"$dir/wrong.xml"
    ! cmp -s "$xml" "$dir/wrong.xml" || { echo "changes nothing: $1"; return 1; }
    ! relax "$BATS_TEST_DIRNAME/ra-api-1.1.rng" "$dir/wrong.xml" >/dev/null || { echo "not refused: $1"; return 1; }
    grep -q 'fails to validate' "$dir/why"
  }
  each_row refused <<'ROWS'
's/<version>1.1/<version>1.0/'
's/<version>.*//'
's/ lang="en"//'
's/lang="en"/lang="in English"/'
's/reloadable="1"/reloadable="yes"/'
's/required="1"/required="true"/'
's/unique-group="config"/unique-group=""/'
's/name="force_stop"/name="force-stop"/'
's/content type="boolean"/content type="bool"/'
's/type="integer" default="0"/type="integer" default="none"/'
's/ timeout="5s"//'
's/timeout="5s"/timeout="soon"/'
's/depth="10"/depth="11"/'
's/interval="10s"/interval="often"/'
's/<resource-agent name="[^"]*"/<resource-agent/'
's/<parameters>/<parameter-list>/; s/<.parameters>/<\/parameter-list>/'
ROWS
}

@test "the agent's name is its file's name, and the API version is 1.1" {
  [ "$(says '/resource-agent/@name')" = LiveDomain ]
  [ "$(says '/resource-agent/version')" = 1.1 ]
  [ -n "$(says '/resource-agent/@version')" ]
}

@test "the mandatory actions are advertised" {
  local action
  for action in start stop monitor meta-data; do
    names '/resource-agent/actions/action/@name' | grep -qx "$action"
  done
}

@test "every action that is advertised is implemented, and no other" {
  local action
  for action in $(names '//action/@name' | sort -u); do
    agent "$action"
    [ "$status" != 3 ] || { echo "$action is advertised only"; return 1; }
  done
  agent '?'
  [ "$status" = 3 ]
  [ "$(sed 's/.*{\(.*\)}/\1/; s/|/\n/g' <<<"$stderr" | sort)" = "$(names '//action/@name' | sort -u)" ]
}

@test "the check levels that the agent heeds are advertised as depths" {
  [ "$(xmllint --xpath '//action[@name="validate-all"]/@depth' "$xml" | xargs)" = 'depth=0 depth=10' ]
  [ "$(says '//action[@name="monitor"]/@depth')" = 0 ]
}

@test "config is required and unique to a resource; nothing else is" {
  [ "$(names '//parameter[@required="1"]/@name')" = config ]
  [ "$(names '//parameter[@unique="1"]/@name')" = config ]
  [ "$(names '//parameter[@unique-group]/@name')" = config ]
}

# A default that is not written means, in VirtualDomain, empty; an empty or unwritten boolean means false.
default_of() { # FILE NAME
  local type value
  type=$(xmllint --xpath "string(//parameter[@name='$2']/content/@type)" "$1" 2>/dev/null)
  value=$(xmllint --xpath "string(//parameter[@name='$2']/content/@default)" "$1" 2>/dev/null)
  case $type,${value,,} in
    boolean,0 | boolean,no | boolean,false | boolean,off | boolean,) echo 'boolean false' ;;
    boolean,1 | boolean,yes | boolean,true | boolean,on) echo 'boolean true' ;;
    *) echo "$type $value" ;;
  esac
}

@test "every parameter of VirtualDomain is there, with its type, default and required" {
  local its=$dir/VirtualDomain.xml name required
  OCF_ROOT=/usr/lib/ocf /usr/lib/ocf/resource.d/heartbeat/VirtualDomain meta-data >"$its"
  [ "$(names '//parameter/@name' "$its" | wc -l)" -ge 27 ]
  for name in $(names '//parameter/@name' "$its"); do
    names '//parameter/@name' | grep -qx "$name" || { echo "$name is missing"; return 1; }
    [ "$(default_of "$xml" "$name")" = "$(default_of "$its" "$name")" ] ||
      { echo "$name: $(default_of "$xml" "$name"), VirtualDomain: $(default_of "$its" "$name")"; return 1; }
    required=$(xmllint --xpath "string(//parameter[@name='$name']/@required)" "$its" 2>/dev/null)
    [ "$(says "//parameter[@name='$name']/@required")" = "${required:-0}" ]
  done
}

@test "every action of VirtualDomain that the standard knows is there, with the same timeout" {
  local its=$dir/VirtualDomain.xml name
  OCF_ROOT=/usr/lib/ocf /usr/lib/ocf/resource.d/heartbeat/VirtualDomain meta-data >"$its"
  for name in start stop monitor migrate_to migrate_from; do
    [ "$(says "//action[@name='$name']/@timeout")" = "$(xmllint --xpath "string(//action[@name='$name']/@timeout)" "$its" 2>/dev/null)" ]
  done
}

@test "every default is a value that the agent takes" {
  local name words=(config=/nowhere.xml)
  for name in $(names '//parameter[content/@default]/@name'); do
    words+=("$name=$(says "//parameter[@name='$name']/content/@default")")
  done
  [ "${#words[@]}" -gt 10 ]
  agent validate-all "${words[@]}"
  outcome 0
}

@test "what a start alone reads is not called reloadable" {
  local name
  for name in config hypervisor backingfile stateless copyindirs; do
    [ "$(says "//parameter[@name='$name']/@reloadable")" = 0 ]
  done
  [ "$(says "//parameter[@name='migration_speed']/@reloadable")" = 1 ]
}

# --- the tools, on a CIB in a file ---

# offline COMMAND...: alone, with $CIB_file, which lasts as long as the test
offline() {
  export CIB_file=$dir/cib.xml
  [ -e "$CIB_file" ] || { cibadmin --empty >"$CIB_file.new" && mv "$CIB_file.new" "$CIB_file"; }
  alone timeout 60 "$@"
}

@test "crm_resource lists the agent and shows its meta-data" {
  grep -qx LiveDomain < <(offline crm_resource --list-agents ocf:wherry)
  [ "$(offline crm_resource --show-metadata ocf:wherry:LiveDomain)" = "$(<"$xml")" ]
}

@test "pcs resource describe shows every parameter, and the operations" {
  offline pcs resource describe ocf:wherry:LiveDomain >"$dir/shown"
  local name
  for name in $(names '//parameter/@name'); do
    grep -qE "^  $name( \(|:)" "$dir/shown" || { echo "$name is not shown"; return 1; }
  done
  grep -qx '  migrate_to:' "$dir/shown"
}

@test "crm ra info shows every parameter, and the operations" {
  offline crm ra info ocf:wherry:LiveDomain >"$dir/shown"
  local name
  for name in $(names '//parameter/@name'); do
    grep -qE "^$name\*? \(" "$dir/shown" || { echo "$name is not shown"; return 1; }
  done
  grep -qE '^ +migrate_to +timeout=120s' "$dir/shown"
}

@test "pcs resource create takes operations and timeouts from the meta-data" {
  offline true
  alone timeout 60 env -u CIB_file pcs -f "$dir/cib.xml" resource create web1 ocf:wherry:LiveDomain config=/web1.xml meta allow-migrate=true
  local action timeout
  for action in start stop monitor migrate_to migrate_from reload-agent; do
    timeout=$(says "//action[@name='$action']/@timeout")
    [ "$(xmllint --xpath "string(//op[@name='$action']/@timeout)" "$dir/cib.xml")" = "$timeout" ]
  done
  [ "$(xmllint --xpath 'string(//op[@name="monitor"]/@interval)' "$dir/cib.xml")" = 10s ]
}

@test "pcs refuses a resource that the agent's own validation refuses" {
  offline true
  run alone timeout 60 env -u CIB_file pcs -f "$dir/cib.xml" resource create --agent-validation web1 ocf:wherry:LiveDomain config=/web1.xml migration_speed=fast
  [ "$status" = 1 ]
  [[ $output == *'migration_speed="fast" must be a whole number'* ]]
  run ! grep -q web1 "$dir/cib.xml"
}

@test "crm ra validate hands the parameters to validate-all" {
  offline crm ra validate ocf:wherry:LiveDomain config=/web1.xml
  run -1 offline crm ra validate ocf:wherry:LiveDomain config=/web1.xml migration_speed=fast
  [[ $output == *'migration_speed="fast" must be a whole number'* ]]
}

@test "crm_resource --validate tells a good from a bad parameter" {
  offline crm_resource --validate --class ocf --provider wherry --agent LiveDomain --option config=/web1.xml
  run -6 offline crm_resource --validate --class ocf --provider wherry --agent LiveDomain --option config=/web1.xml --option migration_speed=fast
  [[ $output == *'migration_speed="fast" must be a whole number'* ]]
}
