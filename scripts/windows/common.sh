# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# What the Windows scripts share: where things are and which tools make them. Source it; it does nothing by itself.
#
# Settings from outside, where the defaults do not suit:
#   ATTACHSQL_WINDOWS_DIR    everything made here              default: build/windows in the checkout
#   ATTACHSQL_WINDOWS_CACHE  what is made once and then kept: Rust's std, OpenSSL, the Wine prefix
#                                                              default: cache in the folder above
#   WINDOWS_RUSTC, WINDOWS_CARGO, WINDOWS_STD_SRC
#                            another compiler, its cargo, and the `library` folder of exactly its source
#                                                              default: Debian's rustc-web, cargo-web, rust-web-src
#   WINE                     the Wine loader                   default: the one of Debian's wine64

WINDOWS_SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$WINDOWS_SCRIPTS/../common.sh"

TARGET=x86_64-pc-windows-gnu
MINGW=x86_64-w64-mingw32

WIN=${ATTACHSQL_WINDOWS_DIR:-$ROOT/build/windows}
CACHE=${ATTACHSQL_WINDOWS_CACHE:-$WIN/cache}
mkdir -p "$WIN" "$CACHE"
WIN=$(cd "$WIN" && pwd -P)
CACHE=$(cd "$CACHE" && pwd -P)
OUT=$WIN/out
SYSROOT=$CACHE/sysroot
OPENSSL=$CACHE/openssl
WINE_PREFIX=$CACHE/wine

# By full path: a rustup that comes first on PATH has no std for this target.
RUSTC=${WINDOWS_RUSTC:-/usr/bin/rustc}
CARGO=${WINDOWS_CARGO:-/usr/bin/cargo}
WINE=${WINE:-/usr/lib/wine/wine64} # the package puts no wine on PATH
export RUSTC

# Cargo and rustc as the scripts mean them, whatever the caller's shell has set for other builds.
unset CARGO_BUILD_TARGET CARGO_TARGET_DIR CARGO_INCREMENTAL CARGO_ENCODED_RUSTFLAGS RUSTFLAGS RUSTC_WRAPPER \
  RUSTUP_TOOLCHAIN RUSTDOC MAKEFLAGS MFLAGS

# encoded_flags FLAG...: the form in which cargo takes flags that may hold spaces (CARGO_ENCODED_RUSTFLAGS).
encoded_flags() {
  local IFS=$'\x1f'
  printf '%s' "$*"
}

# one_at_a_time NAME: waits until no other run of the same part uses the same folders. The lock is file descriptor 9;
# what goes on running after the script must not inherit it (9>&-).
one_at_a_time() {
  exec 9>"$CACHE/$1.lock"
  flock -n 9 || { say "Waiting for another run in $CACHE"; flock 9; }
}
