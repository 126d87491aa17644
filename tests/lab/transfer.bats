#!/usr/bin/env bats
# How a guest's memory travels: encrypted or not, compressed, over several connections, and in post-copy where it would
# not arrive otherwise.
# shellcheck disable=SC2016 # what stands in single quotes is for a shell in a node

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-transfer
load lib.bash
load agent.bash

# Stands in each guest's memory, as part of its kernel's command line.
MARKER='mitigations=off no_timer_check'

setup_file() {
  lab up --nodes 3 --stage "$WHERRY_STAGE"
  on a1 pcs resource create mignets ocf:wherry:MigrationNetworks names="mig=10.99.2.0/24,fd99:2::/64" order=mig \
    exclude="stor guest 10.99.1.0/24" clone
  make_authority
  root_ssh_server a2 a1
  wait_until 30 all_publish
}

teardown_file() {
  no_ssh_server a2 || true
  lab down
}

setup() {
  local node
  guest=g$BATS_TEST_NUMBER
  for node in a1 a2; do on "$node" rm -rf /etc/pki/qemu; done
}

teardown() {
  local node
  end_capture
  for node in a1 a2; do
    lab shape "$node" mig off
    on "$node" virsh destroy "$guest" >/dev/null 2>&1 || true
  done
  wait_until 20 eval '[ -z "$(guest_nodes "$guest")" ]'
}

boot() { # [OPTION...]
  lab guest "$guest" "$@" >/dev/null
  agent a1 "$guest" start
  wait_until 30 guest_count_exceeds "$guest" 0
}

arrived() {
  guest_is_on "$guest" a2
  guest_counts "$guest"
  counter_unbroken "$guest"
}

stayed() {
  guest_is_on "$guest" a1
  guest_counts "$guest"
  counter_unbroken "$guest"
}

how() { on a1 wherry history "$guest" --json | jq -r '.migrations[-1].how'; }

# ---- certificates ---------------------------------------------------------------------------------------

make_authority() {
  mkdir -p "$LAB/shared/pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=an authority' \
    -keyout "$LAB/shared/pki/ca.key" -out "$LAB/shared/pki/ca.pem" 2>/dev/null
}

certify() { # NODE [NAME]: for QEMU there, with a name that is the node's own
  local pki=$LAB/shared/pki
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=${2:-$1}" -keyout "$pki/$1.key" \
    -out "$pki/$1.csr" 2>/dev/null
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.pem" -CAkey "$pki/ca.key" -CAcreateserial -days "${DAYS:-2}" -out "$pki/$1.pem" \
    -extfile <(printf '%s\n' "subjectAltName=DNS:${2:-$1}" extendedKeyUsage=serverAuth,clientAuth \
      keyUsage=digitalSignature basicConstraints=CA:FALSE) 2>/dev/null
  on "$1" sh -ec 'mkdir -p /etc/pki/qemu && cd /etc/pki/qemu && cp "$1/ca.pem" ca-cert.pem
    for end in server client; do cp "$1/$2.pem" $end-cert.pem; cp "$1/$2.key" $end-key.pem; done' - "$pki" "$1"
}

# ---- what is on the wire --------------------------------------------------------------------------------

# All that reaches a2 by the migration network goes to a file.
begin_capture() {
  rm -f "$LAB/shared/capture"
  on a2 sh -c 'tcpdump -i mig -B 131072 -s 0 -U -w "$1" tcp >/dev/null 2>"$1.log" & echo $! >"$1.pid"' - "$LAB/shared/capture" 3>&- 4>&-
  wait_until 10 grep -q 'listening on' "$LAB/shared/capture.log"
}

end_capture() {
  [ -e "$LAB/shared/capture.pid" ] || return 0
  on a2 sh -c 'kill "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done' - "$(<"$LAB/shared/capture.pid")" 2>/dev/null || true
  rm -f "$LAB/shared/capture.pid"
}

# It holds a guest's memory: more than 20 MB.
capture_is_whole() { [ "$(stat -c %s "$LAB/shared/capture")" -gt 20000000 ]; }
marker_is_seen() { grep -qaF "$MARKER" "$LAB/shared/capture"; }

# ---- encryption -----------------------------------------------------------------------------------------

