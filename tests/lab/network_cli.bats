#!/usr/bin/env bats
# The operator's command on a real cluster of three nodes: wherry network and wherry check. The resource
# MigrationNetworks is there, but stopped: what the nodes publish is written by the tests themselves.

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-network_cli
load lib.bash
load agent.bash

setup_file() {
  lab up --nodes 3 --stonith --stage "$WHERRY_STAGE"
  publish_all
  on a1 pcs resource create nets ocf:wherry:MigrationNetworks clone --disabled
  lab guest vm1 >/dev/null
  on a1 pcs resource create vm1 ocf:wherry:LiveDomain "config=$LAB/shared/vm1.xml" migration_transport=tcp \
    meta allow-migrate=true
  on a1 pcs constraint location vm1 prefers a1
  wait_until 30 guest_count_exceeds vm1 0
  wait_until 10 crm_says 'vm1.*Started a1'
}

teardown_file() {
  lab down
}

setup() {
  settings order= exclude= names= ring= unlisted=
}

# shellcheck disable=SC2016 # what expands does so on the node
teardown() {
  local node
  for node in a1 a2 a3; do
    lab undrop "$node" mig
    on "$node" nft delete table inet witness 2>/dev/null || true
    no_ssh_server "$node"
  done
  publish_all
}

# --- what the tests share ---

wherry() { timeout 60 "$LAB_HERE/lab" run "${NODE:-a1}" wherry "$@"; }
settings() { on a1 pcs resource update nets "$@"; } # PARAMETER=VALUE...

publish() { # NODE TEXT
  on "$1" attrd_updater --name wherry-links --private --update "$2"
  wait_until 5 published "$1" "$2"
}

published() { # NODE TEXT: on all nodes
  local node
  for node in a1 a2 a3; do
    on "$node" attrd_updater --name wherry-links --query --node "$1" | grep -qF "value=\"$2\"" || return 1
  done
}

links_of() { # NUMBER: what node aNUMBER has to say
  local network i=1 text='wherry-links/1.0; '
  for network in mgmt mig stor guest; do
    text+="link $network up speed=10000 mtu=1500 ip=10.99.$i.$1/24 ip=fd99:$i::$1/64; "
    i=$((i + 1))
  done
  echo "${text}end 4"
}

publish_all() {
  local i
  for i in 1 2 3; do
    publish "a$i" "$(links_of $i)"
  done
}

ranked() { # the networks in use, by their interfaces, as JSON has them
  wherry network list --json | jq_py '" ".join(n["nodes"][0]["interface"] for n in d["networks"] if n["rank"])'
}

shown() { # the networks in use, by their interfaces, as the table has them
  wherry network list | awk '/^[0-9]/ { printf "%s%s", sep, $4; sep = " " }'
}

jq_py() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; } # EXPRESSION of d

parameter() { on a1 crm_resource --resource nets --get-parameter "$1" 2>/dev/null; }
epoch() { on a1 cibadmin --query --no-children | grep -oE ' epoch="[0-9]+"'; }

one_sentence() { # what `run --separate-stderr` saw: one line on standard error, nothing else
  # shellcheck disable=SC2154
  if [ -n "$output" ] || [ "${#stderr_lines[@]}" != 1 ] || [[ $stderr != 'wherry: '* ]]; then
    printf 'out: %s\nerr: %s\n' "$output" "$stderr" >&2
    return 1
  fi
}

# --- list ---

@test "the four networks are listed in order with reasons, and JSON holds the same" {
  run wherry network list
  [ "$status" = 0 ]
  [ "$(shown)" = 'mig guest mgmt stor' ]
  [ "$(ranked)" = 'mig guest mgmt stor' ]
  grep -E '^1 +10\.99\.2\.0/24 +10\.99\.2\.0/24,fd99:2::/64 +mig +a1 a2 a3 +10 Gbit/s +1500 +no +up +no order set' <<<"$output"
  grep -E '^3 +10\.99\.1\.0/24 .* yes +up .*carries the ring: last' <<<"$output"
  [ "$(wherry network list --json | jq_py 'd["networks"][2]["reason"]')" = \
    "$(awk '/^3 / { sub(/.* up +/, ""); print }' <<<"$output")" ]
}

