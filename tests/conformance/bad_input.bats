#!/usr/bin/env bats
# Bad input and what becomes of it: the code, a reason of one line, and no guest lost for a typo. No
# cluster and no libvirtd is there; a guest that runs is "test" of libvirt's test driver.

bats_require_minimum_version 1.5.0
load agent.bash

setup() {
  dir=$BATS_TEST_TMPDIR
  domain test >"$dir/test.xml"
  qemu_domain nowhere >"$dir/qemu.xml"
  runs=(config="$dir/test.xml" hypervisor=$TEST_DRIVER)
}

# A row: CODE REGEX CONFIG. Start fails with CODE; a probe finds nothing; and stop succeeds, or a node
# would be fenced for it.
useless_config() {
  local code=$1 regex=$2 config=$3
  agent start config="$config" && outcome "$code" "$regex" &&
    agent monitor config="$config" && outcome 5 "$regex" &&
    agent stop config="$config" && outcome 0
}

@test "a config of no use: what each action makes of it" {
  file text.xml <<<'name=web1'
  each_row row_of_calls <<'ROWS'
5 'it does not exist'   start config=/nowhere.xml
5 'it does not exist'   monitor config=/nowhere.xml
# whoever was started here once may still run: never 7, and no success
1 'it does not exist'   monitor config=/nowhere.xml CRM_meta_interval=10000
0 ''                    stop config=/nowhere.xml
5 'it does not exist'   migrate_to config=/nowhere.xml CRM_meta_migrate_target=a2
5 'it does not exist'   migrate_from config=/nowhere.xml CRM_meta_migrate_source=a1
5 'it does not exist'   reload-agent config=/nowhere.xml
0 ''                    validate-all config=/nowhere.xml
5 'it does not exist'   validate-all config=/nowhere.xml OCF_CHECK_LEVEL=10
2 'not well-formed'     start config="$dir/text.xml"
5 'not well-formed'     monitor config="$dir/text.xml"
1 'not well-formed'     monitor config="$dir/text.xml" CRM_meta_interval=10000
0 ''                    stop config="$dir/text.xml"
2 'not well-formed'     migrate_to config="$dir/text.xml" CRM_meta_migrate_target=a2
2 'not well-formed'     migrate_from config="$dir/text.xml" CRM_meta_migrate_source=a1
2 'not well-formed'     reload-agent config="$dir/text.xml"
0 ''                    validate-all config="$dir/text.xml"
2 'not well-formed'     validate-all config="$dir/text.xml" OCF_CHECK_LEVEL=10
ROWS
}

@test "without config nothing starts, a probe finds nothing, and a stop succeeds" {
  each_row row_of_calls <<'ROWS'
6 '^parameter config is missing$'  start
6 '^parameter config is missing$'  start config=
6 '^parameter config is missing$'  validate-all
5 '^parameter config is missing$'  monitor
1 '^parameter config is missing$'  monitor CRM_meta_interval=10000
0 ''                               stop
5 '^parameter config is missing$'  reload-agent
5 '^parameter config is missing$'  migrate_from
6 'must be an absolute path'       start config=web.xml
6 'must be an absolute path'       validate-all config=./web.xml
ROWS
}

@test "a config that cannot be read here: 5, and stop succeeds" {
  mkdir "$dir/folder"
  ln -s "$dir/nothing" "$dir/dangling"
  ln -s loop "$dir/loop"
  mkfifo "$dir/fifo" # whoever opens it waits for ever
  : >"$dir/file"
  each_row useless_config <<'ROWS'
5 'config /nowhere.xml cannot be read: it does not exist' /nowhere.xml
5 'config .*/dangling cannot be read: it does not exist'  "$dir/dangling"
5 'config .*/loop cannot be read: .*symbolic links'       "$dir/loop"
5 'config .*/folder is not a file'                        "$dir/folder"
5 'config .*/fifo is not a file'                          "$dir/fifo"
5 'config /dev/zero is not a file'                        /dev/zero
5 'config .*/file/x.xml cannot be read'                   "$dir/file/x.xml"
5 'config .* cannot be read: .*File name too long'        "/$(printf 'n%.0s' {1..300})"
ROWS
}

