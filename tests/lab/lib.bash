# shellcheck shell=bash
# For tests that use the lab: `load` it from bats, or source it. Every function that asserts says
# what it saw when it fails. A guest is named by its name, a node by its name.

LAB=${WHERRY_LAB:-/run/wherry-lab}
LAB_HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

lab() { "$LAB_HERE/lab" "$@"; }
on() { "$LAB_HERE/lab" run "$@"; } # NODE COMMAND...

# wait_until SECONDS COMMAND...: try at least once, then each tenth of a second.
wait_until() {
  local seconds=$1 end=$((${EPOCHREALTIME/./} + $1 * 1000000))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "${EPOCHREALTIME/./}" -ge "$end" ]; then
      echo "not within $seconds s: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}

# refute COMMAND...: it fails. A bare "!" is heeded by nobody in bats, unless it is the last word of a function.
refute() {
  ! "$@" || { echo "it should have failed: $*" >&2; return 1; }
}

# refute_line REGEX COMMAND...: what the command prints has no line that matches; the command itself has to work
refute_line() {
  local regex=$1 text
  shift
  text=$("$@") || { echo "failed: $*" >&2; return 1; }
  ! grep -E -- "$regex" <<<"$text" >&2 || { echo "$* has a line like $regex" >&2; return 1; }
}

# --- guests ---

guest_base() { # NAME: the base name of its files in $LAB/shared and $LAB/guests
  local dir
  for dir in "$LAB"/guests/*/; do
    if [ "$(cat "$dir/name" 2>/dev/null)" = "$1" ]; then
      basename "$dir"
      return 0 # in a teardown, which is a trap, a bare return gives back what the test came to
    fi
  done
  echo "there is no guest '$1'" >&2
  return 1
}

guest_console() { # NAME: the console's file
  local base
  base=$(guest_base "$1") && echo "$LAB/shared/$base.console"
}

guest_uuid() {
  local base
  base=$(guest_base "$1") && cat "$LAB/guests/$base/uuid"
}

# The last number that the guest counted, 0 before the first.
guest_count() {
  local last
  last=$(tail -n 50 "$(guest_console "$1")" 2>/dev/null | sed -n 's/^tick //p' | tail -n 1)
  echo "${last:-0}"
}

guest_counts() { # NAME: is it counting right now?
  local before
  before=$(guest_count "$1")
  wait_until 3 guest_count_exceeds "$1" "$before"
}

guest_count_exceeds() { [ "$(guest_count "$1")" -gt "$2" ]; }

guest_pids() { # NAME: "NODE PID" of each QEMU that is this guest, running or paused
  local uuid pid node init wires
  uuid=$(guest_uuid "$1") || return 1
  for pid in $(pgrep -f -- "^[^ ]*qemu-system[^ ]* .*-uuid $uuid( |\$)"); do
    wires=$(readlink "/proc/$pid/ns/net") || continue
    for node in $(cd "$LAB/nodes" && echo *); do
      read -r init _ 2>/dev/null <"$LAB/nodes/$node/pid" || continue
      if [ "$(readlink "/proc/$init/ns/net")" = "$wires" ]; then echo "$node $pid"; fi
    done
  done
}

# guest_nodes NAME: the nodes that have a QEMU process of this guest, one in a line. During a
# migration these are two, of which one is paused; libvirt is not asked, so it may be dead.
guest_nodes() { guest_pids "$1" | cut -d' ' -f1 | sort; }

guest_is_on() { [ "$(guest_nodes "$1" | xargs)" = "$2" ]; } # NAME NODE (and nowhere else)

# Standard input without what follows the last end of a line, which is still being written.
whole_lines() {
  local text
  text=$(cat; echo .)
  [[ $text != *$'\n'* ]] || printf '%s\n' "${text%$'\n'*}"
}

guest_boots() { grep -c '^BOOT ' "$(guest_console "$1")"; } # NAME

# show_guest NAME: what a failure cannot be understood without
show_guest() {
  tail -n 5 "$(guest_console "$1")" || true
  guest_pids "$1" || true
  grep -hE "\\($1\\)\\[|of $1 on|ctions: .* $1 " "$LAB"/nodes/*/log/syslog | grep -v 'output \[' | sort -k3 | cut -c1-200 |
    tail -n 25
}