@test "every node shows the same" {
  local node
  settings order='stor mig' exclude=guest
  for node in a1 a2 a3; do
    [ "$(NODE=$node shown)" = 'stor mig mgmt' ]
  done
}

@test "a link that is down, an unknown name and a node that says nothing are named" {
  settings order='stro mig'
  publish a2 'wherry-links/1.0; link mig down; link stor up ip=10.99.3.2/24; end 2'
  on a3 attrd_updater --name wherry-links --private --delete
  run wherry network list
  [ "$status" = 0 ]
  [[ $output == *'"stro" is no label, CIDR or interface of a network'* ]]
  [[ $output == *'a3 '*'publish'* ]]
  grep -E '^[0-9] +10\.99\.3\.0/24 ' <<<"$output"
  publish a3 "$(links_of 3 | sed 's/link stor up/link stor down/')"
  [[ $(wherry network list) == *' down on a3 '* ]]
  run wherry check
  [[ $output == *'warning: networks: 10.99.3.0/24 is down on a3'* ]]
}

@test "a damaged attribute, or one of a newer version, is named, and the node takes part with its ring addresses" {
  local text
  for text in 'wherry-links/1.0; link mig up ip=10.99.2.' 'wherry-links/9.0; quite=other' 'rubbish' \
    "wherry-links/1.0; link x up ip=300.1.1.1/24; end 1"; do
    publish a2 "$text"
    run wherry network list
    [ "$status" = 0 ]
    [[ $output == *'note: what a2 publishes cannot be read'* ]]
    grep -E '^[0-9] +10\.99\.1\.0/24 .* a1 a2 a3 ' <<<"$output"
    grep -E '^[0-9] +10\.99\.2\.0/24 .* a1 a3 ' <<<"$output"
    wherry network list --json | jq_py 'd["notes"]' | grep -F 'a2 publishes'
    wherry network explain vm1 a2
    wherry check || [ $? = 78 ]
  done
}

# --- changes ---

@test "an order is obeyed, shown, and told with the command for pcs, which does the same" {
  local command
  run wherry network order stor mig
  [ "$status" = 0 ]
  [ "$(shown)" = 'stor mig guest mgmt' ]
  [[ $(wherry network list) == *"place 1 in the cluster's order"* ]]
  command=$(sed -n 's/^the same with pcs: //p' <<<"$output")
  wherry network order ''
  [ "$(shown)" = 'mig guest mgmt stor' ]
  on a1 sh -c "$command"
  [ "$(shown)" = 'stor mig guest mgmt' ]
}

@test "changes by pcs and by crm count the same" {
  settings order='guest stor'
  [ "$(shown)" = 'guest stor mig mgmt' ]
  on a2 crm resource param nets set order 'mgmt guest'
  [ "$(shown)" = 'mgmt guest mig stor' ]
  wherry network up guest
  [ "$(shown)" = 'guest mgmt mig stor' ]
  [ "$(on a3 crm resource param nets show order)" = 'guest mgmt' ]
}

@test "up and down move a network one place, and back" {
  wherry network down mig
  [ "$(shown)" = 'guest mig mgmt stor' ]
  [ "$(parameter order)" = '10.99.4.0/24 10.99.2.0/24' ]
  wherry network up mig
  [ "$(shown)" = 'mig guest mgmt stor' ]
  wherry network up stor
  [ "$(shown)" = 'mig guest stor mgmt' ]
  run wherry network up mig
  [ "$status" = 0 ]
  [[ $output == *'is first already'*'nothing changes'* ]]
}

@test "an excluded network is out and leaves the order, and comes back when it is included" {
  settings order='stor mig'
  wherry network exclude stor guest
  [ "$(shown)" = 'mig mgmt' ]
  [ "$(parameter order)" = mig ]
  [[ $(wherry network list) == *'excluded by the cluster (exclude has stor)'* ]]
  run --separate-stderr wherry network order stor
  [ "$status" = 78 ] && one_sentence
  wherry network include stor
  [ "$(parameter exclude)" = guest ]
  wherry network include 10.99.4.0/24
  [ -z "$(parameter exclude)" ]
  [ "$(shown)" = 'mig guest mgmt stor' ]
}

