# shellcheck shell=bash
# Who ran where and when. The lab's samplers tell how many copies run; the watcher, beside them, where there is a QEMU
# at all, and which node goes off: that makes the timeline, and tells a fencing from an unasked restart.

WATCHER=''

watch_start() {
  local guest
  for guest in "${GUESTS[@]}"; do sample_copies_start "$guest"; done
  watch </dev/null &
  WATCHER=$!
}

end_round_watchers() {
  local guest file pid
  [ -z "$WATCHER" ] || { kill "$WATCHER"; wait "$WATCHER"; } 2>/dev/null
  WATCHER=''
  for guest in "${GUESTS[@]}"; do
    file=$LAB/guests/$guest/copies
    pid=$(cat "$file.pid" 2>/dev/null) || continue
    { sample_copies_stop "$guest" >"$ROUND/copies.$guest"; wait "$pid"; } 2>/dev/null
  done
}

# Files in the round's directory: pids, "PID GUEST NODE" of each QEMU ever seen; off, "TIME NODE" of each node gone off.
watch() {
  local node pid REPLY
  local -A was_on=() there=()
  for node in "${NODES[@]}"; do was_on[$node]=yes; done
  while :; do
    scan_qemus
    for pid in "${!QEMUS[@]}"; do
      [ -z "${there[$pid]:-}" ] || continue
      echo "$pid ${QEMUS[$pid]}" >>"$ROUND/pids"
      event "a QEMU of ${QEMUS[$pid]/ / is on } (pid $pid)"
    done
    for pid in "${!there[@]}"; do
      [ -n "${QEMUS[$pid]:-}" ] || event "the QEMU of ${there[$pid]/ / on } is gone (pid $pid)"
    done
    there=()
    for pid in "${!QEMUS[@]}"; do there[$pid]=${QEMUS[$pid]}; done
    for node in "${NODES[@]}"; do
      if node_init "$node"; then
        was_on[$node]=yes
      elif [ -n "${was_on[$node]}" ]; then
        was_on[$node]=''
        echo "$EPOCHREALTIME $node" >>"$ROUND/off"
        event "$node is off$([ -e "$ROUND/off.$node" ] || echo ': FENCED')"
      fi
    done
    pause 0.3
  done
}

copies_file() { echo "$LAB/guests/$1/copies"; } # GUEST

# last_copy_was_on GUEST NODE TIME: the last copy seen running before TIME (and a second, for the sampler is slow)
last_copy_was_on() {
  local pids pid
  pids=$(awk -v t="$3" '$1 <= t + 1 && $2 >= 1 { pids = $3 } END { print pids }' "$(copies_file "$1")")
  for pid in ${pids//,/ }; do
    ! grep -qx "$pid $1 $2" "$ROUND/pids" || return 0
  done
  # A copy counts after two periods; a node that is off before that has what it had when the round began.
  [ -z "$pids" ] && [ "$(cat "$ROUND/home.$1" 2>/dev/null)" = "$2" ]
}

# only_copy_died_with GUEST NODE TIME: its QEMU there ended when the node did, and there was no other. Who counts copies
# may not have seen yet that it had arrived (seed 188).
only_copy_died_with() {
  awk -v guest="$1" -v node="$2" -v at="$3" '
    / a QEMU of / && $5 == guest { alive[$8] }
    / the QEMU of / && $5 == guest {
      delete alive[$7]
      others = 0
      for (one in alive) others++
      if ($7 == node && others == 0 && $1 >= at - 2 && $1 <= at + 2) found = 1
    }
    END { exit !found }' <(sort -n "$ROUND/events")
}

# The round's whole story: seconds since the move's begin, and what happened.
timeline() {
  local guest
  {
    cat "$ROUND/events"
    for guest in "${GUESTS[@]}"; do
      sample_copies_show "$guest" 2>/dev/null | while read -r time copies pids; do
        echo "$time copies of $guest running: $copies $(while read -r pid name node; do
          [[ ,$pids, != *",$pid,"* || $name != "$guest" ]] || echo "on $node (pid $pid)"
        done <"$ROUND/pids" | xargs)"
      done
    done
  } 2>/dev/null | sort -n | awk -v began="$BEGAN_US" '
    { time = $1; sub(/^[^ ]* /, ""); printf "%8.2f  %s  %s\n", time - began / 1000000, strftime("%T", time), $0 }'
  sed 's/^/          /; s/$/   (the fence process)/' "$LAB/fence/log" | tail -n 5
}
