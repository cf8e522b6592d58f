#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh GROUP...: installs the Debian packages that a group of tasks needs, as
# root or through sudo, and only those that are missing. Groups may be combined;
# 'deps.sh list' prints each with its packages. Nothing here starts a service.
#
# Rust is not among them: it comes from rustup, and this script says so when it is
# missing or too old.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

GROUPS_KNOWN=(build servers npm check threads docs windows bench)

packages_of() {
  case $1 in
    build) echo gcc libc6-dev make pkgconf libssl-dev zlib1g-dev libzstd-dev binutils ;;
    # mariadb-server-core is the server without its system service.
    servers) echo mariadb-server-core openssl util-linux ;;
    # Fetches mysql-5.6. Only where there is no npm yet, from wherever: Debian's goes with
    # no other Node.js than Debian's.
    npm) command -v npm >/dev/null || echo npm nodejs ;;
    # util-linux and iproute2 make the network namespaces in which connecting is tested.
    check) echo g++ clang python3 python3-eventlet python3-gevent valgrind util-linux iproute2 libc6-dbg libuv1-dev libev-dev libevent-dev libglib2.0-dev ;;
    # A compiler with exactly its std's source.
    threads) echo gcc libc6-dev rustc-web cargo-web rust-web-src ;;
    docs) echo gcc libc6-dev make python3-sphinx python3-myst-parser ;;
    windows) echo rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 wine64 perl make ;;
    bench) echo gcc libc6-dev make pkgconf valgrind libc6-dbg libmariadb-dev ;;
    *) die "no group '$1'; there are: ${GROUPS_KNOWN[*]}" ;;
  esac
}

# cargo itself compares its version with Cargo.toml's rust-version.
need_rust() {
  local hint
  hint="install it with rustup (https://rustup.rs), any version from $(rust_version) on, and see that cargo is on PATH"
  command -v cargo >/dev/null || die "cargo, Rust's build tool, is not here: $hint"
  cargo --version >/dev/null 2>&1 || die "cargo is here but does not run ('cargo --version' fails): $hint"
}

# rustfmt and clippy belong to Rust, not to Debian.
need_rust_tools() {
  local missing=()
  cargo fmt --version >/dev/null 2>&1 || missing+=(rustfmt)
  cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Adding to Rust: ${missing[*]}"
  rustup component add "${missing[@]}" >&2 || die "'rustup component add ${missing[*]}' failed, and the checks need them"
}

rust_version() {
  local version
  version=$(sed -n 's/^rust-version *= *"\(.*\)".*/\1/p' "$ROOT/Cargo.toml" 2>/dev/null | head -n 1)
  echo "${version:-1.95}"
}

[ $# -gt 0 ] || die "usage: deps.sh GROUP...; groups: ${GROUPS_KNOWN[*]}"
if [ "$1" = list ]; then
  for group in "${GROUPS_KNOWN[@]}"; do echo "$group: $(packages_of "$group")"; done
  exit 0
fi

packages=()
for group; do
  # Two steps, so that an unknown group ends the script.
  names=$(packages_of "$group")
  read -r -a names <<<"$names"
  packages+=("${names[@]}")
done
for group; do
  case $group in
    build) need_rust ;;
    check) need_rust && need_rust_tools ;;
  esac
done
install_packages "${packages[@]}"
