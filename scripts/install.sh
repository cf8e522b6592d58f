#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh: puts what 'make' built, the headers and libattachsql.pc in place.
# 'make install' calls it.
#
# Environment: PREFIX (default /usr/local), LIBDIR (default $PREFIX/lib), DESTDIR
# (put in front of every path while copying, for packages; default nothing).
set -euo pipefail
umask 022
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
DESTDIR=${DESTDIR-}
built=$ROOT/build/lib
version=$(crate_version)

for path in "$PREFIX" "$LIBDIR"; do
  case $path in
    /*) ;;
    *) die "PREFIX and LIBDIR must start with '/', not '$path'" ;;
  esac
done
[ -e "$built/libattachsql.so.$version" ] || die "nothing to install: there is no $built/libattachsql.so.$version; run make first"

install -d "$DESTDIR$LIBDIR/pkgconfig" "$DESTDIR$PREFIX/include/libattachsql2/adapters"
install -m 755 "$built/libattachsql.so.$version" "$DESTDIR$LIBDIR/"
for link in "libattachsql.so.${version%%.*}" libattachsql.so; do
  cp -P --remove-destination "$built/$link" "$DESTDIR$LIBDIR/"
done
install -m 644 "$built/libattachsql.a" "$DESTDIR$LIBDIR/"
install -m 644 "$ROOT"/include/libattachsql2/*.h "$DESTDIR$PREFIX/include/libattachsql2/"
install -m 644 "$ROOT"/include/libattachsql2/adapters/* "$DESTDIR$PREFIX/include/libattachsql2/adapters/"

# Paths with '&', '|' or '\' would need care in sed; the shell replaces them as they are.
pc=$(cat "$ROOT/packaging/libattachsql.pc.in")
pc=${pc//@PREFIX@/"$PREFIX"}
pc=${pc//@LIBDIR@/"$LIBDIR"}
pc=${pc//@VERSION@/"$version"}
pc=${pc//@LIBS_PRIVATE@/"$(cat "$built/libs-private")"}
printf '%s\n' "$pc" >"$DESTDIR$LIBDIR/pkgconfig/libattachsql.pc"

echo "Installed libattachsql $version into $DESTDIR$PREFIX"
# The loader's cache, where it covers the directory and is ours to renew.
if [ -z "$DESTDIR" ] && [ "$(id -u)" = 0 ] && ldconfig -NXv 2>/dev/null | grep -q "^$LIBDIR:"; then
  ldconfig
fi