@test "a config without the permission to read it: 5" {
  local environment
  install -m 0600 "$dir/test.xml" "$dir/secret.xml"
  chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$dir" "$(dirname "$dir")"
  environment_of config="$dir/secret.xml"
  run --separate-stderr alone setpriv --reuid=nobody --regid=nogroup --clear-groups env -i "${environment[@]}" "$INSTALLED" start
  outcome 5 'config .*/secret.xml cannot be read: .*Permission denied'
}

@test "a config that makes no sense: 2 with what and where, and stop succeeds" {
  : >"$dir/empty.xml"
  file text.xml <<<'name=web1'
  head -c 4096 /dev/urandom | tr -d '\0' >"$dir/noise.xml"
  head -c 60 "$dir/test.xml" >"$dir/cut.xml"
  file mixed.xml <<<'<domain type="qemu"><name>web1</nmae></domain>'
  file network.xml <<<'<network><name>web1</name></network>'
  file foreign.xml <<<'<domain xmlns="urn:x"><name>web1</name></domain>'
  printf '<domain><name>we\0b1</name></domain>' >"$dir/nul.xml"
  domain web1 | iconv -t UTF-16 >"$dir/utf16.xml"
  printf '<domain><name>w\xffb1</name></domain>' >"$dir/not-utf8.xml"
  file nameless.xml <<<'<domain type="qemu"><title>web1</title></domain>'
  file empty-name.xml <<<'<domain><name/></domain>'
  file only-metadata.xml <<<'<domain><metadata><name>web1</name></metadata></domain>'
  file two-names.xml <<<'<domain><name>web1</name>
<name>web2</name></domain>'
  file slash.xml <<<'<domain><name>../web1</name></domain>'
  printf '<domain><name>web1\n</name></domain>' >"$dir/line-break.xml"
  file uuid.xml <<<'<domain><name>web1</name><uuid>1234</uuid></domain>'
  file uuid-text.xml <<<'<domain><name>web1</name><uuid>0123456789abcdef0123456789abcdeg</uuid></domain>'
  { domain web1 && printf '<!--' && head -c 17M /dev/zero | tr '\0' x && echo '-->'; } >"$dir/large.xml"
  { yes '<domain>' | head -n 3000 && domain web1; } >"$dir/deep.xml"
  each_row useless_config <<'ROWS'
2 'the file is empty'                          "$dir/empty.xml"
2 'it is not well-formed XML: line 1'          "$dir/text.xml"
2 'it is not well-formed XML'                  "$dir/noise.xml"
2 'it is not well-formed XML'                  "$dir/cut.xml"
2 'it is not well-formed XML: line 1: .*nmae'  "$dir/mixed.xml"
2 'it has a zero byte'                         "$dir/nul.xml"
2 'it has a zero byte: .*UTF-16'               "$dir/utf16.xml"
2 'it is not well-formed XML'                  "$dir/not-utf8.xml"
2 'it is not well-formed XML'                  "$dir/deep.xml"
2 'the file is too large for a domain'         "$dir/large.xml"
2 'its root is not <domain>'                   "$dir/network.xml"
2 'its root is not <domain>'                   "$dir/foreign.xml"
2 'it has no <name>'                           "$dir/nameless.xml"
2 'it has no <name>'                           "$dir/empty-name.xml"
2 'it has no <name>'                           "$dir/only-metadata.xml"
2 'two <name> elements, in lines 1 and 2'      "$dir/two-names.xml"
2 'its <name> has a slash'                     "$dir/slash.xml"
2 'its <name> has a slash or a line break'     "$dir/line-break.xml"
2 'its <uuid> is none: "1234"'                 "$dir/uuid.xml"
2 'its <uuid> is none'                         "$dir/uuid-text.xml"
ROWS
}

