# shellcheck shell=bash
# What every part of the lab uses: where things are, messages, waiting, processes, the lock.

LAB=${WHERRY_LAB:-/run/wherry-lab}
CACHE=${WHERRY_LAB_CACHE:-/var/cache/wherry-lab}
NETWORKS=(mgmt mig stor guest) # ring 0 on mgmt, ring 1 on stor
STORAGE_ADDRESS=10.99.3.250

case $LAB in
  /*[!A-Za-z0-9/._-]*) echo "lab: WHERRY_LAB=$LAB: only letters, digits and /._- are possible here" >&2; exit 2 ;;
  /?*) ;;
  *) echo "lab: WHERRY_LAB=$LAB is not an absolute path" >&2; exit 2 ;;
esac

# Names of network namespaces are global on a machine: labs in other state directories get other names.
TAG=wherry
if [ "$LAB" != /run/wherry-lab ]; then
  TAG=wherry$(cksum <<<"$LAB" | cut -d' ' -f1)
fi

die() {
  echo "lab: $*" >&2
  exit 1
}

misuse() {
  echo "lab: $*" >&2
  exit 2
}

# wait_for SECONDS COMMAND...: until it succeeds; its output is dropped.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# process_start PID: the moment it was started, in ticks; fails when it is gone or only waits to be
# reaped. With the pid it names a process for good: pids are used again.
process_start() {
  local stat fields
  { read -r -d '' stat <"/proc/$1/stat" || [ -n "$stat" ]; } 2>/dev/null || return 1
  read -r -a fields <<<"${stat##*) }"
  [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

# detached LOG COMMAND...: run in the background, tied to nothing of the caller: no terminal, no
# open file (a test runner waits until the last process has closed its pipes).
detached() {
  local log=$1 fd
  shift
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      [ "$fd" -le 2 ] || eval "exec $fd>&-"
    done
    exec setsid -f "$@" </dev/null >>"$log" 2>&1
  )
}

# The lock that up and down hold. It lies outside of the state directory, which they delete.
take_lock() {
  mkdir -p "$CACHE"
  exec 9>"$CACHE/$TAG.lock"
  flock -w 180 9 || die "another 'lab up' or 'lab down' has been at work on $LAB for three minutes"
}

require_packages() {
  local wanted missing
  mapfile -t wanted < <(sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$here/../packages.lab")
  missing=$(comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | sort) | tr '\n' ' ')
  [ -z "$missing" ] || die "packages are missing; run: apt-get install --no-install-recommends $missing"
}
