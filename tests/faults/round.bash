# shellcheck shell=bash disable=SC2153 # variables of other parts, not misspelt
# One round: a guest begins to move, things break, are healed, and all must be well again in the end. Each wait has an
# end: a round takes four minutes at the very most.

# shellcheck disable=SC2034 # read by judge.bash and report.bash
FROM='' TO='' DC_NODE='' ROUND='' ROUND_SEED='' SPOILT='' ROUND_S=0 MANAGED_MS=''
BEGAN_US=0 BEGAN_BYTES=0 OK_SINCE='' ENDED_WELL=''
JOBS=()
declare -A SEEN_WORDS=()

event() { printf '%s %s\n' "$EPOCHREALTIME" "$*" >>"$ROUND/events"; }

play_round() { # K SEED
  local i began=$SECONDS
  ROUND=$SCRATCH/round ROUND_SEED=$2 SPOILT='' OK_SINCE='' ENDED_WELL='' SEEN_WORDS=()
  rm -rf "$ROUND" && mkdir "$ROUND"
  plan_round "$ROUND_SEED"
  if ! wait_until 60 all_is_well 2>/dev/null; then
    OUTCOME=violation REASONS=("all was well after the round before, and no longer is") SPOILT="nobody knows why"
    FROM='?' TO='?' ROUND_S=$((SECONDS - began)) MANAGED_MS=''
    return
  fi
  sound "$GUEST"
  FROM=$HOME_NODE DC_NODE=$DC
  choose_target
  begin_records
  watch_start
  for i in "${!NAMES[@]}"; do
    INDEX=$i
    ! declare -F "prepare_${NAMES[i]//-/_}" >/dev/null || "prepare_${NAMES[i]//-/_}"
  done
  begin_move
  for i in "${!NAMES[@]}"; do
    run_fault "$i" </dev/null &
    JOBS+=($!)
  done
  await_faults
  await_settled
  event "healing; the wish to move is taken back"
  heal
  cluster crm_resource --clear --resource "$GUEST" >/dev/null
  await_end
  end_round_watchers
  judge
  tidy
  ROUND_S=$((SECONDS - began))
}

choose_target() {
  local node others=()
  for node in "${NODES[@]}"; do [ "$node" = "$FROM" ] || others+=("$node"); done
  TO=${others[TO_CHOICE]}
}

begin_move() {
  local REPLY
  mig_bytes "$FROM"
  BEGAN_BYTES=$REPLY BEGAN_US=${EPOCHREALTIME/./}
  event "pcs resource move $GUEST $TO (it is on $FROM; the DC is $DC_NODE)"
  cluster crm_resource --move --resource "$GUEST" --node "$TO" >/dev/null || event "the move was refused"
}

# --- the faults' processes ---

run_fault() { # I
  INDEX=$1 DIE=${DICE[$1]}
  await_moment "$1"
  "fault_${NAMES[$1]//-/_}"
  [ ! -e "$ROUND/undo.$1" ] || pause "${HOLD_S[$1]}"
  undo_fault "$1"
}

# A wish in MiB ends after 8 s: what is to travel may already have arrived, or go another way.
await_moment() { # I
  local us=$((BEGAN_US + ${AFTER_MS[$1]:-8000} * 1000)) REPLY
  while [ "${EPOCHREALTIME/./}" -lt "$us" ]; do
    if [ -n "${AFTER_MIB[$1]}" ]; then
      mig_bytes "$FROM"
      [ $(((REPLY - BEGAN_BYTES) / 1048576)) -lt "${AFTER_MIB[$1]}" ] || return 0
    fi
    pause 0.1
  done
}

await_faults() {
  local end=$((SECONDS + 75))
  while jobs_run && [ "$SECONDS" -lt "$end" ]; do
    observe
    pause 0.4
  done
  ! jobs_run || event "the faults are ended after 75 s"
  end_jobs
  local i
  for i in "${!NAMES[@]}"; do undo_fault "$i"; done
}

jobs_run() {
  local pid
  for pid in "${JOBS[@]}"; do
    ! kill -0 "$pid" 2>/dev/null || return 0
  done
  return 1
}

end_jobs() {
  local pid
  for pid in "${JOBS[@]}"; do
    pkill -TERM -P "$pid"
    kill -TERM "$pid"
    wait "$pid"
  done 2>/dev/null
  JOBS=()
}

# --- looking on ---

# observe: looks, writes down what is new, and since when the moved guest is well
observe() {
  local guest words
  if ! look; then
    [ "${SEEN_WORDS[cluster]:-}" = none ] || event "no node sees a cluster with quorum"
    SEEN_WORDS[cluster]=none OK_SINCE=''
    return 1
  fi
  SEEN_WORDS[cluster]=some
  for guest in "${GUESTS[@]}"; do
    words="${SAID[$guest]:-} ${ON_NODES[$guest]:-}"
    [ "${SEEN_WORDS[$guest]:-}" = "$words" ] || event "crm_mon: $guest $words"
    SEEN_WORDS[$guest]=$words
  done
  if sound "$GUEST"; then
    [ -n "$OK_SINCE" ] || OK_SINCE=${EPOCHREALTIME/./}
  else
    OK_SINCE=''
  fi
}

# The cluster has nothing left to do. Right after the move was asked for, it may not have begun.
await_settled() {
  local end=$((SECONDS + 60))
  while [ "$SECONDS" -lt "$end" ]; do
    ! observe || [[ ${SAID[$GUEST]:-} == *ing* ]] || [ $((${EPOCHREALTIME/./} - BEGAN_US)) -lt 1500000 ] || ! is_idle || return 0
    pause 0.4
  done
  event "the cluster has not settled within 60 s"
}

await_end() {
  local end=$((SECONDS + 120))
  while [ "$SECONDS" -lt "$end" ]; do
    if observe && is_well && is_idle && all_count; then
      ENDED_WELL=yes
      event "all is well"
      return
    fi
    pause 0.4
  done
  event "all is not well 120 s after healing"
}

all_count() {
  local guest
  for guest in "${GUESTS[@]}"; do guest_counts "$guest" 2>/dev/null || return 1; done
}

# --- between the rounds: failures of this one must not forbid a node in the next ---

tidy() {
  local id
  [ -z "$SPOILT" ] || return 0
  for id in $(cluster cibadmin --query --scope constraints | sed -n 's/.*<rsc_location id="\(wherry-avoid[^"]*\)".*/\1/p'); do
    cluster cibadmin --delete --xpath "//rsc_location[@id='$id']" >/dev/null
  done
  if grep -q '<failure \|fail-count=' <<<"$VIEW"; then cluster crm_resource --cleanup >/dev/null; fi
  wait_until 30 is_idle 2>/dev/null || true
}