@test "that no network is left is said, and done" {
  run --separate-stderr wherry network exclude mgmt mig stor guest
  [ "$status" = 0 ]
  [[ $stderr == *'no usable network is left'* ]]
  run -78 wherry check
  [[ $output == *'error: nets: no network is usable'* ]]
}

@test "a network gets a name, and a new one takes the old one's place everywhere" {
  wherry network name 10.99.2.0/24,fd99:2::/64 fast
  wherry network name stor disks
  wherry network order disks fast
  wherry network exclude guest
  wherry network name fast faster
  wherry network name disks 'iscsi'
  [ "$(parameter names)" = 'faster=10.99.2.0/24,fd99:2::/64 iscsi=10.99.3.0/24,fd99:3::/64' ]
  [ "$(parameter order)" = 'iscsi faster' ]
  [ "$(wherry network list | awk '/^[12] / { print $2 }' | xargs)" = 'iscsi faster' ]
}

@test "an excluded network stays excluded under whatever name" {
  settings names='a=10.99.3.0/24 b=10.99.2.0/24' exclude=a
  wherry network name 10.99.4.0/24 a
  [[ " $(shown) " != *' stor '* ]]
  settings names='a=10.99.3.0/24' exclude=a
  wherry network name 10.99.3.0/24 c
  [ "$(parameter exclude)" = c ]
  [[ " $(shown) " != *' stor '* ]]
}

@test "a name that a VM excludes by is not taken away from it" {
  settings names='secret=10.99.3.0/24'
  on a1 pcs resource update vm1 migration_exclude_networks=secret
  run --separate-stderr wherry network name stor open
  [ "$status" = 107 ] && one_sentence
  [ "$(parameter names)" = 'secret=10.99.3.0/24' ]
  on a1 pcs resource update vm1 migration_exclude_networks=
}

@test "administrators who change the settings at once do not lose each other's changes" {
  local node i pids=()
  for node in 1 2 3; do
    for i in 1 2 3 4; do
      NODE=a$node wherry network exclude "10.$node.$i.0/24" || exit 1
    done >"$BATS_TEST_TMPDIR/$node" 2>&1 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i"
  done
  [ "$(parameter exclude | tr ' ' '\n' | grep -cE '^10\.[123]\.[1234]\.0/24$')" = 12 ]
}

@test "what was set otherwise, and how oddly, stays as it is" {
  on a1 pcs resource update nets --force unlisted="it's \"odd\" <&>" ring=allow
  wherry network exclude guest
  [ "$(parameter unlisted)" = "it's \"odd\" <&>" ]
  [ "$(parameter ring)" = allow ]
  [ "$(parameter exclude)" = guest ]
}

@test "the first setting of all is written too" {
  on a1 cibadmin --delete --xpath "//primitive[@id='nets']/instance_attributes"
  wherry network order stor
  [ "$(parameter order)" = stor ]
}

@test "a dry run says what would change, and changes nothing" {
  local before
  before=$(epoch)
  run wherry network order stor mig --dry-run
  [ "$status" = 0 ]
  [[ $output == *"order: stor mig"*"pcs resource update nets order='stor mig'"* ]]
  wherry network exclude -n mig
  wherry network down --dry-run mig
  wherry network name --dry-run mig fast
  wherry network up --dry-run stor --json | jq_py 'd["dry_run"], d["changes"][0]["parameter"]' | grep -Fx 'True order'
  [ "$(epoch)" = "$before" ]
  [ "$(shown)" = 'mig guest mgmt stor' ]
}

@test "what changes nothing writes nothing" {
  local before
  settings order='stor mig' exclude=guest
  before=$(epoch)
  wherry network order stor mig
  wherry network exclude guest
  wherry network exclude 10.99.4.0/24
  wherry network include mig
  [ "$(epoch)" = "$before" ]
}

