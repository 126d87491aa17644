# shellcheck shell=bash
# For tests that call ocf:wherry:LiveDomain themselves, inside a node, as Pacemaker would: where the
# cluster is not what is tested, that is many times faster. Source it after lib.bash.
#
# WHERRY_WITHOUT=PARAMETER leaves that parameter out of every call, as if the agent only declared it:
# each test that is named after it must then fail (tests/lab/parameters-matter tries them all).

# agent NODE GUEST ACTION [PARAMETER=VALUE...]: the resource is called as the guest; config is the
# guest's own unless given. A setting in capitals is one of the environment, such as PATH=...
agent() {
  local node=$1 guest=$2 action=$3 setting
  local -A settings=([config]="$LAB/shared/$guest.xml" [CRM_meta_timeout]=60000)
  shift 3
  for setting in "$@"; do
    settings[${setting%%=*}]=${setting#*=}
  done
  [ -z "${WHERRY_WITHOUT:-}" ] || unset "settings[$WHERRY_WITHOUT]"
  set -- OCF_ROOT=/usr/lib/ocf OCF_RA_VERSION_MAJOR=1 OCF_RESOURCE_INSTANCE="$guest"
  for setting in "${!settings[@]}"; do
    case $setting in
      *[!A-Z_]*) set -- "$@" "OCF_RESKEY_$setting=${settings[$setting]}" ;;
      *) set -- "$@" "$setting=${settings[$setting]}" ;;
    esac
  done
  # Pacemaker, too, ends a late agent with SIGKILL
  on "$node" env "$@" timeout --signal=KILL $((settings[CRM_meta_timeout] / 1000)) /usr/lib/ocf/resource.d/wherry/LiveDomain "$action"
}

# migrate_to GUEST FROM TO [PARAMETER=VALUE...]: the source's half of a move, over TCP
migrate_to() {
  local guest=$1 from=$2 to=$3
  shift 3
  agent "$from" "$guest" migrate_to migration_transport=tcp CRM_meta_migrate_source="$from" \
    CRM_meta_migrate_target="$to" "$@"
}

migrate_from() { # GUEST FROM TO [PARAMETER=VALUE...]: the target's half
  local guest=$1 from=$2 to=$3
  shift 3
  agent "$to" "$guest" migrate_from CRM_meta_migrate_source="$from" CRM_meta_migrate_target="$to" "$@"
}

# move GUEST FROM TO [PARAMETER=VALUE...]: both halves, and the guest is there, never rebooted
move() {
  migrate_to "$@" && migrate_from "$@" && guest_is_on "$1" "$3" && guest_counts "$1" && counter_unbroken "$1"
}

# unpacked PACKAGE: the directory into which a Debian package was unpacked; fetched once. For what
# must not be installed, because installed it would serve on the tester's own machine.
unpacked() {
  local dir=${WHERRY_LAB_CACHE:-/var/cache/wherry-lab}/unpacked/$1 lock
  mkdir -p "${dir%/*}"
  exec {lock}>"$dir.lock"
  flock "$lock"
  if [ ! -d "$dir" ]; then
    rm -rf "$dir.new" && mkdir "$dir.new" &&
      (cd "$dir.new" && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg -x ./*.deb . && rm ./*.deb) &&
      mv "$dir.new" "$dir" || return 1
  fi >&2
  exec {lock}>&-
  echo "$dir"
}

# root_ssh_server NODE CLIENT: root logs in there from the client with a key, and each knows who the other is. The
# server's program is unpacked, not installed.
root_ssh_server() {
  local sshd
  sshd=$(unpacked openssh-server)/usr/sbin/sshd
  on "$2" bash -ec '
    mkdir -p -m 700 ~/.ssh
    [ -e ~/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519
    cp ~/.ssh/id_ed25519.pub "$1"' - "$LAB/shared/client.pub"
  on "$1" bash -ec '
    grep -q ^sshd: /etc/passwd || echo "sshd:x:199:65534::/run/sshd:/usr/sbin/nologin" >>/etc/passwd
    mkdir -p -m 755 /run/sshd
    mkdir -p -m 700 ~/.ssh
    cp "$2" ~/.ssh/authorized_keys
    [ -e /run/host_key ] || ssh-keygen -q -t ed25519 -N "" -f /run/host_key
    cp /run/host_key.pub "$3"
    [ -e /run/sshd.pid ] ||
      "$1" -h /run/host_key -f /dev/null -E /var/log/sshd.log -o UsePAM=no -o PidFile=/run/sshd.pid' - \
    "$sshd" "$LAB/shared/client.pub" "$LAB/shared/host.pub"
  on "$2" bash -ec '
    ! grep -qs "^$1 " ~/.ssh/known_hosts || exit 0
    echo "$1 $(cat "$2")" >>~/.ssh/known_hosts' - "$1" "$LAB/shared/host.pub"
}

# shellcheck disable=SC2016 # what expands does so on the node
no_ssh_server() { # NODE
  on "$1" sh -c '[ ! -e /run/sshd.pid ] || kill "$(cat /run/sshd.pid)"'
  wait_until 5 on "$1" test ! -e /run/sshd.pid
}
