# shellcheck shell=bash
# libguestfs' real virt-copy-in, for the tests of copyindirs, without installing its hundred packages
# (among them a boot loader and a volume manager) on the tester's machine: they are installed over the
# machine's files in memory, and only the program and the appliance that it boots are kept. That takes
# a minute or two, once. The appliance's kernel is the guests' own, which `lab up` has fetched.

# guestfs_tools: print the directory that has virt-copy-in
guestfs_tools() {
  local cache=${WHERRY_LAB_CACHE:-/var/cache/wherry-lab} lock
  local dir=$cache/guestfs
  exec {lock}>"$cache/guestfs.lock"
  flock "$lock"
  if [ ! -d "$dir" ]; then
    rm -rf "$dir.new" && mkdir "$dir.new" || return 1
    guestfs_make "$cache/packages" "$dir.new" "$dir" >"$dir.log" 2>&1 || {
      echo "libguestfs cannot be had:" >&2
      tail -n 20 "$dir.log" >&2
      return 1
    }
    mv "$dir.new" "$dir"
  fi
  exec {lock}>&-
  echo "$dir/bin"
}

# shellcheck disable=SC2016 # the inner shell expands
guestfs_make() { # PACKAGES-WITH-KERNEL OUTPUT PATH-FOR-GOOD
  unshare --mount --propagation private bash -ec '
    packages=$1 out=$2 home=$3
    mount --bind "$out" /mnt # under /root it would be hidden
    mount -t tmpfs tmpfs /media
    mkdir /media/{upper,work,root}
    mount -t overlay overlay -o lowerdir=/,upperdir=/media/upper,workdir=/media/work /media/root
    root=/media/root
    mount --bind /mnt "$root/mnt"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    printf "#!/bin/sh\nexit 101\n" >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -q --no-install-recommends guestfish kmod
    mkdir -p "$root/lib/modules"
    cp "$packages"/boot/* "$root/boot/"
    cp -r "$packages"/lib/modules/* "$root/lib/modules/"
    for version in "$root"/lib/modules/*; do
      chroot "$root" depmod "${version##*/}"
    done
    chroot "$root" bash -ec "
      supermin --build --copy-kernel -f ext2 --host-cpu x86_64 /usr/lib/*/guestfs/supermin.d -o /mnt/appliance
      mkdir /mnt/{bin,lib}
      cp /usr/bin/{guestfish,virt-copy-in} /mnt/lib/"
    echo fixed >/mnt/appliance/README.fixed
    # the libraries that the machine lacks
    chroot "$root" ldd /usr/bin/guestfish | sed -n "s/.*=> \([^ ]*\).*/\1/p" | while read -r library; do
      [ -e "$library" ] || cp -L "$root$library" /mnt/lib/
    done
    cat >/mnt/bin/virt-copy-in <<W
#!/bin/sh
export LIBGUESTFS_PATH=$home/appliance LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg
export LD_LIBRARY_PATH=$home/lib PATH=$home/lib:\$PATH
exec virt-copy-in "\$@"
W
    chmod +x /mnt/bin/virt-copy-in' - "$@"
}