@test "wrong input is one sentence and the right status, and changes nothing" {
  local before status_wanted line
  before=$(epoch)
  while read -r status_wanted line; do
    eval "set -- $line"
    run --separate-stderr wherry "$@"
    echo "wherry $line: $status $stderr"
    [ "$status" = "$status_wanted" ]
    one_sentence
  done <<'EOF'
64 frobnicate
64 network frobnicate
64 network order
64 network list extra
64 network up mig stor
64 network order --nonsense
64 network order mig mig
64 network order mig 10.99.2.0/24
64 network up 'mig stor'
64 network explain
64 network explain vm1 a1
64 network test --from a2 --to a2
64 network test --to a1
105 network order stro
105 network exclude mig nowhere
105 network up nowhere
105 network up 10.1.2.0/24
105 network name nowhere x
105 network explain nothing
105 network explain vm1 a9
105 network test --to a9
105 network test --from a9
105 network test --from=-oProxyCommand=false
105 check nothing
78 network order 10.99.2.0
78 network order 10.1.2.0/33
78 network order 10.1.2.3/24
78 network order 0.0.0.0/0
78 network order mig,stor
78 network exclude 10.0.0.1/32
78 network name 10.1.2.3.4/24 x
78 network name mig 'a b'
78 network name mig ''
78 network name mig 10.1.1.0
78 network name mig a/b
78 network explain nets
EOF
  [ "$(epoch)" = "$before" ]
}

@test "it works with stdin closed and no terminal, on any node" {
  local node
  for node in a1 a2 a3; do
    NODE=$node run --separate-stderr wherry network list <&-
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    [[ $output != *$'\x1b'* ]]
    on "$node" sh -c 'exec setsid wherry network order stor --dry-run <&- 2>&-'
  done
  run on a1 sh -c 'wherry network list >/dev/full'
  [ "$status" = 74 ]
}

@test "without a cluster it says so" {
  local verb
  for verb in 'network list' 'network order mig' 'check' 'network test' 'network explain vm1'; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 60 unshare --net --ipc "$WHERRY_STAGE/usr/sbin/wherry" $verb
    [ "$status" = 102 ] && one_sentence
    [[ $stderr == *'the cluster does not run on this node'* ]]
  done
}

@test "without the resource the defaults hold, and a change says how to create it" {
  on a1 cibadmin --query --scope resources >"$LAB/shared/resources.xml"
  on a1 pcs resource unmanage vm1
  on a1 cibadmin --delete --xpath "//clone[@id='nets-clone']"
  run --separate-stderr wherry network order mig
  local changed=$status said=$stderr listed checked
  listed=$(wherry network list) checked=$(wherry check)
  on a1 cibadmin --replace --scope resources --xml-file "$LAB/shared/resources.xml"
  on a1 pcs resource manage vm1
  [ "$changed" = 105 ]
  [[ $said == *'pcs resource create'*'crm configure'* ]]
  [[ $listed == *'no resource ocf:wherry:MigrationNetworks, so the defaults hold'* ]]
  [[ $checked == *'warning: cluster: there is no resource'*'to mend it: pcs resource create'* ]]
}

# --- explain, test, check ---

@test "explain tells where the VM is, each network's rank or reason, and the one that would be used now" {
  settings exclude=guest
  run wherry network explain vm1 a2
  [ "$status" = 0 ]
  [[ $output == 'vm1 runs on a1'* ]]
  [[ $output == *'to a2: 10.99.2.0/24 would be used now'* ]]
  grep -E '^1 +10\.99\.2\.0/24 +answers in (less than )?[0-9]+ ms' <<<"$output"
  grep -E '^- +10\.99\.4\.0/24 +- +excluded by the cluster' <<<"$output"
  [ "$(wherry network explain vm1 --json | jq_py '[t["node"] for t in d["targets"]]')" = "['a2', 'a3']" ]
  NODE=a3 run wherry network explain vm1 a2
  [[ $output == *'10.99.2.0/24 comes first (not probed'* ]]
}

@test "explain passes a network over that does not answer" {
  lab drop a2 mig
  run wherry network explain vm1 a2
  [[ $output == *'to a2: 10.99.4.0/24 would be used now'*'no reply from a2 (10.99.2.2)'* ]]
  [ "$(wherry network explain vm1 a2 --json | jq_py 'd["targets"][0]["network"]')" = 10.99.4.0/24 ]
}

