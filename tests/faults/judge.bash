# shellcheck shell=bash disable=SC2153 # variables of other parts, not misspelt
# What must hold after a round, and what to call it. Into OUTCOME:
#   moved       the guest is on another node, and its counter never broke
#   stayed      it is where it was, and its counter never broke
#   restarted   it booted again, as it had to: it was itself hit, disabled, or its node was powered off
#   fenced      it booted again because Pacemaker had its node fenced, or lost its quorum
#   crashed     its kernel died (TCG loses a page now and then, doc/decisions.md): says nothing about the agent
#   lost        in the end it is not started, managed and alone
#   pacemaker   it was restarted by what Pacemaker does of itself when a daemon of its own is killed (doc/reliability.md)
#   violation   I1, I2 or I4 does not hold
# REASONS says why; NOTES, what should be known all the same.

OUTCOME=''
REASONS=() NOTES=()

begin_records() {
  local guest node file
  for guest in "${GUESTS[@]}"; do
    sound "$guest" && echo "$HOME_NODE" >"$ROUND/home.$guest"
    stat -c %s "$(guest_console "$guest")" >"$ROUND/console.$guest"
    stamp_facts "$guest" >"$ROUND/stamps.$guest"
  done
  for node in "${NODES[@]}"; do
    for file in "$LAB/nodes/$node/log"/{pacemaker/pacemaker.log,corosync/corosync.log,libvirtd.log}; do
      echo "$(stat -c %s "$file" 2>/dev/null || echo 0) $file"
    done
  done >"$ROUND/logs"
}

# stamp_facts GUEST: "LATE DUPLICATES RECORDS"; late are records of a boot after those of a later one
stamp_facts() {
  timeout 30 "$LAB_HERE/lab" stamps "$1" | awk '
    $1 == "run" { if ($2 in seen) late += $4 - $3 + 1; seen[$2] }
    $1 == "duplicates" { duplicates = $2 }
    $1 == "records" { records = $2 }
    END { print late + 0, duplicates + 0, records + 0 }'
}

console_since() { tail -c "+$(($(<"$ROUND/console.$1") + 1))" "$(guest_console "$1")"; } # GUEST

# counter_facts GUEST: "BOOTS BREAKS", with the first break in words. The first line may be the rest of one, and so may be
# the line on which a QEMU was killed.
counter_facts() {
  console_since "$1" | whole_lines | awk '
    NR == 1 { next }
    /BOOT / { boots++; last = 0; bad = ""; next }
    bad != "" { breaks++; if (first == "") first = bad; bad = "" }
    /^tick [0-9]+$/ {
      if (last != "" && $2 != last + 1) bad = "tick " $2 " follows tick " last
      last = $2
    }
    END { if (bad != "") { breaks++; if (first == "") first = bad }; print boots + 0, breaks + 0, first }'
}

kernel_died() { console_since "$1" | grep -aqE 'Kernel panic|BUG: |Oops|Call Trace|general protection|unable to handle'; }

# A guest that libvirt calls running, and that does not count although its QEMU is not stopped.
fell_silent() { # GUEST
  local node pid
  read -r node pid < <(qemu_processes "$1")
  [ -n "$pid" ] && ! guest_counts "$1" 2>/dev/null && [ "$(at "$node" virsh domstate "$1" 2>/dev/null | xargs)" = running ]
}

violated() { OUTCOME=violation REASONS+=("$*"); }

judge() {
  local guest copies home boots breaks words late duplicates records late_before duplicates_before records_before
  OUTCOME='' REASONS=() NOTES=()
  local -A why=() booted=()
  for guest in "${GUESTS[@]}"; do
    copies=$(cat "$ROUND/copies.$guest")
    [ "$copies" -le 1 ] || { violated "I1: $copies copies of $guest ran at once"; SPOILT="two copies of $guest"; }
    read -r late_before duplicates_before records_before <"$ROUND/stamps.$guest"
    read -r late duplicates records < <(stamp_facts "$guest")
    judge_stamps "$guest" $((late - late_before)) $((duplicates - duplicates_before))
    [ "$records" -gt "$records_before" ] || { NOTES+=("$guest has stopped stamping its disk"); SPOILT="$guest's disk"; }
    read -r boots breaks words < <(counter_facts "$guest")
    booted[$guest]=$boots
    [ "$breaks" = 0 ] || violated "$guest's counter broke without a boot: $words"
    if [ "$boots" != 0 ]; then
      why[$guest]=$(why_restarted "$guest") || violated "I2: $guest was restarted, and neither it nor its node was hit"
    fi
  done
  judge_cib
  judge_end
  if [ "$OUTCOME" = violation ] && words=$(pacemakers_own); then OUTCOME=pacemaker NOTES+=("${REASONS[*]}: $words"); fi
  [ -z "$OUTCOME" ] || return 0
  home=$(<"$ROUND/end.$GUEST")
  if [ "${booted[$GUEST]}" != 0 ]; then
    NOTES+=("$GUEST was restarted: ${why[$GUEST]}")
    case ${why[$GUEST]} in fenced* | quorum*) OUTCOME=fenced ;; *) OUTCOME=restarted ;; esac
  elif [ "$home" = "$FROM" ]; then
    OUTCOME=stayed
  else
    OUTCOME=moved
  fi
}

# One record may be late: a QEMU dies with a write on its way, and the dead node's TCP, or the storage, still delivers
# it. Only where packets to the storage were held up, or a node died; more than one is a second copy at work.
judge_stamps() { # GUEST LATE DUPLICATES
  if [ "$2" = 1 ] && [ "$3" = 0 ] && { [ -s "$ROUND/off" ] || [[ " ${NAMES[*]} " == *network* ]]; }; then
    NOTES+=("one stamp of $1's former boot arrived late")
  elif [ "$2" != 0 ] || [ "$3" != 0 ]; then
    violated "I1: on $1's disk two copies have written ($2 late stamps, $3 twice)"
    SPOILT="$1's disk"
  fi
}