@test "migration_encryption_off_sends_the_memory_in_clear" {
  boot
  certify a1
  certify a2
  begin_capture
  migrate_to "$guest" a1 a2 migration_encryption=off
  end_capture
  arrived
  capture_is_whole
  marker_is_seen
  [ "$(how)" = 'in clear' ]
}

@test "migration_encryption_tls_shows_nothing_of_the_memory" {
  boot
  certify a1
  certify a2
  begin_capture
  run -0 agent a1 "$guest" migrate_to CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2 migration_transport=ssh \
    migration_encryption=tls
  end_capture
  arrived
  capture_is_whole
  run ! marker_is_seen
  [ "$(how)" = tls ]
}

@test "migration_encryption_auto_uses_tls_where_certificates_are" {
  boot
  certify a1
  certify a2
  begin_capture
  migrate_to "$guest" a1 a2
  end_capture
  arrived
  capture_is_whole
  run ! marker_is_seen
  [ "$(how)" = tls ]
}

@test "migration_encryption_auto_goes_in_clear_where_the_target_has_none_and_says_so" {
  boot
  certify a1
  run -0 migrate_to "$guest" a1 a2
  [[ $output == *"trying again: in clear (tls: "* ]]
  arrived
  [[ $(how) == 'in clear (tls: '*/etc/pki/qemu/ca-cert.pem* ]]
}

@test "migration_encryption_tls_never_goes_in_clear" {
  boot
  begin_capture
  certify a1
  run -1 agent a1 "$guest" migrate_to CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2 migration_transport=ssh \
    migration_encryption=tls
  [[ $output == *"$guest stays where it is"*/etc/pki/qemu* ]]
  stayed
  certify a2 other
  run -1 agent a1 "$guest" migrate_to CRM_meta_migrate_source=a1 CRM_meta_migrate_target=a2 migration_transport=ssh \
    migration_encryption=tls
  stayed
  end_capture
  run ! marker_is_seen
}

@test "migration_encryption_tls_with_a_control_connection_in_clear_is_refused" {
  boot
  certify a1
  certify a2
  run -1 migrate_to "$guest" a1 a2 migration_encryption=tls
  [[ $output == *"migration_encryption=tls, but the control connection qemu+tcp://"*" is in clear: use migration_transport=tls or ssh"* ]]
  stayed
}

@test "migration_encryption_that_is_misspelt_does_not_send_in_clear" {
  boot
  run -1 migrate_to "$guest" a1 a2 migration_encryption=tsl
  [[ $output == *'migration_encryption="tsl" must be one of auto, tls, off; using tls'* ]]
  stayed
}

# ---- connections and compression -----------------------------------------------------------------------

# Those of QEMU, whose ports are libvirt's for migrations.
connections() { on a2 ss -Htn state established '( sport >= 49152 and sport <= 49215 )' | wc -l; }
connections_are() { [ "$(connections)" = "$1" ]; }

@test "certificates_that_expire_are_told_beforehand" {
  run on a1 wherry check
  [[ $output != *expire* ]]
  DAYS=0 certify a1
  run on a1 wherry check --json
  jq -e '[.findings[] | select(.where == "a1" and (.what | test("expire")))
    | .level + " " + (.what | sub(".*/(?<file>[^/]*pem) (?<how>[a-z ]*),? on .*"; "\(.file) \(.how)"))] | sort
    == ["error client-cert.pem has expired", "error server-cert.pem has expired", "warning ca-cert.pem expires"]' <<<"$output"
}

# a2 has an SSH server that a1 knows; migrations of this VM are controlled over SSH.
@test "a_host_whose_SSH_key_is_not_known_is_told_beforehand" {
  on a1 pcs resource create "$guest" ocf:wherry:LiveDomain "config=$(lab guest "$guest")" migration_transport=ssh --disabled
  run on a1 wherry check "$guest" --json
  jq -e '[.findings[] | select(.where == "a2" and .level == "error")] == []' <<<"$output"
  on a1 sh -c 'cp ~/.ssh/known_hosts /run/known_hosts && sed -i "/^a2 /d" ~/.ssh/known_hosts'
  run on a1 wherry check "$guest" --json
  on a1 sh -c 'cp /run/known_hosts ~/.ssh/known_hosts'
  on a1 pcs resource delete --force "$guest"
  jq -e '.findings[] | select(.where == "a2" and .level == "error" and (.what | test("[Hh]ost key verification failed")))' <<<"$output"
}

