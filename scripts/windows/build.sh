#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh: the library for 64-bit Windows, cross-built on Debian 12; 'make windows' calls it. Installs what is missing.
# The first run also compiles Rust's std and OpenSSL (std.sh, openssl.sh) and takes some minutes, later ones seconds.
#
# What comes out, in build/windows/out:
#   bin/attachsql.dll              OpenSSL inside; needs nothing but Windows
#   lib/libattachsql.dll.a         to link with the DLL
#   lib/libattachsql.a             the static library, OpenSSL inside
#   include/libattachsql2/*.h, and in adapters/ those for WSAPoll
#   lib/pkgconfig/libattachsql.pc  holds wherever the folder is moved to
#
# Settings from outside: common.sh beside this file.
set -euo pipefail
umask 022
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages ca-certificates # cargo fetches crates over TLS
"$ROOT/scripts/deps.sh" windows
one_at_a_time build

# new_enough: whether the compiler is of the version that Cargo.toml asks for, or later.
new_enough() {
  rust_wanted=$(sed -n 's/^rust-version *= *"\(.*\)".*/\1/p' "$ROOT/Cargo.toml")
  rust_found=$("$RUSTC" -V | cut -d' ' -f2)
  [ "$(printf '%s\n' "$rust_wanted" "$rust_found" | sort -V | head -n 1)" = "$rust_wanted" ]
}
# Debian renews rustc-web within a release; package lists that are old, or lack its security updates, have an old one.
if ! new_enough && [ -z "${WINDOWS_RUSTC-}" ]; then
  say "Debian's Rust here is $rust_found, $rust_wanted is needed: refreshing the package lists, and upgrading it"
  { apt_get update && apt_get install -y --no-install-recommends rustc-web cargo-web rust-web-src; } ||
    die "upgrading rustc-web, cargo-web and rust-web-src failed; apt's own words are above"
fi
new_enough || die "$RUSTC is Rust $rust_found, $rust_wanted is needed; Debian has it among its security updates (rustc-web)"

"$WINDOWS_SCRIPTS/std.sh"
"$WINDOWS_SCRIPTS/openssl.sh"

# --- Compile -------------------------------------------------------------------------------------------------------

