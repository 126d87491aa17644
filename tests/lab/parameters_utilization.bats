#!/usr/bin/env bats
# The parameters of ocf:wherry:LiveDomain about utilization attributes, seen in the CIB. The name of
# a test begins with its parameter's.

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-parameters_utilization
load lib.bash
load agent.bash

setup_file() {
  lab up --nodes 1 --stage "$WHERRY_STAGE"
  # The agent finds its resource by name; this one leaves the guest to the tests.
  on a1 pcs resource create web ocf:heartbeat:Dummy
  lab guest web
  sed -i 's|<vcpu>1</vcpu>|<vcpu>2</vcpu>|' "$LAB/shared/web.xml"
  agent a1 web start
}

teardown_file() {
  lab down
}

# As an administrator has set them: what the guest has is 2, 128, 128.
setup() {
  local name
  for name in cpu host_memory hv_memory; do
    on a1 crm_resource --resource web --utilization --set-parameter "$name" --parameter-value 7
  done
}

monitor() { # [PARAMETER=VALUE...]: one that looks into the CIB, which most do not
  on a1 rm -f /run/wherry/LiveDomain-web.guest
  agent a1 web monitor CRM_meta_interval=10000 "$@"
}

# utilization: of the resource, as "NAME=VALUE ..."
utilization() {
  on a1 cibadmin --query --xpath "//primitive[@id='web']/utilization" | sed -n 's/.* name="\([^"]*\)" value="\([^"]*\)".*/\1=\2/p' | sort | xargs
}

@test "by default all three attributes are what the guest has" {
  monitor
  [ "$(utilization)" = 'cpu=2 host_memory=128 hv_memory=128' ]
}

@test "autoset_utilization_cpu false leaves cpu to the administrator" {
  monitor autoset_utilization_cpu=false
  [ "$(utilization)" = 'cpu=7 host_memory=128 hv_memory=128' ]
}

@test "autoset_utilization_host_memory false leaves host_memory to the administrator" {
  monitor autoset_utilization_host_memory=false
  [ "$(utilization)" = 'cpu=2 host_memory=7 hv_memory=128' ]
}

@test "autoset_utilization_hv_memory false leaves hv_memory to the administrator" {
  monitor autoset_utilization_hv_memory=false
  [ "$(utilization)" = 'cpu=2 host_memory=128 hv_memory=7' ]
}

@test "unset_utilization_cpu removes cpu, unless it is set by itself" {
  monitor autoset_utilization_cpu=false unset_utilization_cpu=true
  [ "$(utilization)" = 'host_memory=128 hv_memory=128' ]
  monitor unset_utilization_cpu=true
  [ "$(utilization)" = 'cpu=2 host_memory=128 hv_memory=128' ]
}

@test "unset_utilization_host_memory removes host_memory, unless it is set by itself" {
  monitor autoset_utilization_host_memory=false unset_utilization_host_memory=true
  [ "$(utilization)" = 'cpu=2 hv_memory=128' ]
  monitor unset_utilization_host_memory=true
  [ "$(utilization)" = 'cpu=2 host_memory=128 hv_memory=128' ]
}

@test "unset_utilization_hv_memory removes hv_memory, unless it is set by itself" {
  monitor autoset_utilization_hv_memory=false unset_utilization_hv_memory=true
  [ "$(utilization)" = 'cpu=2 host_memory=128' ]
  monitor unset_utilization_hv_memory=true
  [ "$(utilization)" = 'cpu=2 host_memory=128 hv_memory=128' ]
}
