#!/usr/bin/env bats
# doc/guide.md, typed line by line into two nodes.

bats_require_minimum_version 1.5.0
load lib.bash

GUIDE=$BATS_TEST_DIRNAME/../../doc/guide.md

setup_file() {
  export WHERRY_LAB=/run/wherry-lab-guide
  "$BATS_TEST_DIRNAME/lab" up --nodes 2 --stage "$WHERRY_STAGE"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/lab" down
}

setup() {
  export LAB=$WHERRY_LAB
}
teardown() {
  on a1 crm_mon -1 -A -r || true
}

# Its names and addresses are not the lab's, and here libvirts are reached by TCP.
lines_of_the_guide() {
  sed -n 's/^    node\([12]\)# \(.*\)/a\1 \2/p' "$GUIDE" |
    sed "s/\bnode\([12]\)\b/a\1/g; s,/srv/vms/web1.xml,$1,; s/transport=ssh/transport=tcp/; s/10\.0\.\([0-9]\)\.0/10.99.\1.0/g"
}

type_it() { # NODE LINE...
  local node=$1
  shift
  echo "$node# $*"
  on "$node" sh -c "$*" </dev/null || { echo "it failed"; return 1; }
}

@test "every_line_of_the_guide_works_and_the_guest_never_stops" {
  local xml node line count=0
  xml=$(lab guest web1 --disk 16)
  while read -r node line; do
    type_it "$node" "$line"
    count=$((count + 1))
  done < <(lines_of_the_guide "$xml")
  [ "$count" -ge 15 ]
  counter_unbroken web1
  one_writer web1
  guest_is_on web1 a1
  on a1 wherry history web1 --json | jq -e '[.migrations[] | select(.phase == "moved" and .network == "mig")] | length >= 1'
}

@test "the_network_that_the_guide_excludes_is_excluded" {
  run -0 on a1 wherry network list --json
  jq -e '.networks[] | select(.name == "10.99.1.0/24" or (.subnets | index("10.99.1.0/24"))) | .verdict | startswith("excluded")' <<<"$output" || {
    echo "$output"
    false
  }
}
