#!/usr/bin/env bats
# What each parameter of ocf:wherry:LiveDomain that is about migration does, seen on the wires, at
# the hypervisors and on the guest's console. The name of a test begins with its parameter's.
# shellcheck disable=SC2016 # what stands in single quotes is for a shell in a node

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-parameters_migration
load lib.bash
load agent.bash

setup_file() {
  lab up --nodes 2 --stage "$WHERRY_STAGE"
}

teardown_file() {
  lab down
}

# One guest serves most tests: a test takes it where the one before left it. FROM is where it runs,
# TO the other node.
setup() {
  local node
  FROM=$(guest_nodes mover 2>/dev/null) || FROM=
  guest_counts mover 2>/dev/null || FROM= # one that died in a test must not fail all that follow
  case $FROM in
    a1) TO=a2 ;;
    a2) TO=a1 ;;
    *)
      FROM=a1 TO=a2
      for node in a1 a2; do
        on "$node" virsh destroy mover >/dev/null 2>&1 || true
      done
      lab guest mover >/dev/null
      rm -f "$LAB/shared/mover.console"
      agent "$FROM" mover start
      wait_until 30 guest_count_exceeds mover 0
      ;;
  esac
}

# Also after a failure: wires whole, no counters left.
teardown() {
  local node
  for node in a1 a2; do
    lab undrop "$node" mig
    on "$node" nft delete table inet parameters 2>/dev/null || true
  done
}

# stays GUEST NODE: it runs there, nowhere else, and was never interrupted
stays() {
  guest_is_on "$1" "$2" && guest_counts "$1" && counter_unbroken "$1"
}

# refuses STATUS COMMAND...: it fails so, with one reason, and the guest is untouched
refuses() {
  local wanted=$1
  shift
  run --separate-stderr "$@"
  [ "$status" = "$wanted" ]
  # shellcheck disable=SC2154 # of bats
  [ "$(grep -c '^ocf-exit-reason:' <<<"$stderr")" = 1 ]
  stays mover "$FROM"
}

# listen NODE RULE...: from now on count what arrives there and matches, for each rule by itself
listen() {
  local node=$1 rule
  shift
  {
    echo 'add table inet parameters'
    echo 'add chain inet parameters input { type filter hook input priority -10; }'
    echo 'flush chain inet parameters input'
    for rule in "$@"; do
      echo "add rule inet parameters input $rule counter"
    done
  } | on "$node" nft -f -
}

heard() { # NODE: bytes, a line for each rule
  on "$1" nft list chain inet parameters input | sed -n 's/.* bytes \([0-9]*\).*/\1/p'
}

# A move transfers more than this of the guest's memory, and less than that for all its talk beside.
MEMORY=$((30 * 1024 * 1024))
TALK=$((1024 * 1024))

# moves_over RULE [PARAMETER=VALUE...]: the guest moves, and its memory arrives as such packets
moves_over() {
  local rule=$1
  shift
  listen "$TO" "$rule"
  move mover "$FROM" "$TO" "$@"
  echo "$(heard "$TO") bytes arrived by: $rule" >&2
  [ "$(heard "$TO")" -gt "$MEMORY" ]
}

# job_number NODE GUEST FIELD [--completed]: what the hypervisor says of the running, or the last, move
job_number() {
  on "$1" virsh domjobinfo ${4:+--completed --keep-completed} --rawstats "$2" | awk -v field="$3:" '$1 == field { print $2 }'
}

job_reaches() { # NODE GUEST FIELD NUMBER
  local number
  number=$(job_number "$1" "$2" "$3")
  [ "${number:-0}" -ge "$4" ]
}

@test "migration_transport is how the other hypervisor is reached" {
  agent "$FROM" mover migrate_to CRM_meta_migrate_target="$TO" migration_transport=tcp
  guest_is_on mover "$TO"
  stays mover "$TO"
}

@test "migration_transport that cannot be had: the guest runs on where it is" {
  # neither certificates for libvirt's default nor a server for ssh are there
  refuses 1 agent "$FROM" mover migrate_to CRM_meta_migrate_target="$TO"
  refuses 1 agent "$FROM" mover migrate_to CRM_meta_migrate_target="$TO" migration_transport=ssh
}

