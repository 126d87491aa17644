# shellcheck shell=bash
# Guests: their domain XML, their shared disks, what they wrote on them. $LAB/guests/BASE/ holds a
# guest's name, uuid and, if it has a disk, the port of its export; $LAB/disks/BASE is the disk.

command_guest() {
  local name='' base='' memory='' disk='' dirty='' uuid='' agent='' deaf='' config_dir=$LAB/shared
  while [ $# -gt 0 ]; do
    case $1 in
      --memory) memory=$(mib_option "$@"); shift ;;
      --disk) disk=$(mib_option "$@"); shift ;;
      --dirty) dirty=$(mib_option "$@"); shift ;;
      --file) base=$(value_option "$@"); shift ;;
      --uuid) uuid=$(value_option "$@"); shift ;;
      --persistent-config-dir) config_dir=$(value_option "$@"); shift ;;
      --agent) agent=1 ;;
      --ignore-shutdown) deaf=1 ;;
      --?*) misuse "guest: unknown option '$1' (see lab --help)" ;;
      *) [ -z "$name" ] || misuse "guest takes one name, not '$name' and '$1'"; name=$1 ;;
    esac
    shift
  done
  [ -n "$name" ] || misuse "guest wants a name"
  [ -e "$LAB/shared/vmlinuz" ] || die "no lab is up in $LAB (lab up raises one)"
  base=${base:-${name//\//_}}
  case $base in
    */* | .*) misuse "guest: '$base' cannot be a file's name" ;;
  esac
  local dir=$LAB/guests/$base
  mkdir -p "$dir" "$config_dir"
  [ -n "$uuid" ] || uuid=$(cat "$dir/uuid" 2>/dev/null || cat /proc/sys/kernel/random/uuid)
  printf '%s\n' "$uuid" >"$dir/uuid"
  printf '%s\n' "$name" >"$dir/name"
  [ -z "$disk" ] || export_disk "$base" "$disk"
  domain_xml >"$config_dir/$base.xml.new"
  mv "$config_dir/$base.xml.new" "$config_dir/$base.xml"
  printf '%s\n' "$config_dir/$base.xml"
}

value_option() { # OPTION VALUE
  [ -n "${2:-}" ] || misuse "$1 wants a value"
  printf '%s\n' "$2"
}

mib_option() {
  [[ ${2:-} =~ ^[1-9][0-9]{0,5}$ ]] || misuse "$1 wants a number of MiB"
  echo "$2"
}

xml_escape() {
  sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g; s/'\''/\&apos;/g' <<<"$1"
}

# Reads command_guest's variables.
domain_xml() {
  local cmdline="console=ttyS0 quiet mitigations=off no_timer_check${dirty:+ lab.dirty=$dirty}${agent:+ lab.agent}${deaf:+ lab.deaf}"
  cat <<X
<domain type='qemu'>
  <name>$(xml_escape "$name")</name>
  <uuid>$(xml_escape "$uuid")</uuid>
  <memory unit='MiB'>${memory:-$((128 + ${dirty:-0}))}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$LAB/shared/vmlinuz</kernel>
    <initrd>$LAB/shared/initrd${agent:+-agent}</initrd>
    <cmdline>$cmdline</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='file'><source path='$(xml_escape "$LAB/shared/$base.console")' append='on'/></serial>
    <memballoon model='virtio'/>
X
  [ -z "$disk" ] || cat <<X
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source protocol='nbd'><host name='$STORAGE_ADDRESS' port='$(<"$dir/port")'/></source>
      <target dev='vda' bus='virtio'/>
    </disk>
X
  [ -z "$agent" ] || cat <<X
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
X
  cat <<X
  </devices>
</domain>
X
}

# export_disk BASE MIB: a raw file on the storage's address; an existing disk is kept as it is
export_disk() {
  local base=$1 mib=$2 file=$LAB/disks/$1 port
  [ ! -e "$file" ] || return 0
  exec {lock}>"$LAB/disks/.lock"
  flock "$lock"
  port=$((10809 + $(find "$LAB/disks" -type f ! -name '.*' | wc -l)))
  truncate -s "${mib}M" "$file"
  echo "$port" >"$LAB/guests/$base/port"
  exec {lock}>&-
  detached "$LAB/guests/$base/qemu-nbd.log" nsenter --net="/run/netns/$TAG.storage" -- \
    qemu-nbd --persistent --shared=0 --format=raw --bind="$STORAGE_ADDRESS" --port="$port" "$file"
  wait_for 10 in_netns storage bash -c ": <>/dev/tcp/$STORAGE_ADDRESS/$port" ||
    die "the disk of $base is not served: $(tail -n 3 "$LAB/guests/$base/qemu-nbd.log")"
}

guest_base() { # NAME: the base name of its files
  local dir
  for dir in "$LAB"/guests/*/; do
    if [ "$(cat "$dir/name" 2>/dev/null)" = "$1" ]; then
      basename "$dir"
      return
    fi
  done
  die "there is no guest '$1' (lab guest makes one)"
}

# For each run of records of one boot id: id, first and last counter, first and last time; then the
# sums. A boot id that comes back after another one means two copies at once; so do counters that
# are there twice.
command_stamps() {
  [ $# = 1 ] || misuse "stamps wants the name of a guest"
  local base
  base=$(guest_base "$1")
  [ -e "$LAB/disks/$base" ] || die "guest '$1' has no disk (lab guest NAME --disk MIB)"
  tr -d '\000' <"$LAB/disks/$base" | awk '
    function flush() { if (run != "") print "run", run, first, last, from, to }
    {
      if ($1 != run) {
        flush()
        if ($1 in seen) interleaved = 1; else boots++
        run = $1; first = $2; from = $3
      } else if ($2 > last + 1) missing++
      if (($1, $2) in written) duplicates++
      seen[$1]; written[$1, $2]; last = $2; to = $3
    }
    END {
      flush()
      print "records", NR
      print "boots", boots + 0
      print "interleaved", interleaved ? "yes" : "no"
      print "duplicates", duplicates + 0
      print "missing", missing + 0
    }'
}