# Panic messages name the source as seen from the checkout, no folder of this machine.
CARGO_ENCODED_RUSTFLAGS=$(encoded_flags --sysroot "$SYSROOT" "--remap-path-prefix=$ROOT=." \
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo")
export CARGO_ENCODED_RUSTFLAGS
export X86_64_PC_WINDOWS_GNU_OPENSSL_DIR=$OPENSSL X86_64_PC_WINDOWS_GNU_OPENSSL_STATIC=1
# zlib, should a crate want it, is compiled in; pkg-config would find that of the machine that builds.
export LIBZ_SYS_STATIC=1 PKG_CONFIG_ALLOW_CROSS=0
# The products are stripped anyway.
export CARGO_PROFILE_RELEASE_DEBUG=none CARGO_PROFILE_RELEASE_STRIP=symbols

say "Compiling the library for Windows"
(cd "$ROOT" && "$CARGO" rustc --release --lib --locked --target "$TARGET" --target-dir "$WIN/target" -- \
  --print "native-static-libs=$WIN/target/native-static-libs") || die "the library did not compile for Windows"
built=$WIN/target/$TARGET/release

# --- Put in place --------------------------------------------------------------------------------------------------

rm -rf "$OUT.new"
mkdir -p "$OUT.new"/{bin,lib/pkgconfig,include/libattachsql2/adapters}
"$MINGW-strip" -o "$OUT.new/bin/attachsql.dll" "$built/attachsql.dll"
cp "$built/libattachsql.dll.a" "$OUT.new/lib/"
"$MINGW-objcopy" --strip-debug "$built/libattachsql.a" "$OUT.new/lib/libattachsql.a"
cp "$ROOT"/include/libattachsql2/*.h "$OUT.new/include/libattachsql2/"
# The one adapter for Windows.
cp "$ROOT"/include/libattachsql2/adapters/{adapter,poll}.h "$OUT.new/include/libattachsql2/adapters/"

# What a program must link besides the static library, as the compiler says it; each once.
libs_private=$(tr -s ' ' '\n' <"$WIN/target/native-static-libs" | awk 'NF && !seen[$0]++' | paste -sd' ')
pc=$(cat "$ROOT/packaging/libattachsql.pc.in")
# shellcheck disable=SC2016 # pkg-config shall see the dollars
for pair in '@PREFIX@=${pcfiledir}/../..' '@LIBDIR@=${prefix}/lib' "@VERSION@=$(crate_version)" "@LIBS_PRIVATE@=$libs_private"; do
  pc=${pc//"${pair%%=*}"/"${pair#*=}"}
done
! grep -q '@' <<<"$pc" || die "packaging/libattachsql.pc.in has a placeholder that this script does not know"
printf '%s\n' "$pc" >"$OUT.new/lib/pkgconfig/libattachsql.pc"

# --- Look at the result --------------------------------------------------------------------------------------------

dll=$OUT.new/bin/attachsql.dll
tables=$("$MINGW-objdump" -p "$dll")

sed -n 's/^ *\(attachsql_[a-z0-9_]*\);$/\1/p' "$ROOT/packaging/libattachsql.map" | sort >"$WIN/exports-wanted"
# Lines such as: [   0] +base[   1]  0000 attachsql_connect
sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/s/^\s*\[ *[0-9]*\].*\s\(\S*\)$/\1/p' <<<"$tables" | sort >"$WIN/exports"
diff -u --label packaging/libattachsql.map --label attachsql.dll "$WIN/exports-wanted" "$WIN/exports" >&2 ||
  die "attachsql.dll does not export the names of packaging/libattachsql.map (- is missing, + is too many)"
[ -s "$WIN/exports" ] || die "found no exported names in attachsql.dll"

# DLLs that are part of every Windows since version 10; whatever else appears here would have to be shipped along.
windows_dlls='^(kernel32|ntdll|msvcrt|ws2_32|advapi32|user32|gdi32|crypt32|bcrypt|bcryptprimitives|ncrypt|secur32|userenv|dbghelp|api-ms-win-[a-z0-9-]*)\.dll$'
imports=$(sed -n 's/^\s*DLL Name: //p' <<<"$tables" | tr '[:upper:]' '[:lower:]' | sort -u)
[ -n "$imports" ] || die "found no imported DLLs in attachsql.dll"
! grep -vE "$windows_dlls" <<<"$imports" >&2 || die "attachsql.dll needs the DLLs above, which are no part of Windows"

[ "$("$MINGW-dlltool" -I "$OUT.new/lib/libattachsql.dll.a")" = attachsql.dll ] ||
  die "libattachsql.dll.a does not name attachsql.dll, but: $("$MINGW-dlltool" -I "$OUT.new/lib/libattachsql.dll.a")"
! "$MINGW-objdump" -h "$dll" | grep -F ' .debug_' >&2 || die "attachsql.dll has debug information"
[[ $("$MINGW-nm" "$dll" 2>&1) == *"no symbols"* ]] || die "attachsql.dll is not stripped"
for path in "$ROOT" "$CACHE" "${CARGO_HOME:-$HOME/.cargo}"; do
  ! grep -qF "$path" "$dll" || die "attachsql.dll carries a path of the machine that built it: $path"
done

rm -rf "$OUT"
mv "$OUT.new" "$OUT"
echo "attachsql.dll: $(wc -l <"$WIN/exports") functions, $(du -k "$OUT/bin/attachsql.dll" | cut -f1) KiB; needs $(paste -sd' ' <<<"$imports")"
echo "The Windows libraries are in ${OUT#"$ROOT/"}"
