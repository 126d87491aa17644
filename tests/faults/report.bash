# shellcheck shell=bash disable=SC2153 # variables of other parts, not misspelt
# What the campaign prints: a line for each round, the whole story of a violation, and the closing table.

OUTCOMES=(moved stayed restarted fenced crashed pacemaker lost violation)
declare -A COUNT=()
VIOLATIONS=0 PLAYED=0 TOTAL_S=0 LONGEST_S=0
TIMES_MS=()

say() { # to the human; in TAP, a comment
  if [ -n "$TAP" ]; then echo "# ${*//$'\n'/$'\n# '}"; else echo "$*"; fi
}

report_round() { # K
  local i fault line note
  PLAYED=$((PLAYED + 1)) TOTAL_S=$((TOTAL_S + ROUND_S))
  [ "$ROUND_S" -le "$LONGEST_S" ] || LONGEST_S=$ROUND_S
  [ -z "$MANAGED_MS" ] || TIMES_MS+=("$MANAGED_MS")
  COUNT[all $OUTCOME]=$((${COUNT[all $OUTCOME]:-0} + 1))
  for i in "${!NAMES[@]}"; do
    fault=${NAMES[i]}
    if [ -e "$ROUND/done.$i" ]; then line="$fault $OUTCOME"; else line="$fault missed"; fi
    COUNT[$line]=$((${COUNT[$line]:-0} + 1))
  done
  line="seed $ROUND_SEED  $GUEST $FROM>$TO  $(plan_words): $OUTCOME"
  [ -z "$MANAGED_MS" ] || line+=", managed after $((MANAGED_MS / 1000)).$(((MANAGED_MS % 1000) / 100)) s"
  line+=" (round: $ROUND_S s)"
  case $OUTCOME in
    violation | lost)
      VIOLATIONS=$((VIOLATIONS + 1))
      if [ -n "$TAP" ]; then echo "not ok $1 - $line"; else printf '%4d  %s\n' "$1" "$line"; fi
      report_violation "$1"
      ;;
    pacemaker)
      if [ -n "$TAP" ]; then echo "ok $1 - $line # SKIP it says nothing of the agent"; else printf '%4d  %s\n' "$1" "$line"; fi
      report_violation "$1"
      ;;
    *) if [ -n "$TAP" ]; then echo "ok $1 - $line"; else printf '%4d  %s\n' "$1" "$line"; fi ;;
  esac
  for note in "${NOTES[@]}"; do say "      $note"; done
  for i in "${!NAMES[@]}"; do
    [ -e "$ROUND/done.$i" ] || say "      $(sed -n "s/^[^ ]* \(fault ${NAMES[i]} missed: .*\)/\1/p" "$ROUND/events" | head -n 1)"
  done 2>/dev/null
}

report_violation() { # K
  local dir=$LOGS/seed-$ROUND_SEED reason
  for reason in "${REASONS[@]}"; do say "${OUTCOME^^} in round $1 (seed $ROUND_SEED): $reason"; done
  say "again: tests/faults/run --agent $AGENT --rounds 1 --seed $ROUND_SEED"
  save_logs "$dir"
  say "the timeline, in seconds since the move's begin:"
  say "$(cat "$dir/timeline")"
  say "$(cat "$dir/crm_mon")"
  say "logs: $dir"
}

save_logs() { # DIRECTORY
  local size file node guest
  rm -rf "$1" && mkdir -p "$1"
  timeline >"$1/timeline" 2>/dev/null
  { printf '%s\n' "${REASONS[@]}"; plan_words; } >"$1/reasons"
  cluster crm_mon -1 -r -R -A -f >"$1/crm_mon" 2>&1
  cluster stonith_admin --history '*' --verbose >"$1/fencing" 2>&1
  cp "$LAB/fence/log" "$1/fence-process.log"
  cp "$ROUND/cib.xml" "$1/cib.xml" 2>/dev/null
  while read -r size file; do
    node=${file#"$LAB/nodes/"} node=${node%%/*}
    tail -c "+$((size + 1))" "$file" >"$1/$node-${file##*/}" 2>/dev/null
  done <"$ROUND/logs"
  for node in "${NODES[@]}"; do
    for file in "$LAB/nodes/$node"/log/libvirt/qemu/*.log; do
      [ ! -e "$file" ] || tail -n 300 "$file" >"$1/$node-qemu-${file##*/}"
    done
    cp -r "$SCRATCH/disk-$node" "$1/$node-var-lib-wherry"
    rm -f "$1/$node-var-lib-wherry/full"
  done
  for guest in "${GUESTS[@]}"; do
    console_since "$guest" >"$1/$guest-console"
    timeout 30 "$LAB_HERE/lab" stamps "$guest" >"$1/$guest-stamps"
    cp "$(copies_file "$guest")" "$1/$guest-copies" 2>/dev/null
  done
}

median_and_most() { # in seconds, of TIMES_MS
  [ "${#TIMES_MS[@]}" -gt 0 ] || { echo "- -"; return; }
  printf '%s\n' "${TIMES_MS[@]}" | sort -n | awk '
    { t[NR] = $1 / 1000 }
    END { printf "%.1f %.1f\n", NR % 2 ? t[(NR + 1) / 2] : (t[NR / 2] + t[NR / 2 + 1]) / 2, t[NR] }'
}

table_row() { # WORDS KEY: a line of the table; what never happened is left blank
  local outcome
  printf '| %s |' "$1"
  for outcome in "${OUTCOMES[@]}" missed; do printf ' %s |' "${COUNT[$2 $outcome]:-}"; done
  printf '\n'
}

closing_table() {
  local fault median most
  read -r median most < <(median_and_most)
  printf '| fault |%s\n' "$(printf ' %s |' "${OUTCOMES[@]}" missed)"
  printf '|---|%s\n' "$(printf -- '---|%.0s' "${OUTCOMES[@]}" missed)"
  for fault in "${FAULTS[@]}"; do
    [[ " ${!COUNT[*]} " != *" $fault "* ]] || table_row "$fault" "$fault"
  done
  table_row "rounds" all
  printf '\n%s, seeds %d to %d: %d rounds, %d with a violation or a lost guest.\n' "$AGENT" "$SEED" $((SEED + ROUNDS - 1)) "$PLAYED" "$VIOLATIONS"
  printf 'From the first fault until the guest was managed for good: %s s in the median, %s s at most.\n' "$median" "$most"
  [ "$PLAYED" = 0 ] || printf 'A round took %d s on average, %d s at most.\n' $((TOTAL_S / PLAYED)) "$LONGEST_S"
  printf 'A round with two faults counts in two rows. "missed": there was nothing to break at that moment.\n'
}

report_table() {
  closing_table >"$SCRATCH/table"
  say "$(cat "$SCRATCH/table")"
  [ -z "$TABLE" ] || cp "$SCRATCH/table" "$TABLE"
}
