#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# std.sh: builds Rust's std for Windows, once per compiler release, from the source that Debian packages (rust-web-src);
# Debian has it compiled for none of its current compilers. Returns at once when it is there.
#
# It goes into a sysroot of our own, not beside the system's compiler: crates for Windows are compiled with --sysroot,
# what runs here while building (build scripts, procedural macros) with the compiler's own std.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -x "$RUSTC" ] || die "no Rust compiler at $RUSTC (Debian: rustc-web)"
[ -x "$CARGO" ] || die "no cargo at $CARGO (Debian: cargo-web)"
version=$("$RUSTC" -vV)
release=$(sed -n 's/^release: //p' <<<"$version")
commit=$(sed -n 's/^commit-hash: //p' <<<"$version")

recipe=2 # raise it when what follows changes, so that what older scripts built is not kept
dest=$SYSROOT/lib/rustlib/$TARGET
wanted="$version, recipe $recipe"
[ "$(cat "$dest/built-with" 2>/dev/null || true)" != "$wanted" ] || exit 0

source=${WINDOWS_STD_SRC:-$("$RUSTC" --print sysroot)/lib/rustlib/src/rust/library}
[ -f "$source/sysroot/Cargo.toml" ] || die "no source of Rust's std at $source (Debian: rust-web-src)"
# std uses unstable features of the very compiler it was released with. Debian's folder is named after the release.
tree=$(basename "$(dirname "$(readlink -f "$source")")")
case $tree in
  rustc-[0-9]*)
    [ "${tree#rustc-}" = "${release%%-*}" ] ||
      die "the source of std is of Rust ${tree#rustc-}, the compiler is $release: upgrade rustc-web and rust-web-src together"
    ;;
esac

say "Building Rust's std $release for Windows (once, about a minute)"
work=$(mktemp -d "${TMPDIR:-/tmp}/attachsql-std.XXXXXX")
trap 'rm -rf "$work"' EXIT

# In a copy, std as an .rlib only: its other form is a DLL, on which every attachsql.dll would then depend.
cp -r "$source" "$work/library"
sed -i 's/^crate-type = \["dylib", "rlib"\]/crate-type = ["rlib"]/' "$work"/library/{std,test}/Cargo.toml
# The flags of the compiler's own build: the first keeps std's private dependencies out of other crates' reach, bitcode
# lets link-time optimisation take std in, and panic messages shall name the source, not folders of this machine.
flags=(-Zforce-unstable-if-unmarked -Cembed-bitcode=yes "--remap-path-prefix=$work=/rustc/$commit"
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo")
(
  cd "$work/library"
  CARGO_ENCODED_RUSTFLAGS=$(encoded_flags "${flags[@]}")
  export CARGO_ENCODED_RUSTFLAGS
  RUSTC_BOOTSTRAP=1 "$CARGO" build --release --locked --manifest-path sysroot/Cargo.toml \
    --features panic-unwind,backtrace --target "$TARGET" --target-dir "$work/target"
) >"$work/log" 2>&1 || {
  tail -n 40 "$work/log" >&2
  die "Rust's std did not build; the compiler's own words are above"
}

rm -rf "$dest"
mkdir -p "$dest/lib"
cp "$work/target/$TARGET"/release/deps/lib*.rlib "$dest/lib/"
# Last: it says that all the rest is complete.
printf '%s\n' "$wanted" >"$dest/built-with"
