# shellcheck shell=bash
# Raising and razing the whole: clusters, their configuration, their readiness.

command_up() {
  local nodes=3 second=0 stage=${WHERRY_STAGE:-} stonith=false
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) nodes=$(count_option "$@"); shift ;;
      --second-cluster) second=$(count_option "$@"); shift ;;
      --stage) [ -n "${2:-}" ] || misuse "--stage wants a directory"; stage=$2; shift ;;
      --stonith) stonith=true ;;
      *) misuse "up: unknown option '$1' (see lab --help)" ;;
    esac
    shift
  done
  [ "$nodes" -ge 1 ] || misuse "up: a cluster has at least one node"
  if [ -n "$stage" ]; then
    [ -d "$stage/usr" ] || die "the stage $stage has no usr/ (make install DESTDIR=$stage, prefix /usr)"
    stage=$(readlink -f "$stage")
  fi
  require_packages
  take_lock
  guest_image
  raze
  raise "$nodes" "$second" "$stage" "$stonith"
}

command_down() {
  [ $# = 0 ] || misuse "down takes no arguments"
  take_lock
  raze
}

count_option() { # OPTION VALUE
  [[ ${2:-} =~ ^[0-9]$ ]] || misuse "$1 wants a number from 0 to 9"
  echo "$2"
}

raise() {
  local nodes=$1 second=$2 stage=$3 stonith=$4 alpha=() beta=() node
  mkdir -p "$LAB"/{shared,nodes,disks,guests,fence}
  touch "$LAB/.wherry-lab"
  ln -s "$here/lab" "$LAB/lab"
  echo "$stage" >"$LAB/stage"
  publish_image
  make_usr_layer "$stage"
  mapfile -t alpha < <(seq -f 'a%g' "$nodes")
  mapfile -t beta < <(seq -f 'b%g' "$second")
  make_hosts "${alpha[@]}" "${beta[@]}"
  make_cluster alpha "$stonith" "${alpha[@]}"
  [ "$second" = 0 ] || make_cluster beta "$stonith" "${beta[@]}"
  switch_up
  storage_up
  fence_up
  for node in "${alpha[@]}"; do node_files "$node" alpha; done
  for node in "${beta[@]}"; do node_files "$node" beta; done
  for node in "${alpha[@]}" "${beta[@]}"; do node_on "$node"; done
  for node in a1 "${beta[@]:0:1}"; do
    wait_for 60 cluster_is_ready "$node" || give_up "the cluster of $node has not come up within a minute"
  done
  for node in "${alpha[@]}" "${beta[@]}"; do
    wait_for 20 in_node "$node" virsh uri || give_up "libvirtd on $node does not answer"
  done
}

# Everything away, also what a killed `up` left. Only processes in the lab's own network namespaces
# are ended: nothing else can be in there.
raze() {
  if [ -d "$LAB" ] && [ ! -e "$LAB/.wherry-lab" ] && [ -n "$(ls -A "$LAB")" ]; then
    die "$LAB exists and is not a lab's state directory; not touched"
  fi
  local ns
  fence_down
  for ns in $(lab_netns); do
    wait_for 10 netns_emptied "$ns" || die "processes in the namespace $TAG.$ns do not die"
  done
  for ns in $(lab_netns); do
    ip netns del "$TAG.$ns"
  done
  save_capabilities
  rm -rf "$LAB"
  # `ip netns add` made this mount; empty, it serves nobody.
  if [ -d /run/netns ] && [ -z "$(ls -A /run/netns)" ] && mountpoint -q /run/netns; then
    umount /run/netns && rmdir /run/netns || true
  fi
}

netns_emptied() {
  local pids
  pids=$(ip netns pids "$TAG.$1")
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086 # one word for each pid
  kill -KILL $pids 2>/dev/null || true
  return 1
}

# The lab's layer over /usr: its fence agent, and a symbolic link for each file of the stage. Links
# are followed at each use, while overlayfs may go on to show a lower file that has been replaced.
make_usr_layer() {
  mkdir -p "$LAB/usr/sbin"
  cp "$here/fence_wherry_lab" "$LAB/usr/sbin/"
  [ -z "$1" ] || cp -rsf "$1/usr" "$LAB/"
}

make_hosts() {
  local node net k
  {
    echo "127.0.0.1 localhost"
    echo "::1 ip6-localhost"
    for node in "$@"; do
      echo "10.99.1.$(node_number "$node") $node"
      for net in "${NETWORKS[@]}"; do
        k=$(network_number "$net")
        echo "10.99.$k.$(node_number "$node") $node-$net"
        echo "fd99:$k::$(node_number "$node") $node-$net-v6"
      done
    done
  } >"$LAB/hosts"
}

make_cluster() { # NAME STONITH NODE...
  local name=$1 stonith=$2 dir=$LAB/clusters/$1
  shift 2
  mkdir -p "$dir"
  corosync_conf "$name" "$@" >"$dir/corosync.conf"
  seed_cib "$stonith" >"$dir/cib.xml"
}

# One key in a line, and a brace ends its line, or corosync does not start.
corosync_conf() {
  local name=$1 node number
  shift
  cat <<C
totem {
  version: 2
  cluster_name: $name
  transport: knet
  crypto_cipher: none
  crypto_hash: none
  token: 3000
}
nodelist {
C
  for node in "$@"; do
    number=$(node_number "$node")
    cat <<C
  node {
    name: $node
    nodeid: $number
    ring0_addr: 10.99.1.$number
    ring1_addr: 10.99.3.$number
  }
C
  done
  cat <<C
}
quorum {
  provider: corosync_votequorum
C
  [ $# != 2 ] || printf '  two_node: 1\n  wait_for_all: 0\n'
  cat <<C
}
logging {
  to_logfile: yes
  logfile: /var/log/corosync/corosync.log
  to_syslog: no
  to_stderr: no
  timestamp: hires
}
C
}

# dc-deadtime: without it the first election waits 20 s. startup-fencing: on a crowded machine the last node comes up
# so long after the first that it would be fenced for it. stonith-action off: a node that was fenced
# stays off until `lab start`, so that a test sees one thing happen at a time.
seed_cib() {
  cat <<C
<cib validate-with="pacemaker-3.7" admin_epoch="0" epoch="1" num_updates="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="opt-dc-deadtime" name="dc-deadtime" value="2s"/>
        <nvpair id="opt-stonith-enabled" name="stonith-enabled" value="$1"/>
        <nvpair id="opt-stonith-action" name="stonith-action" value="off"/>
        <nvpair id="opt-startup-fencing" name="startup-fencing" value="false"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources>
C
  [ "$1" = false ] || echo '      <primitive id="fencing" class="stonith" type="fence_wherry_lab"/>'
  cat <<C
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>
C
}

cluster_nodes() { # CLUSTER
  local node
  for node in $(lab_nodes); do
    [ "$(<"$LAB/nodes/$node/cluster")" != "$1" ] || echo "$node"
  done
}

# All of its nodes online, and a fence device, if there is one, started.
cluster_is_ready() { # NODE
  local view wanted
  wanted=$(cluster_nodes "$(<"$LAB/nodes/$1/cluster")" | wc -l)
  view=$(in_node "$1" crm_mon -1 --output-as=xml 2>/dev/null) || return 1
  grep -q '<current_dc present="true"' <<<"$view" || return 1
  [ "$(grep -c '<node .* online="true" .* pending="false"' <<<"$view")" = "$wanted" ] || return 1
  ! grep -q 'resource_agent="stonith:' <<<"$view" || grep -q 'resource_agent="stonith:.* role="Started"' <<<"$view"
}

give_up() {
  local node log
  echo "lab: $*" >&2
  for node in $(lab_nodes); do
    for log in init.log log/corosync.out log/corosync/corosync.log log/pacemakerd.out \
      log/pacemaker/pacemaker.log log/libvirtd.out log/libvirtd.log; do
      [ -s "$LAB/nodes/$node/$log" ] || continue
      printf -- '--- %s: %s\n' "$node" "$log" >&2
      tail -n 8 "$LAB/nodes/$node/$log" >&2
    done
  done
  exit 1
}

command_status() {
  [ $# = 0 ] || misuse "status takes no arguments"
  [ -d "$LAB/nodes" ] || die "no lab is up in $LAB"
  local node pid
  printf '%-5s %-8s %-7s %s\n' NODE CLUSTER PID 'GUESTS (virsh list)'
  for node in $(lab_nodes); do
    if pid=$(node_pid "$node"); then
      printf '%-5s %-8s %-7s %s\n' "$node" "$(<"$LAB/nodes/$node/cluster")" "$pid" "$(node_guests "$node")"
    else
      printf '%-5s %-8s %-7s\n' "$node" "$(<"$LAB/nodes/$node/cluster")" off
    fi
  done
  for node in a1 b1; do
    [ -d "$LAB/nodes/$node" ] || continue
    printf '\n'
    cluster_view "$(<"$LAB/nodes/$node/cluster")"
  done
}

node_guests() {
  timeout 5 "$here/lab" run "$1" virsh list --all 2>/dev/null | sed 's/^ *[0-9-]* *//; 1,2d; /^$/d; s/   */ (/; s/$/)/' |
    paste -sd, - | sed 's/,/, /g'
}

cluster_view() { # as seen by the first of its nodes that is on
  local node
  for node in $(cluster_nodes "$1"); do
    node_pid "$node" >/dev/null || continue
    echo "Cluster $1, as $node sees it:"
    in_node "$node" crm_mon -1 -R -r 2>&1 | sed 's/^/  /' || true
    return
  done
  echo "Cluster $1: all nodes are off"
}