# why_restarted GUEST: in words; fails when nothing gave it the right to be
why_restarted() {
  local time node off=0
  if [ -s "$ROUND/victim.$1" ]; then
    echo "hit: $(head -n 1 "$ROUND/victim.$1")"
    return
  fi
  while read -r time node; do
    off=$((off + 1))
    # A source that dies with the move unconfirmed takes what it knew with it: Pacemaker stops the guest even where it
    # has arrived, and no agent is asked.
    last_copy_was_on "$1" "$node" "$time" || only_copy_died_with "$1" "$node" "$time" || { [ "$1" = "$GUEST" ] && [ "$node" = "$FROM" ]; } || continue
    if [ -e "$ROUND/off.$node" ]; then echo "$node was powered off"; else echo "fenced: $node"; fi
    return
  done < <(cat "$ROUND/off" 2>/dev/null)
  [ "$off" -ge 2 ] && echo "quorum was lost: $off nodes were off"
}

cluster_log() { # of this round, on all nodes
  local size file
  while read -r size file; do
    [[ $file != */pacemaker.log ]] || tail -c "+$((size + 1))" "$file" 2>/dev/null
  done <"$ROUND/logs"
}

# pacemakers_own: in words; fails when the violation is an agent's to answer for. Two things are known, both with a
# daemon of the cluster killed in the round, both restarts and nothing else: a restarted controller loses an answer, and
# the DC waits for it until it takes what it knows no better for failed (seed 195); and a target that forgot, in
# mid-travel, what it knew, while the wish to move changed in the second after the success (seed 93).
pacemakers_own() {
  local reason
  [[ " ${NAMES[*]} " == *" execd-kill "* || " ${NAMES[*]} " == *" controld-kill "* || " ${NAMES[*]} " == *" based-kill "* ]] || return 1
  for reason in "${REASONS[@]}"; do [[ $reason == I2:* ]] || return 1; done
  if cluster_log | grep -q 'did not return result in time\|did not send .* result .* within'; then
    echo "a controller lost an answer, and the DC took that for a failure"
  elif [ "${#NAMES[@]}" = 2 ] && [[ " ${NAMES[*]} " =~ \ (move-again|standby|disable|cleanup|refresh)\  ]] &&
    cluster_log | grep -q "because it can no longer migrate"; then
    echo "the target lost its records in mid-travel, and then the wish changed"
  else
    return 1
  fi
}

# I4: whatever was dropped for a while is regained, and nothing that has had its time stays.
judge_cib() {
  local cib id end now
  cib=$(cluster cibadmin --query) || { violated "the CIB cannot be read"; return; }
  echo "$cib" >"$ROUND/cib.xml"
  if [ -n "$ENDED_WELL" ]; then
    ! grep -qE 'name="maintenance" value="(true|1|yes|on)"|name="is-managed" value="(false|0|no|off)"|"wherry-drop' <<<"$cib" ||
      violated "I4: something is left dropped: $(grep -oE '<nvpair [^>]*name="(maintenance|is-managed|wherry-drop[^"]*)"[^>]*>' <<<"$cib" | xargs)"
  fi
  now=$(date +%s)
  while read -r id end; do
    end=$(date -d "$end" +%s 2>/dev/null) || continue
    # Somebody must come by and take it away: that may last a little.
    [ $((now - end)) -lt 60 ] || violated "I4: the constraint $id has expired $((now - end)) s ago"
  done < <(awk '/<rsc_location .*id="wherry-avoid/ { match($0, /id="[^"]*"/); id = substr($0, RSTART + 4, RLENGTH - 5) }
    /<\/rsc_location>/ { id = "" }
    id != "" && match($0, /end="[^"]*"/) { print id, substr($0, RSTART + 5, RLENGTH - 6) }' <<<"$cib")
}

judge_end() {
  local guest began crashed=''
  for guest in "${GUESTS[@]}"; do
    qemu_processes "$guest" | cut -d' ' -f1 | xargs >"$ROUND/end.$guest"
    ! kernel_died "$guest" && { [ -n "$ENDED_WELL" ] || ! fell_silent "$guest"; } || crashed=$guest
  done
  MANAGED_MS=''
  if [ -n "$ENDED_WELL" ]; then
    began=$(cat "$ROUND/began" 2>/dev/null || echo 0)
    began=${began/./}
    if [ "$began" = 0 ]; then began=$BEGAN_US; fi
    MANAGED_MS=$(((OK_SINCE - began) / 1000))
    [ "$MANAGED_MS" -ge 0 ] || MANAGED_MS=0
  else
    SPOILT=${SPOILT:-the round has not ended well}
  fi
  if [ -n "$crashed" ] && [[ "${REASONS[*]}" != *I1:* ]]; then
    OUTCOME=crashed REASONS=() SPOILT="$crashed's kernel died"
    NOTES+=("$crashed's kernel died or fell silent, as under TCG it does (doc/decisions.md)")
  elif [ -z "$ENDED_WELL" ]; then
    REASONS+=("in the end not all is well: $(for guest in "${GUESTS[@]}"; do echo "$guest: ${SEEN_WORDS[$guest]:-}, QEMU on '$(<"$ROUND/end.$guest")'"; done | paste -sd';')")
    [ "$OUTCOME" = violation ] || OUTCOME=lost
  fi
}
