#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# openssl.sh: compiles OpenSSL for Windows, once, as static libraries. Returns at once when they are there. (Cargo's
# `vendored` feature would do it again in every target folder and profile, minutes each time.)
#
# The source is the one inside the openssl-src crate: cargo fetches it and checks its sum, and no other server is asked.
# To take a newer OpenSSL, change the version below.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

crate=300.6.1 # openssl-src; OpenSSL 3.6.3

# The library inside somebody's DLL shall do what it is told and nothing else: load no code (dso, engine, module), read
# no openssl.cnf. Left out besides: what no TLS connection to a database uses.
options=(
  no-shared no-module no-dso no-engine no-autoload-config
  no-apps no-docs no-tests
  no-comp no-zlib no-legacy no-quic no-dtls no-cmp no-cms no-ts no-ct no-srp no-rfc3779 no-uplink
  no-ssl3 no-weak-ssl-ciphers no-aria no-bf no-camellia no-cast no-gost no-idea no-md2 no-mdc2 no-rc2 no-rc4 no-rc5
  no-rmd160 no-seed no-sm2 no-sm3 no-sm4 no-whirlpool no-slh-dsa
)
# Where it would look for files of its own: a name that no file on Windows can have. The usual default, /usr/local/ssl, is
# a folder that any user of a Windows machine may make, and fill.
nowhere=/no:files

wanted="openssl-src $crate, $($MINGW-gcc --version | head -n 1), ${options[*]}, $nowhere"
[ "$(cat "$OPENSSL/built-with" 2>/dev/null || true)" != "$wanted" ] || exit 0

say "Building OpenSSL for Windows (once; on two cores about 5 minutes)"
work=$(mktemp -d "${TMPDIR:-/tmp}/attachsql-openssl.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<TOML
[package]
name = "openssl-source"
version = "0.0.0"
edition = "2024"
[dependencies]
openssl-src = "=$crate"
TOML
echo 'fn main() { print!("{}", openssl_src::source_dir().display()); }' >"$work/src/main.rs"
{
  source=$("$CARGO" run -q --manifest-path "$work/Cargo.toml" --target-dir "$work/target") &&
    cp -r "$source" "$work/openssl" && cd "$work/openssl" &&
    perl ./Configure mingw64 "--cross-compile-prefix=$MINGW-" "--prefix=$nowhere" "--openssldir=$nowhere" --libdir=lib "${options[@]}" &&
    make -j"$(nproc)" build_libs
} >"$work/log" 2>&1 || {
  tail -n 40 "$work/log" >&2
  die "OpenSSL did not build; its own words are above"
}

rm -rf "$OPENSSL"
mkdir -p "$OPENSSL"/{include,lib}
cp -r include/openssl "$OPENSSL/include/"
rm -f "$OPENSSL"/include/openssl/*.in
cp libssl.a libcrypto.a "$OPENSSL/lib/"
# Last: it says that all the rest is complete.
printf '%s\n' "$wanted" >"$OPENSSL/built-with"
