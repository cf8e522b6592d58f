#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check-part.sh PART: the stages of check.sh beside this file that are more than one command.
#
#   headers               each public header alone, as C and as C++
#   program WAY SOURCE.c  compiles a C test, linked in this WAY, and runs it under Wine:
#                         dll       with attachsql.dll, as a program does that knows nothing special
#                         imported  with attachsql.dll, the functions declared as imported
#                         static    with the static library
#   examples              the examples against the MariaDB server
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

bin=$WIN/check/bin
mkdir -p "$bin"
export PKG_CONFIG_LIBDIR=$OUT/lib/pkgconfig
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
warnings=(-Wall -Wextra -Wpedantic -Werror)

headers() {
  local way header compiler standard
  for header in "$OUT"/include/libattachsql2/{,adapters/}*.h; do
    header=${header#"$OUT/include/"}
    for way in gcc:c99 gcc:c11 g++:c++17; do
      compiler=$MINGW-${way%:*} standard=${way#*:}
      for define in ATTACHSQL_PLAIN ATTACHSQL_SHARED; do
        # Twice, as it happens when other headers include it; and a declaration, for a program must have one.
        printf '%s\n' "#include <$header>" "#include <$header>" "extern int none;" |
          "$compiler" "-std=$standard" "${warnings[@]}" "-D$define" "-I$OUT/include" -fsyntax-only \
            -x "$([ "${way%:*}" = g++ ] && echo c++ || echo c)" - ||
          die "$header does not compile alone as $standard (-D$define)"
      done
    done
    echo "$header: C99, C11, C++17"
  done
}

# compile WAY SOURCE.c: makes a program in a folder of its own; its path is in $program.
compile() {
  local way=$1 source=$2 flags libs folder
  folder=$bin/$way
  mkdir -p "$folder"
  program=$folder/$(basename "$source" .c).exe
  flags=$(pkg-config --cflags libattachsql)
  case $way in
    dll | imported)
      libs=$(pkg-config --libs libattachsql)
      cp "$OUT/bin/attachsql.dll" "$folder/"
      ;;
    # -static has the linker take libattachsql.a and not the import library beside it.
    static) libs="-static $(pkg-config --static --libs libattachsql)" ;;
    *) die "no way '$way' to link a program; there are: dll, imported, static" ;;
  esac
  [ "$way" != imported ] || flags+=" -DATTACHSQL_SHARED"
  # A program that has sockets of its own needs Windows' library for them. MinGW-w64 keeps nanosleep and clock_gettime
  # in its pthread library.
  libs+=" -lws2_32 -Wl,-Bstatic -lpthread -Wl,-Bdynamic"
  # shellcheck disable=SC2086
  "$MINGW-gcc" -std=c99 -O1 "${warnings[@]}" $flags -o "$program" "$source" $libs || die "$source does not compile for Windows"
  # What the program needs besides Windows shall be what was meant.
  local imports
  imports=$("$MINGW-objdump" -p "$program" | sed -n 's/^\s*DLL Name: //p' | tr '[:upper:]' '[:lower:]')
  if [ "$way" = static ]; then
    ! grep -x 'attachsql\.dll' <<<"$imports" || die "the program was to be linked with the static library, but needs attachsql.dll"
  else
    grep -qx 'attachsql\.dll' <<<"$imports" || die "the program was to be linked with attachsql.dll, but does not need it"
  fi
}

program() {
  local status=0
  compile "$1" "$2"
  "$WINDOWS_SCRIPTS/wine-run.sh" "$program" 2>&1 </dev/null | tr -d '\r' | tee "$program.out" || status=$?
  [ "$status" = 0 ] || die "$(basename "$program") ended with status $status"
  # A status can get lost between Windows and here; the closing line cannot.
  grep -q '[1-9][0-9]* checks, 0 failed$' "$program.out" || die "$(basename "$program") did not say that all its checks were good"
}

examples() {
  local source
  export ATTACHSQL_HOST=127.0.0.1 ATTACHSQL_PORT=$ATTACHSQL_TEST_MARIADB_PORT
  export ATTACHSQL_USER=test ATTACHSQL_PASSWORD=test ATTACHSQL_SCHEMA=testdb
  for source in examples/*.c; do
    echo "== $source"
    compile dll "$source"
    "$WINDOWS_SCRIPTS/wine-run.sh" "$program" </dev/null 2>&1 | tr -d '\r'
  done
}

case ${1-} in
  headers) headers ;;
  program) program "${2?}" "${3?}" ;;
  examples) examples ;;
  *) die "usage: check-part.sh headers | program dll|imported|static SOURCE.c | examples" ;;
esac