@test "the name is read as libvirt reads it, however the file is written" {
  read_as_test() {
    printf "$1" >"$dir/any.xml"
    agent monitor config="$dir/any.xml" hypervisor=$TEST_DRIVER OCF_RESOURCE_INSTANCE="$1" && outcome 0
  }
  each_row read_as_test <<'ROWS'
'<domain><name>test</name></domain>'
'<domain><metadata><name>wrong</name></metadata><name>test</name></domain>'
'<domain><name>test</name><metadata><name>wrong</name></metadata></domain>'
'<domain><description>see <name>wrong</name> and &lt;name>wrong&lt;/name></description><name>test</name></domain>'
'<domain><!-- <name>wrong</name> --><name>test</name></domain>'
'<domain><x:name xmlns:x="urn:x">wrong</x:name><name>test</name></domain>'
'<domain>\n  <name>test</name> <!-- the web server --> <memory>1</memory></domain>'
'<domain><name>test</name><title>x</title><name2>wrong</name2></domain>'
'<domain>\r\n<name>test</name>\r\n</domain>\r\n'
'<domain><name\n >test</name\n></domain>'
'<domain><name lang="en">test</name></domain>'
'<domain><name><![CDATA[test]]></name></domain>'
'<domain><name>t&#101;st</name></domain>'
'<domain><name>te<!-- -->st</name></domain>'
'\xef\xbb\xbf<domain><name>test</name></domain>'
'<?xml version="1.0" encoding="ISO-8859-1"?><domain><name>test</name><title>\xfc</title></domain>'
'<?pi <name>wrong</name>?><domain><name>test</name></domain>'
'<domain><uuid>6695EB01F6A4830479AA97F2502E193F</uuid><name>test</name></domain>'
ROWS
  # and the test can fail: another name is not "test"
  domain Test >"$dir/other.xml"
  agent monitor config="$dir/other.xml" hypervisor=$TEST_DRIVER OCF_RESOURCE_INSTANCE=other
  outcome 7
}

# --- entities ---

# traced ACTION WORD...: the call under strace, whose trace is $dir/trace
traced() {
  local action=$1 environment
  shift
  environment_of "$@"
  run --separate-stderr alone timeout "$MOST_S" strace -f -s 4096 -e trace=%file,%network -o "$dir/trace" env -i "${environment[@]}" "$INSTALLED" "$action"
  status_is_of_the_standard "$action"
  grep -q "config\|xml" "$dir/trace" # strace saw the agent at work
}

@test "nothing that a config points to is ever opened, be it a file or a server" {
  untouched() {
    printf "$1" >"$dir/bad.xml"
    local action
    for action in start stop monitor 'validate-all'; do
      traced "$action" config="$dir/bad.xml" OCF_CHECK_LEVEL=10 || return 1
      case $action in
        stop) outcome 0 ;;
        monitor) outcome 5 'has a document type' ;;
        *) outcome 2 'has a document type' ;;
      esac || return 1
      ! grep -E 'bait|192\.0\.2\.1|AF_INET' "$dir/trace" || return 1
    done
  }
  echo test >"$dir/bait"
  each_row untouched <<'ROWS'
"<!DOCTYPE domain [<!ENTITY n SYSTEM \"file://$dir/bait\">]><domain><name>&n;</name></domain>"
"<!DOCTYPE domain [<!ENTITY n SYSTEM \"$dir/bait\">]><domain><name>&n;</name></domain>"
'<!DOCTYPE domain [<!ENTITY n SYSTEM "bait">]><domain><name>&n;</name></domain>'
'<!DOCTYPE domain [<!ENTITY n SYSTEM "http://192.0.2.1/bait">]><domain><name>&n;</name></domain>'
"<!DOCTYPE domain SYSTEM \"$dir/bait\"><domain><name>test</name></domain>"
'<!DOCTYPE domain SYSTEM "http://192.0.2.1/bait.dtd"><domain><name>test</name></domain>'
'<!DOCTYPE domain PUBLIC "-//x//y" "ftp://192.0.2.1/bait.dtd"><domain><name>test</name></domain>'
"<!DOCTYPE domain [<!ENTITY %% p SYSTEM \"file://$dir/bait\"> %%p;]><domain><name>test</name></domain>"
'<!DOCTYPE domain [<!ENTITY n "test">]><domain><name>&n;</name></domain>'
'<!DOCTYPE domain [<!ATTLIST name x CDATA "y">]><domain><name>test</name></domain>'
'<!DOCTYPE domain><domain><name>test</name></domain>'
ROWS
}