@test "migration_downtime is in force from the beginning of a move" {
  local live still
  # Not 1 ms: with so little QEMU asks for the dirty pages hundreds of times a second, and under TCG (QEMU 7.2) that
  # loses some now and then; the guest arrives with a damaged memory and crashes. See doc/decisions.md.
  migrate_to mover "$FROM" "$TO" migration_speed=16 migration_downtime=77 3>&- &
  wait_until 10 job_reaches "$FROM" mover data_processed "$TALK"
  [ "$(on "$FROM" virsh -q migrate-getmaxdowntime mover)" = 77 ]
  wait $!
  migrate_from mover "$FROM" "$TO"
  live=$(job_number "$TO" mover time_elapsed --completed)

  # All the memory fits into this one, so none is sent while the guest runs; only that is held to the
  # speed. Were the downtime set a moment later, much would have been sent already.
  move mover "$TO" "$FROM" migration_speed=16 migration_downtime=60000
  still=$(job_number "$FROM" mover time_elapsed --completed)
  echo "it took $live ms live, $still ms while the guest stood still" >&2
  [ "$((still * 2))" -lt "$live" ]
}

@test "migration_speed limits the bandwidth of a move" {
  local fast slow
  move mover "$FROM" "$TO"
  fast=$(rate "$TO")
  move mover "$TO" "$FROM" migration_speed=10
  slow=$(rate "$FROM")
  echo "$fast and $slow KiB/s" >&2
  [ "$((slow * 2))" -lt "$fast" ]
  [ "$slow" -le $((10 * 1024 * 3 / 2)) ]
}

rate() { # NODE: of the guest's last move, in KiB/s
  echo $(($(job_number "$1" mover data_processed --completed) / $(job_number "$1" mover time_elapsed --completed)))
}

@test "migration_network_suffix puts control and data on another network" {
  local control data other
  listen "$TO" 'iifname mig tcp dport 16509' 'iifname mig tcp dport >= 49152' 'iifname != { mig, lo }'
  move mover "$FROM" "$TO" migration_network_suffix=-mig
  { read -r control; read -r data; read -r other; } < <(heard "$TO")
  echo "control $control, data $data, other networks $other" >&2
  [ "$control" -gt 1000 ]
  [ "$data" -gt "$MEMORY" ]
  [ "$other" -lt "$TALK" ]
}

@test "migration_network_suffix may lead to IPv6" {
  moves_over 'iifname mig meta nfproto ipv6' migration_network_suffix=-mig-v6
}

@test "migrateuri is where the data goes, with the node's own name for %n" {
  moves_over 'iifname mig' 'migrateuri=tcp://%n-mig'
}

@test "migrateuri may be an IPv6 address, and goes before migration_network_suffix and migrateport" {
  moves_over 'iifname mig meta nfproto ipv6 tcp dport 49160' "migrateuri=tcp://[fd99:2::${TO#a}]:49160" \
    migration_network_suffix=-stor migrateport=49170
}

@test "migrateport is the port that receives the data" {
  moves_over 'tcp dport 50123' migrateport=50123
}

@test "migrateport and migration_network_suffix go together" {
  moves_over 'iifname mig tcp dport 50124' migrateport=50124 migration_network_suffix=-mig
}

@test "remoteuri is how the other hypervisor is reached, with the node's name for %n" {
  local control data
  listen "$TO" 'iifname stor tcp dport 16509' 'iifname mgmt'
  move mover "$FROM" "$TO" remoteuri=qemu+tcp://%n-stor/system migration_transport=tls migration_user=nobody
  { read -r control; read -r data; } < <(heard "$TO")
  echo "control $control, mgmt $data" >&2
  [ "$control" -gt 1000 ]
}

@test "migrate_options --migrateuri is where the data goes, with the node's name for %n" {
  moves_over 'iifname mig' 'migrate_options=--migrateuri=tcp://%n-mig'
}

