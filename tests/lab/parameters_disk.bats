#!/usr/bin/env bats
# What the parameters of ocf:wherry:LiveDomain about a copy-on-write disk do: backingfile, stateless
# and copyindirs. The guest writes a record on its disk at each boot. The name of a test begins with
# its parameter's.

bats_require_minimum_version 1.5.0
export WHERRY_LAB=/run/wherry-lab-parameters_disk
load lib.bash
load agent.bash
load guestfs.bash

setup_file() {
  lab up --nodes 1 --stage "$WHERRY_STAGE"
}

teardown_file() {
  lab down
}

# A guest whose disk is, as the agent promises, beside its config: web.qcow2.
# Written through, so that what the guest wrote can be seen while it runs.
setup() {
  BACKING=$LAB/shared/golden.raw
  IMAGE=$LAB/shared/web.qcow2
  lab guest web
  sed -i "s|</devices>|<disk type='file'><driver name='qemu' type='qcow2' cache='writethrough'/><source file='$IMAGE'/>\
    <target dev='vda' bus='virtio'/></disk></devices>|" "$LAB/shared/web.xml"
  truncate -s 1M "$BACKING"
}

teardown() {
  on a1 virsh destroy web >/dev/null 2>&1 || true
  on a1 rm -f /run/wherry/LiveDomain-web.guest
  rm -f "$LAB"/shared/web.* "$BACKING"
}

# boots_on_disk FILE: the id of each boot that has written a record there
boots_on_disk() {
  qemu-img convert -U -O raw "$1" "$LAB/shared/web.raw" &&
    tr -d '\000' <"$LAB/shared/web.raw" | cut -d' ' -f1 | sort -u | sed '/^$/d'
}

# Start the guest, let it write on its disk, stop it.
live_once() { # [PARAMETER=VALUE...]
  rm -f "$LAB/shared/web.console"
  agent a1 web start "$@"
  wait_until 30 this_boot_is_on_disk
  agent a1 web stop force_stop=true
}

this_boot_is_on_disk() {
  local boot
  boot=$(sed -n 's/^BOOT //p' "$LAB/shared/web.console") && [ -n "$boot" ] && boots_on_disk "$IMAGE" | grep -qx "$boot"
}

@test "backingfile: the guest works on an image of its own, and remembers" {
  live_once backingfile="$BACKING"
  [ "$(qemu-img info "$IMAGE" | sed -n 's/^backing file: //p')" = "$BACKING" ]
  live_once backingfile="$BACKING"
  [ "$(boots_on_disk "$IMAGE" | wc -l)" = 2 ]
  [ -z "$(boots_on_disk "$BACKING")" ] # never written on
}

@test "stateless: the guest forgets at each start" {
  live_once backingfile="$BACKING" stateless=true
  live_once backingfile="$BACKING" stateless=true
  [ "$(boots_on_disk "$IMAGE" | wc -l)" = 1 ]
}

@test "copyindirs are in a new disk before the guest starts, and only in a new one" {
  local tools
  tools=$(guestfs_tools)
  disk_with_system "$BACKING"
  # as its second disk: on the first one the guest would write across the file system
  sed -i 's|dev="vda"|dev="vdb"|; s|dev='\''vda'\''|dev='\''vdb'\''|' "$LAB/shared/web.xml"
  mkdir -p "$LAB/shared/cargo"
  echo 'a file' >"$LAB/shared/greeting"
  echo 'a file in a directory' >"$LAB/shared/cargo/bale"
  agent a1 web start backingfile="$BACKING" copyindirs="$LAB/shared/greeting $LAB/shared/cargo" \
    PATH="$tools:/usr/sbin:/usr/bin:/sbin:/bin" CRM_meta_timeout=240000 # an appliance boots, without KVM
  [ "$(file_in "$IMAGE" /greeting)" = 'a file' ]
  [ "$(file_in "$IMAGE" /cargo/bale)" = 'a file in a directory' ]
  [ "$(file_in "$IMAGE" /etc/os-release)" = 'ID=debian' ]
  [ -z "$(file_in "$BACKING" /greeting)" ]
  agent a1 web stop force_stop=true

  # no program that could copy: none is needed
  agent a1 web start backingfile="$BACKING" copyindirs="$LAB/shared/cargo"
}

# What virt-copy-in takes for a system: it looks for the one that the disk has.
disk_with_system() { # FILE
  local root=$LAB/shared/system
  mkdir -p "$root"/{bin,etc,usr,var}
  echo 'ID=debian' >"$root/etc/os-release"
  echo '12.0' >"$root/etc/debian_version"
  echo '/dev/sda / ext4 defaults 0 1' >"$root/etc/fstab"
  truncate -s 16M "$1"
  mke2fs -q -t ext4 -d "$root" "$1"
}

file_in() { # IMAGE PATH
  qemu-img convert -U -O raw "$1" "$LAB/shared/web.raw" && debugfs -R "cat $2" "$LAB/shared/web.raw" 2>/dev/null
}
