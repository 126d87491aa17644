# shellcheck shell=bash
# The guest's kernel and initramfs, made once and kept in $CACHE: Debian's cloud kernel, busybox,
# guest-init, and in a second initramfs Debian's qemu-guest-agent with its libraries.

# In the order in which they are loaded; one that the kernel has built in is no file, and skipped.
MODULES=(button evdev virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
  virtio_blk virtio_console)

guest_image() { # sets IMAGE, the directory; makes it if need be
  IMAGE=$CACHE/guest-$(cat "$here/guest-init" "$here/image.bash" | sha256sum | cut -c1-12)
  [ ! -d "$IMAGE" ] || return 0
  local lock
  exec {lock}>"$CACHE/image.lock"
  flock "$lock"
  if [ ! -d "$IMAGE" ]; then
    fetch_packages
    find "$CACHE" -maxdepth 1 -name 'guest-*' -mtime +7 -exec rm -rf {} +
    rm -rf "$CACHE/tmp" && mkdir "$CACHE/tmp"
    build_image "$CACHE/tmp"
    mv "$CACHE/tmp" "$IMAGE"
  fi
  exec {lock}>&-
}

# Unpacked, never installed: the host keeps its kernel and gets no agent.
fetch_packages() {
  local dir=$CACHE/packages kernel
  [ ! -d "$dir" ] || return 0
  kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
  [ -n "$kernel" ] || die "apt knows no linux-image-cloud-amd64 (the guests' kernel); run: apt-get update"
  rm -rf "$dir.new" && mkdir "$dir.new"
  (
    cd "$dir.new"
    apt-get -qq -o APT::Sandbox::User=root download "$kernel" qemu-guest-agent >download.log 2>&1 ||
      die "cannot download $kernel and qemu-guest-agent: $(tail -n 1 download.log) (apt-get update?)"
    for package in *.deb; do
      dpkg -x "$package" .
    done
    rm -f ./*.deb
  )
  mv "$dir.new" "$dir"
}

build_image() {
  local out=$1 root=$1/root from=$CACHE/packages
  unpack_kernel "$from"/boot/vmlinuz-* "$out/vmlinuz"
  mkdir -p "$root"/{bin,sbin,proc,sys,dev,tmp,run,modules}
  cp /bin/busybox "$root/bin/"
  /bin/busybox --install -s "$root/bin"
  find "$root/bin" -type l -exec ln -sf busybox {} \;
  install_modules "$from" "$root/modules"
  cp "$here/guest-init" "$root/init"
  chmod +x "$root/init"
  pack "$root" "$out/initrd"
  install_agent "$from" "$root"
  pack "$root" "$out/initrd-agent"
  rm -rf "$root"
}

# Unpacked here, as an ELF file that QEMU enters directly, a kernel boots 0.7 s sooner than one that
# unpacks itself under TCG. Debian packs it with LZ4 (legacy frame); any other is taken as it is.
unpack_kernel() {
  local offset
  offset=$(LC_ALL=C grep -abom 1 $'\x02\x21\x4c\x18' "$1" | head -n 1 | cut -d: -f1) || true
  if [ -n "$offset" ]; then
    # What follows the packed kernel in the file makes lz4 complain at the end.
    tail -c "+$((offset + 1))" "$1" | lz4 -dcq >"$2" 2>/dev/null || true
  fi
  [ "$(head -c 4 "$2" 2>/dev/null)" = $'\x7fELF' ] || cp "$1" "$2"
}

install_modules() {
  local from=$1 to=$2 i file
  for i in "${!MODULES[@]}"; do
    file=$(find "$from/lib/modules" -name "${MODULES[i]}.ko" | head -n 1)
    [ -z "$file" ] || cp "$file" "$to/1$i-${MODULES[i]}.ko"
  done
}

install_agent() {
  local program=$1/usr/sbin/qemu-ga root=$2 library
  cp "$program" "$root/sbin/"
  ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done
  # What the agent runs when it is told to shut down.
  printf '#!/bin/sh\necho "SHUTDOWN agent" >/dev/console\nexec poweroff -f\n' >"$root/sbin/shutdown"
  chmod +x "$root/sbin/shutdown"
}

pack() { # ROOT FILE; the fastest to unpack under TCG is what is not packed at all
  (cd "$1" && find . | cpio --quiet -o -H newc) >"$2"
}

# A guest's files lie where all nodes see them.
publish_image() {
  cp "$IMAGE"/{vmlinuz,initrd,initrd-agent} "$LAB/shared/"
}