@test "migrate_options --parallel moves over several connections" {
  migrate_to mover "$FROM" "$TO" \
    migrate_options='--parallel --parallel-connections 4 --bandwidth=40 --migrateuri tcp://%n-mig:49180' 3>&- &
  wait_until 10 connections_reach "$TO" 49180 5 # and one that says how to use them
  wait $!
  migrate_from mover "$FROM" "$TO"
  stays mover "$TO"
}

connections_reach() { # NODE PORT NUMBER
  [ "$(on "$1" ss -Htn state established "sport = :$2" | wc -l)" -ge "$3" ]
}

@test "migrate_options --comp-methods compresses" {
  local methods='--compressed --comp-methods xbzrle --comp-xbzrle-cache 33554432'
  move mover "$FROM" "$TO" migrate_options="$methods"
  on "$TO" virsh domjobinfo --completed --keep-completed mover | grep -q '^Compression cache: *32.000 MiB'
}

@test "migrate_options that virsh does not know, or that would hide the guest, are refused" {
  refuses 6 migrate_to mover "$FROM" "$TO" migrate_options=--parallell
  refuses 6 migrate_to mover "$FROM" "$TO" migrate_options='--dname other'
  refuses 6 migrate_to mover "$FROM" "$TO" migrate_options='--suspend'
}

@test "migration_stall_timeout is how long a silent transfer is waited for" {
  local short long
  short=$(time_to_give_up migration_stall_timeout=2)
  stays mover "$FROM"
  long=$(time_to_give_up migration_stall_timeout=7)
  stays mover "$FROM"
  echo "given up after $short and $long ms" >&2
  [ "$((short * 3 / 2))" -lt "$long" ]
}

# time_to_give_up PARAMETER=VALUE: from the moment in which the network goes silent, in ms
time_to_give_up() {
  local from_us agent
  migrate_to mover "$FROM" "$TO" migration_speed=4 'migrateuri=tcp://%n-mig' "$1" >&2 3>&- &
  agent=$!
  wait_until 10 job_reaches "$FROM" mover data_processed "$TALK"
  lab drop "$TO" mig
  from_us=${EPOCHREALTIME/./}
  refute wait $agent
  echo $(((${EPOCHREALTIME/./} - from_us) / 1000))
  lab undrop "$TO" mig
}

@test "migration_user is who logs in at the other node" {
  ssh_server "$TO" "$FROM"
  # root may not log in, and is who does without the parameter
  refuses 1 agent "$FROM" mover migrate_to CRM_meta_migrate_target="$TO" migration_transport=ssh
  agent "$FROM" mover migrate_to CRM_meta_migrate_target="$TO" migration_transport=ssh migration_user=ferryman
  guest_is_on mover "$TO"
  stays mover "$TO"
  grep -q 'Accepted publickey for ferryman' "$LAB/nodes/$TO/log/sshd.log"
}

# ssh_server NODE CLIENT: one that lets in the user ferryman from there, and nobody else. Its program is
# unpacked, not installed: no machine gets an ssh server for having run the tests.
ssh_server() {
  local sshd
  sshd=$(unpacked openssh-server)/usr/sbin/sshd
  on "$2" bash -ec '
    mkdir -p -m 700 ~/.ssh
    rm -f ~/.ssh/id_ed25519*
    ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519
    printf "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\nBatchMode yes\n" >~/.ssh/config
    cp ~/.ssh/id_ed25519.pub "$1"' - "$LAB/shared/client.pub"
  on "$1" bash -ec '
    grep -q ^sshd: /etc/passwd || echo "sshd:x:199:65534::/run/sshd:/usr/sbin/nologin" >>/etc/passwd
    echo "ferryman:x:0:0::/run/ferryman:/bin/bash" >>/etc/passwd
    echo "ferryman:*:19000::::::" >>/etc/shadow
    mkdir -p -m 755 /run/sshd /run/ferryman/.ssh
    cp "$2" /run/ferryman/.ssh/authorized_keys
    ssh-keygen -q -t ed25519 -N "" -f /run/host_key
    "$1" -h /run/host_key -f /dev/null -E /var/log/sshd.log -o AllowUsers=ferryman -o UsePAM=no -o PidFile=/run/sshd.pid' - \
    "$sshd" "$LAB/shared/client.pub"
}