# counter_unbroken NAME [BOOTS]: it was booted BOOTS times (once), and counted n, n+1, n+2 ... since each: no reboot,
# no second copy, not one line twice.
counter_unbroken() {
  whole_lines <"$(guest_console "$1")" | awk -v wanted="${2:-1}" '
    /^BOOT / { boots++; last = 0 }
    /^tick / {
      if ($2 != last + 1 && bad++ < 5) printf "line %d: tick %d follows tick %d\n", NR, $2, last
      last = $2
    }
    END {
      if (boots != wanted) { printf "%d boots\n", boots; bad = 1 }
      if (!last) { print "it has never counted"; bad = 1 }
      exit bad
    }' >&2 || { echo "guest $1: the counter is broken" >&2; return 1; }
}

# one_writer NAME: the guest's disk never had two copies writing at once. Status 2: nobody can tell.
one_writer() {
  local stamps
  stamps=$(lab stamps "$1") || return 2
  if ! grep -qx 'interleaved no' <<<"$stamps" || ! grep -qx 'duplicates 0' <<<"$stamps"; then
    printf 'guest %s: two copies have written on its disk:\n%s\n' "$1" "$stamps" >&2
    return 1
  fi
}

# --- how many copies run, at each moment ---

# The vCPU thread's CPU time says whether a copy runs: a paused one uses none. Nothing is asked of
# libvirt, which may be dead, or know it late. A copy counts when it ran in two periods in a row: in
# the one in which a migration hands over, both ends have run. Two copies at once are seen when that
# lasts a second.
sample_copies_start() { # NAME
  local uuid file
  uuid=$(guest_uuid "$1") || return 1
  file=$LAB/guests/$(guest_base "$1")/copies
  : >"$file"
  bash "$LAB_HERE/sample-copies" "$uuid" >"$file" 2>/dev/null </dev/null 3>&- 4>&- &
  echo $! >"$file.pid"
}

sample_copies_stop() { # NAME: print the greatest number of copies seen running at once
  local file
  file=$LAB/guests/$(guest_base "$1")/copies
  kill "$(cat "$file.pid")" 2>/dev/null
  rm -f "$file.pid"
  awk '$2 > most { most = $2 } END { print most + 0 }' "$file"
}

sample_copies_show() { # NAME: the samples, "TIME COPIES PIDS", one for each change
  awk '$2 " " $3 != seen { print; seen = $2 " " $3 }' "$LAB/guests/$(guest_base "$1")/copies"
}

# --- networks and cluster ---

net_bytes() { # NODE NETWORK: bytes sent and received since the node was powered on
  local sent received
  received=$(on "$1" cat "/sys/class/net/$2/statistics/rx_bytes") || return 1
  sent=$(on "$1" cat "/sys/class/net/$2/statistics/tx_bytes") || return 1
  echo $((sent + received))
}

# crm_says REGEX [NODE]: what crm_mon shows has a line that matches
crm_says() {
  local view node=${2:-}
  [ -n "$node" ] || node=$(first_node_on)
  view=$(on "$node" crm_mon -1 -r -R) || return 1
  grep -qE -- "$1" <<<"$view" || { printf 'crm_mon on %s has no line like %s:\n%s\n' "$node" "$1" "$view" >&2; return 1; }
}

log_says() { grep -qF -- "$2" "$LAB/nodes/$1/log/syslog"; } # NODE TEXT

first_node_on() {
  local node
  for node in $(cd "$LAB/nodes" && echo *); do
    if on "$node" true 2>/dev/null; then
      echo "$node"
      return
    fi
  done
  return 1
}

# Each node of the first cluster has told, by wherryd, that its network mig is up.
all_publish() {
  local nodes=("$LAB"/nodes/a*)
  [ "$(on a1 attrd_updater -n wherry-links -Q -A | grep -c 'link mig up')" = "${#nodes[@]}" ]
}