@test "XInclude and processing instructions in a config lead nowhere" {
  echo test >"$dir/bait"
  file include.xml <<X2
<?xml-stylesheet href="$dir/bait"?>
<domain xmlns:xi="http://www.w3.org/2001/XInclude"><name>test</name>
<title><xi:include href="$dir/bait" parse="text"/></title></domain>
X2
  traced monitor config="$dir/include.xml" hypervisor=$TEST_DRIVER
  outcome 0
  run ! grep -q bait "$dir/trace"
}

# 400 MiB of address space and 5 s of processor time; a guest that is well needs a fraction of both.
@test "an entity bomb costs neither memory nor time" {
  limited() {
    run --separate-stderr alone timeout "$MOST_S" prlimit --as=$((400 << 20)) --cpu=5 env -i OCF_RESKEY_config="$1" OCF_RESKEY_hypervisor=$TEST_DRIVER "$INSTALLED" start
    status_is_of_the_standard start && outcome "$2" "$3"
  }
  {
    echo '<!DOCTYPE domain [<!ENTITY a0 "aaaaaaaaaaaaaaaa">'
    for i in {1..30}; do echo "<!ENTITY a$i \"&a$((i - 1));&a$((i - 1));&a$((i - 1));&a$((i - 1));\">"; done
    echo ']><domain><name>&a30;</name></domain>'
  } >"$dir/laughs.xml"
  {
    printf '<!DOCTYPE domain [<!ENTITY a "'
    head -c 200000 /dev/zero | tr '\0' a
    printf '">]><domain><name>'
    yes '&a;' | head -n 40000
    echo '</name></domain>'
  } >"$dir/quadratic.xml"
  echo '<!DOCTYPE domain [<!ENTITY a "&b;"><!ENTITY b "&a;">]><domain><name>&a;</name></domain>' >"$dir/loop.xml"
  {
    echo '<!DOCTYPE domain [<!ENTITY % a "x">'
    yes '%a;' | head -n 20000
    echo ']><domain><name>test</name></domain>'
  } >"$dir/parameter.xml"
  limited "$dir/test.xml" 0 # the limits are fair
  each_row limited <<'ROWS'
"$dir/laughs.xml"    2 'has a document type'
"$dir/quadratic.xml" 2 'has a document type'
"$dir/loop.xml"      2 'has a document type'
"$dir/parameter.xml" 2 'has a document type'
ROWS
}

# --- single values ---

# A row: WORD REGEX. Validation refuses it; monitor of a guest that runs warns and goes on.
wrong_value() {
  local word=$1 regex=$2
  agent validate-all config=/nowhere.xml "$word" && outcome 6 "$regex" &&
    agent monitor "${runs[@]}" "$word" && outcome 0 && warned "$regex"
}

# As above, with every action.
wrong_value_everywhere() {
  local word=$1 regex=$2
  wrong_value "$word" "$regex" &&
    agent start "${runs[@]}" "$word" && outcome 6 "$regex" &&
    agent monitor "${runs[@]}" CRM_meta_interval=10000 "$word" && outcome 0 && warned "$regex" &&
    agent reload-agent "${runs[@]}" "$word" && outcome 0 && warned "$regex" &&
    agent migrate_from "${runs[@]}" "$word" && outcome 0 && warned "$regex" &&
    agent stop "${runs[@]}" "$word" && outcome 0 && warned "$regex"
}

