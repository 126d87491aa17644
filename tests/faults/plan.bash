# shellcheck shell=bash
# What a round does. Everything is drawn from the round's seed, before anything happens.
# shellcheck disable=SC2034,SC2153 # other parts read what is set here, and set what is read

# The least and the most seconds that a fault lasts before it is undone; 0 0: nothing is to be undone.
declare -A HOLD_RANGE=()
FAULTS=()
fault_is() { # NAME LEAST MOST
  FAULTS+=("$1")
  HOLD_RANGE[$1]="$2 $3"
}
fault_is agent-kill 0 0
fault_is libvirtd-kill-source 0 8
fault_is libvirtd-kill-target 0 8
fault_is libvirtd-stop-source 5 20
fault_is libvirtd-stop-target 5 20
fault_is qemu-kill-source 0 0
fault_is qemu-kill-target 0 0
fault_is mig-cut 2 20
fault_is mig-drop-both 2 20
fault_is mig-drop-one-way 2 20
fault_is networks-drop 2 20
fault_is every-network-drop 2 20
fault_is power-source 0 0
fault_is power-target 0 0
fault_is power-dc 0 0
fault_is execd-kill 0 0
fault_is attrd-kill 0 0
fault_is controld-kill 0 0
fault_is based-kill 0 0
fault_is wherryd-kill 0 0
fault_is timeout-short 12 12
fault_is cleanup 0 0
fault_is refresh 0 0
fault_is move-again 0 0
fault_is standby 0 10
fault_is disable 0 4
fault_is var-full 5 20
fault_is clock-step 5 20

# Our own generator: the same on every bash, and in subshells, where RANDOM begins anew.
CHANCE=0
draw() { # N: into $REPLY a number from 0 to N-1
  CHANCE=$((CHANCE * 6364136223846793005 + 1442695040888963407))
  REPLY=$(((CHANCE >> 33 & 0x7fffffff) % $1))
}

# A second fault that would take the quorum from the last node is no fault of any agent's: the cluster then stops its
# guests. So one of these only.
costs_a_node() {
  case $1 in
    power-* | execd-kill | attrd-kill | controld-kill | based-kill) return 0 ;;
    *) return 1 ;;
  esac
}

# plan_round SEED: sets GUEST, TO_CHOICE and, for each fault i, NAMES[i], AFTER_MS[i] (after the move's begin), or
# AFTER_MIB[i] (sent by the source since then), HOLD_S[i], and DICE[i], a number that the fault may use as it likes.
plan_round() {
  local i count least most REPLY
  CHANCE=$(($1 * 2654435761 + 1))
  for i in 1 2 3 4 5 6 7 8; do draw 2; done # seeds that follow each other are alike at first
  NAMES=() AFTER_MS=() AFTER_MIB=() HOLD_S=() DICE=()
  draw "${#GUESTS[@]}"
  GUEST=${GUESTS[REPLY]}
  draw 2
  TO_CHOICE=$REPLY
  draw 3
  count=$((REPLY == 0 ? 2 : 1))
  [ -z "$SINGLE" ] && [ "${#FAULTS[@]}" -gt 1 ] || count=1
  for ((i = 0; i < count; i++)); do
    draw "${#FAULTS[@]}"
    NAMES[i]=${FAULTS[REPLY]}
    if [ "$i" = 1 ]; then
      # Faults that need each other out of the way are drawn once more; a fixed number of times, so that it ends.
      for _ in 1 2 3 4 5 6; do
        [ "${NAMES[1]}" = "${NAMES[0]}" ] || { costs_a_node "${NAMES[0]}" && costs_a_node "${NAMES[1]}"; } || break
        draw "${#FAULTS[@]}"
        NAMES[1]=${FAULTS[REPLY]}
      done
      if [ "${NAMES[1]}" = "${NAMES[0]}" ] || { costs_a_node "${NAMES[0]}" && costs_a_node "${NAMES[1]}"; }; then
        unset 'NAMES[1]'
        break
      fi
    fi
    AFTER_MS[i]='' AFTER_MIB[i]=''
    draw 3
    if [ "$REPLY" = 0 ]; then
      draw 85 # a guest that has booted sends some 90
      AFTER_MIB[i]=$((REPLY + 1))
    else
      draw $((i == 0 ? 3001 : 8001))
      AFTER_MS[i]=$REPLY
    fi
    read -r least most <<<"${HOLD_RANGE[${NAMES[i]}]}"
    draw $((most - least + 1))
    HOLD_S[i]=$((least + REPLY))
    draw 6
    # Now and then a wire stays dead until after the action's timeout: then something left behind may finish late.
    case ${NAMES[i]} in
      mig-* | *networks-drop | every-network-drop) [ "$REPLY" != 0 ] || HOLD_S[i]=45 ;;
    esac
    draw 1000000
    DICE[i]=$REPLY
  done
}

plan_words() { # "mig-cut at 1.2 s for 8 s, agent-kill at 31 MiB"
  local i words=
  for i in "${!NAMES[@]}"; do
    words+="${words:+, }${NAMES[i]} at "
    if [ -n "${AFTER_MIB[i]}" ]; then
      words+="${AFTER_MIB[i]} MiB"
    else
      words+="$((AFTER_MS[i] / 1000)).$(printf %03d $((AFTER_MS[i] % 1000)) | cut -c1) s"
    fi
    [ "${HOLD_RANGE[${NAMES[i]}]}" = '0 0' ] || words+=" for ${HOLD_S[i]} s"
  done
  echo "$words"
}