@test "explain follows the VM's own settings, and says what decides alone" {
  on a1 pcs resource update vm1 migration_networks='stor' migration_exclude_networks='mig'
  run wherry network explain vm1 a2
  on a1 pcs resource update vm1 migration_networks= migration_exclude_networks=
  [[ $output == *'to a2: 10.99.3.0/24 would be used now'*'excluded for this VM'* ]]
  on a1 pcs resource update vm1 migrateuri='tcp://%n-mig'
  run wherry network explain vm1 a2
  on a1 pcs resource update vm1 migrateuri=
  [[ $output == *'migrateuri=tcp://%n-mig alone decides'* ]]
}

@test "test measures round trip and path MTU of every network to every node" {
  run wherry network test
  [ "$status" = 0 ]
  [ "$(grep -cE '^a[23] +10\.99\.[1-4]\.0/24 +answers +[0-9.]+ ms +.* 1500 ' <<<"$output")" = 8 ]
  [ "$(wherry network test --to a2 --json | jq_py 'len(d["results"]), d["results"][0]["path_mtu_bytes"]')" = '4 1500' ]
}

@test "an excluded network carries not one packet of test and explain (I3)" {
  watch_guest_network
  wherry network test --to a2
  run ! silent
  settings exclude=guest
  watch_guest_network
  silent
  wherry network test
  wherry network explain vm1
  silent
}

# watch_guest_network [NODE]: counts from zero what it (a1) sends there; not the kernel's own questions for
# its neighbours.
watch_guest_network() {
  on "${1:-a1}" nft -f - <<'EOF'
table inet witness
delete table inet witness
table inet witness {
  chain out {
    type filter hook output priority 0
    oifname != "guest" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld2-listener-report } accept
    counter
  }
}
EOF
}

silent() { on "${1:-a1}" nft list table inet witness | grep -q 'counter packets 0 '; } # [NODE]

@test "test --from another node shows what that node measures, and so every pair can be had" {
  local node
  root_ssh_server a2 a1
  run --separate-stderr wherry network test --from a2 --to a3
  [ "$status" = 0 ] && [ -z "$stderr" ]
  [ "${lines[0]}" = 'from a2' ]
  [ "${#lines[@]}" = 6 ]
  [ "$(grep -cE '^a3 +10\.99\.[1-4]\.0/24 +answers +[0-9.]+ ms +.* 1500 ' <<<"$output")" = 4 ]
  [ "$(wherry network test --from a2 --json | jq_py 'd["from"], sorted({r["to"] for r in d["results"]})')" = \
    "a2 ['a1', 'a3']" ]
  root_ssh_server a3 a1
  # shellcheck disable=SC2016
  run on a1 sh -c "$(wherry network test --help | grep -Fx 'for n in $(crm_node -p); do wherry network test --from $n; done')"
  [ "$status" = 0 ]
  [ "$(grep '^from' <<<"$output" | sort | xargs)" = 'from a1 from a2 from a3' ]
  [ "$(grep -cE '^a[123] .* answers .* 1500 ' <<<"$output")" = 24 ]
}

@test "another node that tests leaves an excluded network alone too (I3)" {
  root_ssh_server a2 a1
  watch_guest_network a2
  wherry network test --from a2 --to a3
  run ! silent a2
  settings exclude=guest
  watch_guest_network a2
  run wherry network test --from a2
  [ "$status" = 0 ]
  [ "$(grep -cE '^a[13] +10\.99\.4\.0/24 +left alone +.* excluded by the cluster' <<<"$output")" = 2 ]
  silent a2
}

