# shellcheck shell=bash
# For the tests of this folder: one call of the agent with exactly the environment that a test gives,
# on a machine of its own (no cluster, no libvirtd, a /run of its own) or in a node of the lab.
#
# A call's outcome is in $status, $output and $stderr. Whatever is called, a status outside of 0..7
# fails the test at once.

: "${WHERRY_STAGE:?is not set: the directory of make install DESTDIR=... (tests/run sets it)}"

INSTALLED=/usr/lib/ocf/resource.d/wherry/LiveDomain # as alone and the lab's nodes have it
RESOURCE=web                                        # OCF_RESOURCE_INSTANCE
MOST_S=60                                           # no call may take longer, whatever it is

# alone COMMAND...: with the agent installed, and in a /run that lasts as long as the test
alone() {
  mkdir -p "$BATS_TEST_TMPDIR/run"
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --propagation private -- bash -c '
    mount --bind "$1/usr/lib/ocf/resource.d" /usr/lib/ocf/resource.d
    mount --bind "$2" /run
    shift 2
    exec "$@"' bash "$(readlink -f "$WHERRY_STAGE")" "$BATS_TEST_TMPDIR/run" "$@"
}

# Words like config=/x are parameters; OCF_..., HA_... and PATH=... are taken as they are.
environment_of() { # WORD...: sets the array environment
  local word
  environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin OCF_ROOT=/usr/lib/ocf "OCF_RESOURCE_INSTANCE=$RESOURCE")
  for word in "$@"; do
    case $word in
      OCF_* | HA_* | __OCF_* | PATH=*) environment+=("$word") ;;
      *) environment+=("OCF_RESKEY_$word") ;;
    esac
  done
}

# agent ACTION [WORD...]: the call, alone
agent() {
  local action=$1 environment
  shift
  environment_of "$@"
  run --separate-stderr alone timeout "$MOST_S" env -i "${environment[@]}" "$INSTALLED" "$action"
  status_is_of_the_standard "$action"
}

# agent_on NODE ACTION [WORD...]: the call, in a node
agent_on() {
  local node=$1 action=$2 environment
  shift 2
  environment_of "$@"
  run --separate-stderr on "$node" timeout "$MOST_S" env -i "${environment[@]}" "$INSTALLED" "$action"
  status_is_of_the_standard "$action"
}

status_is_of_the_standard() {
  [ "$status" -le 7 ] && return
  echo "$1 ended with $status, which no agent may (124: it was still at work after $MOST_S s)"
  told
  return 1
}

told() { printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr"; }

# The exit reason of the last call: the last of the lines that start with the prefix.
reason() { sed -n 's/^ocf-exit-reason://p' <<<"$stderr" | tail -n 1; }

# outcome STATUS [REGEX]: the last call's status and, where REGEX is given, a match in its reason. A
# failure says why in exactly one line; a success gives no reason.
outcome() {
  local lines
  lines=$(grep -c '^ocf-exit-reason:' <<<"$stderr") || true
  if [ "$status" != "$1" ]; then
    echo "expected $1"
  elif [ "$status" = 0 ] && [ "$lines" != 0 ]; then
    echo "a success gives no exit reason"
  elif [ "$status" != 0 ] && [ "$status" != 7 ] && [ "$lines" != 1 ]; then
    echo "expected one exit reason, not $lines"
  elif [ -n "${2:-}" ] && ! grep -qE -- "$2" <<<"$(reason)"; then
    echo "expected a reason like: $2"
  else
    return 0
  fi
  told
  return 1
}

# warned REGEX: the last call logged a warning like it
warned() {
  grep -qE -- "WARNING: .*$1" <<<"$stderr" && return
  echo "expected a warning like: $1"
  told
  return 1
}

# each_row FUNCTION: calls it with the words of each line of standard input, as a shell reads them.
# All rows are tried; those that fail are shown.
each_row() {
  local line row failed=0 rows=0
  while IFS= read -r -u 9 line; do
    case $line in '' | '#'*) continue ;; esac
    eval "row=($line)"
    rows=$((rows + 1))
    if ! "$1" "${row[@]}"; then
      echo "^^^ row: $line"
      failed=$((failed + 1))
    fi
  done 9<&0
  [ "$rows" -gt 0 ] && [ "$failed" = 0 ]
}

# a row: STATUS REGEX ACTION WORD...
row_of_calls() {
  local wanted=$1 regex=$2
  shift 2
  agent "$@" && outcome "$wanted" "$regex"
}

# file NAME: standard input into a file of the test; $dir is where these are
file() { cat >"$dir/$1"; }

# A guest of libvirt's test driver, which needs no daemon. Each process has one that runs, "test"; so
# with hypervisor=$TEST_DRIVER monitor succeeds for a config only if its name was read as "test".
TEST_DRIVER=test:///default
domain() { # NAME [MORE]
  printf "<domain type='test'><name>%s</name>%s<memory>1</memory><os><type>hvm</type></os></domain>\n" "$1" "${2:-}"
}

# A guest of QEMU's that is nowhere.
qemu_domain() { # NAME
  printf "<domain type='qemu'><name>%s</name><uuid>%s</uuid></domain>\n" "$1" "$(cat /proc/sys/kernel/random/uuid)"
}