@test "a value of the wrong kind is refused by what begins, and lets go on what looks after a guest" {
  each_row wrong_value_everywhere <<'ROWS'
migration_downtime=fast       'migration_downtime="fast" must be a whole number'
migration_speed=-5            'migration_speed="-5" must be a whole number'
migrateport=65536             'migrateport="65536" must be a whole number'
migration_stall_timeout=never 'migration_stall_timeout="never" must be seconds'
force_stop=maybe              'force_stop="maybe" must be true or false'
ROWS
}

@test "what is no number in range is refused, and costs no guest that runs" {
  each_row wrong_value <<'ROWS'
migration_downtime=fast                'migration_downtime="fast" must be a whole number from 0 to 2000000'
migration_downtime=-1                  'migration_downtime="-1" must be a whole number'
migration_downtime=2000001             'migration_downtime="2000001" must be a whole number'
migration_downtime=9223372036854775808 'migration_downtime="9223372036854775808" must be'
migration_downtime=1.5                 'migration_downtime="1.5" must be'
migration_downtime=1e3                 'migration_downtime="1e3" must be'
migration_downtime=0x10                'migration_downtime="0x10" must be'
migration_downtime='1 0'               'migration_downtime="1 0" must be'
migration_downtime=' 1'                'migration_downtime=" 1" must be'
migration_downtime=+1                  'migration_downtime="\+1" must be'
migration_downtime=30s                 'migration_downtime="30s" must be'
migration_speed=unlimited              'migration_speed="unlimited" must be a whole number from 0 to 8796093022207'
migration_speed=-5                     'migration_speed="-5" must be'
migration_speed=8796093022208          'migration_speed="8796093022208" must be'
migration_speed=18446744073709551617   'migration_speed="18446744073709551617" must be'
migration_speed=$(printf '9%.0s' {1..400}) 'migration_speed="9+" must be'
migrateport=http                       'migrateport="http" must be a whole number from 1 to 65535'
migrateport=0                          'migrateport="0" must be'
migrateport=65536                      'migrateport="65536" must be'
migrateport=-1                         'migrateport="-1" must be'
migrateport=99999999999999999999       'migrateport="99999999999999999999" must be'
migration_stall_timeout=never          'migration_stall_timeout="never" must be seconds from 1 to 3600'
migration_stall_timeout=0              'migration_stall_timeout="0" must be'
migration_stall_timeout=3601           'migration_stall_timeout="3601" must be'
migration_stall_timeout=-5s            'migration_stall_timeout="-5s" must be'
migration_stall_timeout=s              'migration_stall_timeout="s" must be'
migration_stall_timeout=5m             'migration_stall_timeout="5m" must be'
migration_stall_timeout=5ss            'migration_stall_timeout="5ss" must be'
migration_stall_timeout=18446744073709551617s 'migration_stall_timeout="18446744073709551617s" must be'
migration_retry_delay=soon             'migration_retry_delay="soon" must be seconds from 0 to 604800'
migration_retry_delay=-1               'migration_retry_delay="-1" must be'
migration_retry_delay=604801           'migration_retry_delay="604801" must be'
migration_connections=many             'migration_connections="many" must be a whole number from 0 to 255'
migration_connections=-1               'migration_connections="-1" must be'
migration_connections=256              'migration_connections="256" must be'
migration_mode=warp                    'migration_mode="warp" must be one of precopy, auto, postcopy'
migration_encryption=yes               'migration_encryption="yes" must be one of auto, tls, off'
migration_compression=lzma             'migration_compression="lzma" must be one of off, auto, xbzrle, zlib, zstd'
migration_failure=reboot               'migration_failure="reboot" must be one of stay, restart'
ROWS
}

@test "every number that the meta-data calls an integer is in the table above" {
  alone "$INSTALLED" meta-data >"$dir/xml"
  local name
  for name in $(xmllint --xpath '//parameter[content/@type="integer"]/@name' "$dir/xml" 2>/dev/null | sed 's/.*="\(.*\)"/\1/'); do
    grep -q "^$name=" "$BATS_TEST_FILENAME" || { echo "$name is not"; return 1; }
  done
}

