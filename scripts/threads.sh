#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# threads.sh: C programs that use the library from several threads, under ThreadSanitizer. Needs the servers of
# servers.sh, and their settings in the environment (servers.sh env). A report of the sanitizer is a failure.
#
# The sanitizer must see all that synchronises, the inside of Rust's Mutex too, so the library and Rust's std are
# both built for it, with the compiler of which Debian packages the source of std (rustc-web, rust-web-src). std is
# built once for each release of that compiler, and kept in build/threads. The runtime is GCC's own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

PROGRAMS=(threads pool_threads)
TARGET=x86_64-unknown-linux-gnu
OUT=$ROOT/build/threads
STD=$OUT/sysroot/lib/rustlib/$TARGET/lib
# By full path: what comes first on PATH has no source of std.
export RUSTC=/usr/bin/rustc
CARGO=/usr/bin/cargo
# ThreadSanitizer is for Rust's developers still; the one variable lets this compiler use it.
export RUSTC_BOOTSTRAP=1
unset CARGO_BUILD_TARGET CARGO_TARGET_DIR CARGO_INCREMENTAL CARGO_ENCODED_RUSTFLAGS RUSTFLAGS RUSTC_WRAPPER \
  RUSTUP_TOOLCHAIN MAKEFLAGS MFLAGS
# Quick to build, and quick enough to run.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=line-tables-only \
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16

flags() {
  local IFS=$'\x1f'
  printf '%s' "$*"
}

[ "$(uname -m)" = x86_64 ] || die "this is written for x86_64"
mkdir -p "$OUT"

build_std() {
  local version source work
  version=$("$RUSTC" -vV)
  [ "$(cat "$STD/built-with" 2>/dev/null || true)" != "$version" ] || return 0
  source=$("$RUSTC" --print sysroot)/lib/rustlib/src/rust/library
  [ -f "$source/sysroot/Cargo.toml" ] || die "no source of Rust's std at $source (Debian: rust-web-src)"
  say "Building Rust's std for the sanitizer (once, one to two minutes)"
  work=$OUT/std
  rm -rf "$work" "$STD"
  mkdir -p "$work" "$STD"
  cp -r "$source" "$work/library"
  # As an .rlib only.
  sed -i 's/^crate-type = \["dylib", "rlib"\]/crate-type = ["rlib"]/' "$work"/library/{std,test}/Cargo.toml
  (
    cd "$work/library"
    CARGO_ENCODED_RUSTFLAGS=$(flags -Zforce-unstable-if-unmarked -Zsanitizer=thread) \
      "$CARGO" build --release --locked -p std --features panic-unwind,backtrace --target "$TARGET" \
      --target-dir "$work/target"
  )
  cp "$work/target/$TARGET"/release/deps/lib*.rlib "$STD/"
  rm -rf "$work"
  # Last: it says that all the rest is complete.
  printf '%s\n' "$version" >"$STD/built-with"
}

build_library() {
  say "Building the library for the sanitizer"
  CARGO_ENCODED_RUSTFLAGS=$(flags --sysroot "$OUT/sysroot" -Zsanitizer=thread) \
    "$CARGO" rustc --release --locked --lib --crate-type staticlib --target "$TARGET" --target-dir "$OUT/target"
}

# LLVM's sanitizer has names for these that GCC's does not know; the ordinary ones are watched, too.
write_names() {
  cat >"$OUT/names.c" <<'NAMES'
#include <string.h>
void *__tsan_memcpy(void *to, const void *from, size_t n) { return memcpy(to, from, n); }
void *__tsan_memmove(void *to, const void *from, size_t n) { return memmove(to, from, n); }
void *__tsan_memset(void *to, int byte, size_t n) { return memset(to, byte, n); }
NAMES
  gcc -O1 -fno-builtin -c "$OUT/names.c" -o "$OUT/names.o"
  # OpenSSL is the system's, and its atomic counters are not seen.
  printf 'race:libcrypto.so\nrace:libssl.so\n' >"$OUT/suppressions"
}

run_program() {
  local name=$1 status=0
  gcc -std=c99 -g -O1 -fsanitize=thread -pthread -Iinclude "capi-tests/contract/$name.c" "$OUT/names.o" \
    "$OUT/target/$TARGET/release/libattachsql.a" -lzstd -lz -lssl -lcrypto -lgcc_s -lutil -lrt -lpthread -lm -ldl \
    -o "$OUT/$name"
  say "Running $name"
  ATTACHSQL_TEST_PATIENCE=${ATTACHSQL_TEST_PATIENCE:-3} ATTACHSQL_TEST_SERVERS="mariadb-10.11 mysql-9.7" \
    TSAN_OPTIONS="exitcode=66 suppressions=$OUT/suppressions" "$OUT/$name" || status=$?
  [ "$status" = 0 ] || die "$name has ended with $status (66: the sanitizer's reports are above)"
}

# That it sees what it is to see: a race of the library's caller, through the library.
run_wrong() {
  cat >"$OUT/wrong.c" <<'WRONG'
#include <libattachsql2/attachsql.h>
#include <pthread.h>
static void *set(void *con) { attachsql_connect_set_user_data(con, con); return NULL; }
int main(void)
{
  attachsql_connect_t *con = attachsql_connect_create("127.0.0.1", 1, "u", "p", "", NULL);
  pthread_t thread;

  pthread_create(&thread, NULL, set, con);
  attachsql_connect_set_user_data(con, NULL);
  pthread_join(thread, NULL);
  return 0;
}
WRONG
  gcc -std=c99 -g -O1 -fsanitize=thread -pthread -Iinclude "$OUT/wrong.c" "$OUT/names.o" \
    "$OUT/target/$TARGET/release/libattachsql.a" -lzstd -lz -lssl -lcrypto -lgcc_s -lutil -lrt -lpthread -lm -ldl \
    -o "$OUT/wrong"
  local status=0
  TSAN_OPTIONS="exitcode=66" "$OUT/wrong" 2>/dev/null || status=$?
  [ "$status" = 66 ] || die "a race inside the library was not seen"
}

build_std
build_library
write_names
run_wrong
for name in "${PROGRAMS[@]}"; do
  run_program "$name"
done
