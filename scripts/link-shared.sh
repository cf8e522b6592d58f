#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# link-shared.sh: makes build/lib from cargo's static release library:
#
#   libattachsql.so.<version>  the shared library, with its version nodes
#   libattachsql.so.<major>    what programs ask for when they start (the SONAME)
#   libattachsql.so            what the linker looks for
#   libattachsql.a             the static library
#   libs-private               what a program has to link besides the static library
#
# The shared library is linked here, because cargo's own carries an anonymous
# version script that cannot be combined with nodes. It is then compared with
# packaging/libattachsql.map.
#
# Environment: CARGO_TARGET_DIR (default: target), CC, CFLAGS, LDFLAGS.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

archive=${CARGO_TARGET_DIR:-$ROOT/target}/release/libattachsql.a
map=$ROOT/packaging/libattachsql.map
lib=$ROOT/build/lib
version=$(crate_version)
soname=libattachsql.so.${version%%.*}

[ -e "$archive" ] || die "no $archive; 'cargo build --release' makes it, 'make' does both"

# Everything is made in a directory of its own and moved in place whole, so that a
# program running with the old library keeps it.
work=$(mktemp -d "$ROOT/build/link.XXXXXX" 2>/dev/null) || { mkdir -p "$ROOT/build" && work=$(mktemp -d "$ROOT/build/link.XXXXXX"); }
trap 'rm -rf "$work"' EXIT

# Of the archive only what the exported functions need stays (--gc-sections), and of
# the system's libraries only those that it needs (--as-needed). -z defs: every symbol
# must be found now. relro and now: the tables of addresses are read-only from start-up.
read -r -a cflags <<<"${CFLAGS-}"
read -r -a ldflags <<<"${LDFLAGS-}"
system=(-lssl -lcrypto -lz -lzstd -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc)
"${CC:-cc}" -shared "${cflags[@]}" -o "$work/libattachsql.so.$version" \
  "-Wl,-soname,$soname" "-Wl,--version-script=$map" \
  -Wl,--whole-archive "$archive" -Wl,--no-whole-archive \
  -Wl,--gc-sections -Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--strip-debug \
  "${ldflags[@]}" -Wl,--as-needed "${system[@]}" ||
  die "linking $soname failed"

# 'node name' of each symbol: what the map says and what the library has.
sed -n 's/^\(LIBATTACHSQL_[0-9.]*\) {$/node \1/p; s/^ *\(attachsql_[a-z0-9_]*\);$/\1/p' "$map" |
  awk '$1 == "node" { node = $2; next } { print node, $1 }' | sort >"$work/wanted"
nm -D --defined-only "$work/libattachsql.so.$version" |
  awk '$2 != "A" { split($3, part, "@+"); print part[2], part[1] }' | sort >"$work/found"
if ! diff -u --label packaging/libattachsql.map --label "libattachsql.so.$version" "$work/wanted" "$work/found" >&2; then
  die "the library's symbols are not those of packaging/libattachsql.map (- is missing, + is too many)"
fi

ln -s "libattachsql.so.$version" "$work/$soname"
ln -s "$soname" "$work/libattachsql.so"
objcopy --strip-debug "$archive" "$work/libattachsql.a"

# What the shared library needs of the optional libraries, the static one needs too;
# the rest is what Rust's std asks for.
private=
for name in ssl crypto z zstd; do
  if readelf -d "$work/libattachsql.so.$version" | grep -q "NEEDED.*\[lib$name\.so"; then private+="-l$name "; fi
done
echo "${private}-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc" >"$work/libs-private"

rm -f "$work/wanted" "$work/found"
mkdir -p "$lib"
for file in "$lib"/*; do
  [ -e "$work/${file##*/}" ] || rm -f "$file"
done
mv -f "$work"/* "$lib/"