@test "numbers at the ends of their range are taken" {
  each_row row_of_calls <<'ROWS'
0 '' validate-all config=/nowhere.xml migration_downtime=0 migration_speed=0 migrateport=1 migration_stall_timeout=1 migration_retry_delay=0 migration_connections=0
0 '' validate-all config=/nowhere.xml migration_downtime=2000000 migration_speed=8796093022207 migrateport=65535 migration_connections=255 migration_stall_timeout=3600s migration_retry_delay=604800s
0 '' validate-all config=/nowhere.xml migration_downtime=007 migration_stall_timeout=5s
ROWS
}

@test "what is neither true nor false is refused, and costs no guest that runs" {
  local name
  alone "$INSTALLED" meta-data >"$dir/xml"
  xmllint --xpath '//parameter[content/@type="boolean"]/@name' "$dir/xml" 2>/dev/null | sed 's/.*="\(.*\)"/\1/' >"$dir/booleans"
  [ "$(wc -l <"$dir/booleans")" -ge 11 ]
  while read -r -u 8 name; do
    agent validate-all config=/nowhere.xml "$name=maybe"
    outcome 6 "^$name=\"maybe\" must be true or false$"
  done 8<"$dir/booleans"
  each_row wrong_value <<'ROWS'
save_config_on_stop=2    'save_config_on_stop="2" must be true or false'
start_resources='true '  'start_resources="true " must be true or false'
stateless=-1             'stateless="-1" must be true or false'
ROWS
}

@test "true and false are understood in all the words that ocf_is_true knows" {
  local word
  for word in 1 yes true on y ja YES True oN; do
    agent validate-all config=/nowhere.xml stateless=$word
    outcome 6 'stateless needs backingfile'
  done
  for word in 0 no false off n nein NO False oFF ''; do
    agent validate-all config=/nowhere.xml stateless=$word
    outcome 0
  done
}

# --- values together ---

# A row: REGEX WORD...; as above, but said by the check of the parameters with each other, which those
# that look after a guest that runs do not even make (reload-agent: makes, and says).
contradiction() {
  local regex=$1
  shift
  agent validate-all config=/nowhere.xml "$@" && outcome 6 "$regex" &&
    agent start "${runs[@]}" "$@" && outcome 6 "$regex" &&
    agent monitor "${runs[@]}" "$@" && outcome 0 &&
    agent reload-agent "${runs[@]}" "$@" && outcome 0 && warned "$regex" &&
    agent stop "${runs[@]}" "$@" && outcome 0
}

@test "parameters that contradict or need each other are refused at the start, and cost no guest that runs" {
  each_row contradiction <<'ROWS'
'force_stop and snapshot exclude each other' force_stop=true snapshot=/nowhere
'stateless needs backingfile'             stateless=true
'copyindirs needs backingfile'            copyindirs=/etc/motd
'backingfile must be an absolute path'    backingfile=image.qcow2
'snapshot must be an absolute path'       snapshot=saves
'migration_user is not a user name'       migration_user='root@evil:22/'
'migration_user is not a user name'       migration_user=-oProxyCommand
'shutdown_mode="halt" must be acpi'       shutdown_mode=halt
'shutdown_mode="acpi agent" must be acpi' shutdown_mode='acpi agent'
'shutdown_mode="acpi,,agent" must be'     shutdown_mode=acpi,,agent
ROWS
}