# shellcheck disable=SC2016 # what expands does so on the node
@test "why another node cannot be asked is one sentence that names it" {
  cannot_ask 1 'a2 cannot be asked over ssh'*'Connection refused'*'run wherry network test there'
  root_ssh_server a2 a1
  on a1 sh -c 'ssh-keygen -q -R a2 2>&1'
  cannot_ask 1 'a2 cannot be asked over ssh'*'Host key verification failed'*
  root_ssh_server a2 a1
  on a2 sh -c ': >~/.ssh/authorized_keys'
  cannot_ask 1 'a2 cannot be asked over ssh'*'Permission denied'*
  answer_with 'PATH=/nowhere; eval $SSH_ORIGINAL_COMMAND'
  cannot_ask 5 'ssh finds no wherry on a2: install it there'*
  answer_with 'eval unshare --net --ipc $SSH_ORIGINAL_COMMAND'
  cannot_ask 102 'a2 says: the cluster does not run on this node'*
  answer_with 'eval $SSH_ORIGINAL_COMMAND | head -c 300'
  cannot_ask 1 'what a2 answers over ssh is not a test'*'run wherry network test there'
  answer_with 'eval $SSH_ORIGINAL_COMMAND | sed s/a2/a4/'
  cannot_ask 1 'what a2 answers over ssh is not a test'*'it is from a4'*
  run --separate-stderr on a1 unshare --mount sh -c 'mount --bind /dev/null "$(command -v ssh)" && wherry network test --from a2'
  [ "$status" = 5 ] && one_sentence
  [[ $stderr == *'ssh, which would ask a2, is not installed here'* ]]
}

cannot_ask() { # STATUS PATTERN
  run --separate-stderr wherry network test --from a2
  echo "$status $stderr"
  # shellcheck disable=SC2053
  [ "$status" = "$1" ] && one_sentence && [[ $stderr == "wherry: "$2 ]]
}

# answer_with COMMAND: is what a2 runs when a1 asks
answer_with() {
  on a2 sh -c 'echo "command=\"$1\" $(cat "$2")" >~/.ssh/authorized_keys' - "$1" "$LAB/shared/client.pub"
}

@test "check finds what keeps VMs from migrating, and what mends it does" {
  run wherry check
  [ "$status" = 0 ]
  settings order='stro mig'
  on a1 pcs resource meta vm1 allow-migrate=
  run wherry check
  [ "$status" = 78 ]
  [[ $output == *'error: vm1: allow-migrate is not true'* ]]
  [[ $output == *'"stro" is no label'*"to mend it: pcs resource update nets order='mig'"* ]]
  sed -n 's/.*to mend it: \(pcs .*\)/\1/p' <<<"$output" >"$LAB/shared/mend"
  on a1 sh -e "$LAB/shared/mend"
  run wherry check
  [ "$status" = 0 ]
}

@test "check finds timeouts, monitors, left constraints and the lack of fencing, and what mends them does" {
  on a1 pcs resource update vm1 op migrate_to timeout=5s
  on a1 pcs resource op remove vm1 monitor
  on a1 pcs property set stonith-enabled=false
  on a1 crm_resource --ban --resource vm1 --node a3
  run -78 wherry check
  [[ $output == *'error: vm1: the timeout of migrate_to is 5 s, and its 128 MiB take about '*'to mend it: pcs resource update vm1 op migrate_to timeout=120s'* ]]
  [[ $output == *'warning: vm1: it has no recurring monitor'* ]]
  [[ $output == *'warning: vm1: a move has left the constraint cli-ban-vm1-on-a3 behind'* ]]
  [[ $output == *'error: cluster: fencing is off'* ]]
  [[ $output == *'note: cluster: there is no limit of migrations'* ]]
  sed -n 's/.*to mend it: \(\(pcs\|wherry\) .*\)/\1/p' <<<"$output" | grep -v stonith >"$LAB/shared/mend"
  on a1 sh -e "$LAB/shared/mend"
  run -78 wherry check # all but the fencing, which is more than a command
  [[ $output != *vm1* && $output != *'limit of migrations'* ]]
  on a1 pcs property set stonith-enabled=true
  run -0 wherry check
  run -0 wherry check vm1
}

# --- help ---

@test "every verb has help, and the version is told" {
  local verb
  [[ $(wherry --version) == 'wherry '[0-9]* ]]
  wherry --help | grep -F 'network explain VM [NODE]'
  for verb in $(wherry --help | sed -n 's/^  network \([a-z]*\).*/\1/p'); do
    wherry network "$verb" --help | grep -F -- "wherry network $verb"
  done
  wherry check --help
}