@test "migration_connections_carry_the_memory" {
  boot --dirty 32
  lab shape a1 mig 60
  migrate_to "$guest" a1 a2 migration_connections=4 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
  local pid=$!
  wait_until 20 connections_are 5 # QEMU's main one, and these
  lab shape a1 mig off
  wait "$pid" || { cat "$BATS_TEST_TMPDIR/out"; false; }
  arrived
  [ "$(how)" = 'in clear, 4 connections' ]
}

@test "migration_compression_xbzrle_is_used" {
  boot --dirty 32
  lab shape a1 mig 60
  migrate_to "$guest" a1 a2 migration_compression=xbzrle >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
  local pid=$!
  wait_until 30 eval 'on a1 virsh domjobinfo "$guest" | grep -qE "Compression cache: +[1-9]"'
  lab shape a1 mig off
  wait "$pid" || { cat "$BATS_TEST_TMPDIR/out"; false; }
  arrived
  [ "$(how)" = 'in clear, xbzrle' ]
}

@test "migration_compression_that_this_libvirt_lacks_is_replaced_by_name" {
  boot
  migrate_to "$guest" a1 a2 migration_compression=zstd
  arrived
  if on a1 sh -c 'dpkg --compare-versions "$(virsh --version)" ge 9.4'; then
    [ "$(how)" = 'in clear, zstd' ]
  else
    [[ $(how) == 'in clear, zlib over one connection (zstd over several connections needs libvirt 9.4 on both nodes, and one has '* ]]
  fi
}

# ---- a guest that writes faster than the network carries --------------------------------------------------

writes_too_fast() {
  boot --dirty 32
  lab shape a1 mig 60
}

@test "migration_mode_precopy_does_not_take_a_guest_that_writes_too_fast" {
  writes_too_fast
  run -1 migrate_to "$guest" a1 a2 migration_mode=precopy CRM_meta_timeout=25000
  [[ $output == *"not done after "*" s, and the action's timeout is near"* ]]
  lab shape a1 mig off
  stayed
}

@test "migration_mode_auto_takes_it_in_post_copy_and_says_why" {
  writes_too_fast
  run -0 migrate_to "$guest" a1 a2 migration_mode=auto CRM_meta_timeout=40000
  [[ $output == *"$guest goes on in post-copy: it would not end in time: the guest writes "*" MiB/s, and "*" MiB/s are sent"* ]]
  arrived
  [[ $(how) == 'in clear, post-copy (it would not end in time: '* ]]
}

@test "migration_mode_auto_takes_one_that_writes_little_in_pre_copy" {
  boot
  run -0 migrate_to "$guest" a1 a2 migration_mode=auto
  [[ $output != *post-copy* ]]
  arrived
  [ "$(how)" = 'in clear' ]
}

@test "migration_mode_auto_with_several_connections_says_that_it_has_no_post_copy" {
  boot
  migrate_to "$guest" a1 a2 migration_mode=auto migration_connections=2
  arrived
  [ "$(how)" = 'in clear, 2 connections, without post-copy (several connections are used)' ]
}

@test "migration_mode_postcopy_goes_over_after_the_first_pass" {
  writes_too_fast
  run -0 migrate_to "$guest" a1 a2 migration_mode=postcopy
  [[ $output == *"$guest goes on in post-copy"* ]]
  arrived
  [ "$(how)" = 'in clear, post-copy' ]
}

@test "a_word_that_means_nothing_and_what_excludes_each_other_stop_a_start" {
  lab guest "$guest" >/dev/null
  run -6 agent a1 "$guest" start migration_mode=warp
  run -6 agent a1 "$guest" start migration_encryption=yes
  run -6 agent a1 "$guest" start migration_compression=lzma
  run -6 agent a1 "$guest" start migration_connections=256
  run -6 agent a1 "$guest" start migration_connections=2 migration_compression=xbzrle
  [[ $output == *"migration_compression=xbzrle and migration_connections exclude each other"* ]]
  run -6 agent a1 "$guest" start migration_connections=2 migration_mode=postcopy
  [ -z "$(guest_nodes "$guest")" ]
}