@test "migrate_options that are unknown or senseless are refused" {
  contradiction 'migrate_options: --turbo is not' migrate_options=--turbo
  options() { agent validate-all config=/nowhere.xml migrate_options="$2" && outcome 6 "migrate_options: $1"; }
  each_row options <<'ROWS'
'--turbo is not an option of a migration'     --turbo
'--turbo is not an option of a migration'     '--auto-converge --turbo'
'--auto-convergent is not an option'          --auto-convergent
'"auto-converge" is not an option'            auto-converge
'"a2" is not an option'                       '--live a2'
'"-c" is not an option'                       '-c qemu:///system'
'"--" is not an option'                       '--'
'--offline moves a definition'                --offline
'--suspend would leave the guest paused'      --suspend
'--dname would hide the guest'                '--dname web2'
'--dname would hide the guest'                --dname=web2
'--bandwidth needs a value'                   --bandwidth
'--bandwidth needs a value'                   --bandwidth=
'--bandwidth needs a whole number'            '--bandwidth fast'
'--bandwidth needs a whole number'            --bandwidth=-1
'--bandwidth needs a whole number'            --bandwidth=9223372036854775808
'--parallel-connections needs a whole number' '--parallel --parallel-connections 99999999999'
'--timeout needs a number of seconds'         '--timeout soon'
'--timeout needs a number of seconds'         '--timeout 0'
'--auto-converge takes no value'              --auto-converge=yes
'--tunnelled needs --p2p'                     --tunnelled
'--parallel and --tunnelled exclude'          '--p2p --tunnelled --parallel'
'.*[Uu]nmatched|.*quot'                       "--migrateuri 'tcp://a"
ROWS
}

@test "a file in migrate_options that is not there is found before anything moves" {
  agent validate-all config=/nowhere.xml migrate_options='--xml /nowhere-either.xml'
  outcome 0
}

# --- the hypervisor ---

# A URI that libvirt does not take cannot have started anything, and QEMU's guests have processes: so a
# typo is a start that fails, and neither a failed probe nor a stop that has the node fenced.
@test "a URI that libvirt rejects fails the start and nothing else" {
  rejected() {
    local uri=$1 regex=$2
    agent start config="$dir/qemu.xml" hypervisor="$uri" && outcome 1 "cannot connect to $regex" &&
      agent validate-all config="$dir/qemu.xml" hypervisor="$uri" OCF_CHECK_LEVEL=10 && outcome 1 "cannot connect to $regex" &&
      agent monitor config="$dir/qemu.xml" hypervisor="$uri" && outcome 7 && warned "cannot connect to $regex" &&
      agent stop config="$dir/qemu.xml" hypervisor="$uri" && outcome 0 && warned "cannot connect to $regex"
  }
  each_row rejected <<'ROWS'
nonsense:///            'nonsense:///: '
://                     '://: .*[Uu]nable to parse URI'
'bad uri'               'bad uri: .*[Uu]nable to parse URI'
%                       '%: .*[Uu]nable to parse URI'
qemu+carrier:///system  'qemu\+carrier:///system: .*transport'
qemu:///nowhere         'qemu:///nowhere: '
test:///nowhere.xml     'test:///nowhere.xml: '
'qemu:///system;reboot' 'qemu:///system;reboot: '
ROWS
}

@test "a guest without a process stays unknown, neither running nor stopped, where its hypervisor is away" {
  sed "s/type='qemu'/type='lxc'/" "$dir/qemu.xml" >"$dir/lxc.xml"
  agent monitor config="$dir/lxc.xml" hypervisor=lxc:///
  outcome 1 'nobody can tell whether nowhere runs: cannot connect to lxc:///'
  agent stop config="$dir/lxc.xml" hypervisor=lxc:///
  outcome 1 'cannot stop nowhere'
}

@test "without libvirtd a guest that is nowhere is stopped, and cannot be started" {
  each_row row_of_calls <<'ROWS'
7 ''                                              monitor config="$dir/qemu.xml"
0 ''                                              stop config="$dir/qemu.xml"
1 'cannot start nowhere: cannot connect to .*No such file' start config="$dir/qemu.xml"
1 'cannot connect to the default hypervisor'      migrate_to config="$dir/qemu.xml" CRM_meta_migrate_target=a2
1 'nowhere has not arrived'                       migrate_from config="$dir/qemu.xml" CRM_meta_timeout=2000
1 'cannot connect to the default hypervisor'      validate-all config="$dir/qemu.xml" OCF_CHECK_LEVEL=10
0 ''                                              validate-all config="$dir/qemu.xml"
ROWS
}
