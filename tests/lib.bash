# shellcheck shell=bash
# What tests/run and tests/demo share: the machine they need, its packages, the build.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

stop_with() { # MESSAGE
  echo "$(basename "$0"): $1" >&2
  exit 1
}

need_root_on_debian() {
  [ "$(id -u)" = 0 ] || stop_with "run it as root: it makes network namespaces and starts clusters in them"
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    stop_with "this is not Debian: install what tests/packages.* names and use make check and tests/lab/lab"
}

packages_missing() { # FILE...: the packages listed there that are not installed
  local package
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | sort -u | while read -r package; do
    [ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || echo "$package"
  done
}

# Installs what is missing, and keeps Debian from starting the services: the lab starts its own, in namespaces.
install_packages() { # FILE...
  local missing policy=/usr/sbin/policy-rc.d own_policy=
  missing=$(packages_missing "$@" | xargs)
  [ -n "$missing" ] || return 0
  echo "installing: $missing"
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  # shellcheck disable=SC2086 # a list of words
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
    >/tmp/wherry-packages.log 2>&1 </dev/null; then
    [ -z "$own_policy" ] || rm -f "$policy"
    tail -n 20 /tmp/wherry-packages.log >&2
    stop_with "the packages cannot be installed (whole output: /tmp/wherry-packages.log)"
  fi
  [ -z "$own_policy" ] || rm -f "$policy"
}

# configure_and_make DIRECTORY [CONFIGURE-OPTION...]: a build outside of the source tree
configure_and_make() {
  local directory=$1
  shift
  mkdir -p "$directory"
  [ -x "$top/configure" ] && [ "$top/configure" -nt "$top/configure.ac" ] || "$top/autogen.sh" >"$directory/autogen.log" 2>&1 ||
    { tail -n 20 "$directory/autogen.log" >&2; stop_with "autogen.sh failed"; }
  (cd "$directory" && "$top/configure" --quiet --prefix=/usr "$@" >configure.log 2>&1) ||
    { tail -n 20 "$directory/configure.log" >&2; stop_with "configure failed"; }
  make -C "$directory" -j"$(nproc)" >"$directory/make.log" 2>&1 ||
    { grep -E 'error|warning' "$directory/make.log" >&2; stop_with "the build failed (whole output: $directory/make.log)"; }
}
