#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check-part.sh PART: the stages of check.sh that are more than one command.
#
#   linking             how the shared library was linked
#   install             'make install' into a scratch directory, and programs linked with
#                       the result, shared and static
#   orphans             'servers.sh down' finds servers whose directory is gone
#   adapters            the adapters for event loops: each header alone; what each of them
#                       must do; its example. All of it twice, the second time with the
#                       address sanitizer, and two tests under valgrind
#   examples PREFIX     the examples against the server whose settings begin with
#                       ATTACHSQL_TEST_PREFIX_, over TCP, IPv6 and the unix socket
#   python-examples     those of Python, under each of their event loops
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

scratch=$ROOT/build/check/prefix
warnings=(-std=c99 -Wall -Wextra -Wpedantic -Werror)

linking() {
  local library dynamic
  library=$ROOT/build/lib/libattachsql.so.$(crate_version)
  dynamic=$(readelf -dW "$library")
  echo "$dynamic"
  grep -q 'SONAME.*\[libattachsql\.so\.2\]' <<<"$dynamic" || die "the SONAME is not libattachsql.so.2"
  grep -q 'BIND_NOW\|FLAGS_1.*NOW' <<<"$dynamic" || die "not linked with -z now"
  readelf -lW "$library" | grep -q GNU_RELRO || die "not linked with -z relro"
  ! readelf -lW "$library" | grep -q 'GNU_STACK.*RWE' || die "asks for an executable stack"
  ! grep -q 'TEXTREL' <<<"$dynamic" || die "has relocations in its code"
  ! grep -q 'RPATH\|RUNPATH' <<<"$dynamic" || die "carries a search path of the machine that built it"
  # What it may need: the C library and its parts, GCC's unwinder, OpenSSL, zlib and zstd.
  ! grep 'NEEDED' <<<"$dynamic" | grep -vE '\[(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux[a-z0-9_-]*|libssl|libcrypto|libz|libzstd)\.so\.[0-9]+\]' ||
    die "needs a library that it should not"
  # Found at start-up, every one of them.
  ! LD_BIND_NOW=1 ldd -r "$library" 2>&1 | grep -i 'undefined\|not found' || die "has undefined symbols"
}

# Compiles the first example against the installed library, in every way that
# pkg-config offers, and starts it: without a server it must end with error 2002.
install_part() {
  local lib=$scratch/lib major program out status
  rm -rf "$scratch" "$scratch-root" "$scratch-static"
  make --no-print-directory install PREFIX="$scratch" LIBDIR="$scratch/lib" DESTDIR=
  make --no-print-directory install PREFIX=/opt/attachsql LIBDIR=/opt/attachsql/lib64 DESTDIR="$scratch-root"
  major=$(crate_version)
  major=${major%%.*}
  for file in "$lib/libattachsql.so.$(crate_version)" "$lib/libattachsql.so.$major" "$lib/libattachsql.so" \
    "$lib/libattachsql.a" "$scratch/include/libattachsql2/attachsql.h" "$scratch/include/libattachsql2/adapters/libuv.h" \
    "$scratch/include/libattachsql2/adapters/coroutine.hpp" \
    "$scratch-root/opt/attachsql/lib64/libattachsql.so" "$scratch-root/opt/attachsql/lib64/pkgconfig/libattachsql.pc"; do
    [ -e "$file" ] || die "'make install' made no ${file#"$ROOT/build/check/"}"
  done
  ! grep -rIl "$ROOT" "$scratch-root" || die "installed files name the directory they were built in"

  export PKG_CONFIG_PATH=$lib/pkgconfig
  [ "$(pkg-config --modversion libattachsql)" = "$(crate_version)" ] || die "libattachsql.pc has another version than Cargo.toml"
  # shellcheck disable=SC2046
  cc "${warnings[@]}" -o "$scratch/shared" examples/01-hello.c $(pkg-config --cflags --libs libattachsql)
  # Static: no shared library in reach, so that the linker has no choice.
  mkdir "$scratch-static"
  cp "$lib/libattachsql.a" "$scratch-static/"
  # shellcheck disable=SC2046
  cc "${warnings[@]}" -o "$scratch/static" examples/01-hello.c $(pkg-config --cflags libattachsql) \
    "-L$scratch-static" $(pkg-config --static --libs libattachsql | sed "s|-L$lib||")
  ! readelf -dW "$scratch/static" | grep 'NEEDED.*attachsql' || die "the static program needs the shared library"
  for program in shared static; do
    status=0
    out=$(LD_LIBRARY_PATH=$lib ATTACHSQL_HOST=/nonexistent ATTACHSQL_PORT=0 "$scratch/$program" 2>&1) || status=$?
    echo "$program: status $status, $out"
    [ "$status" = 1 ] && [[ $out == "error 2002: "* ]] || die "the $program program should have ended with error 2002"
  done
}

# Made-up servers, known by what the real ones are: an argument, a variable.
orphans() {
  local base=$ROOT/build/check/orphans server said
  rm -rf "$base"
  export ATTACHSQL_SERVERS_DIR=$base
  for server in "env ATTACHSQL_TEST_SERVER=$base/mysql-5.6 sleep 300" \
    "sh -c 'kill -STOP \$\$' sh --defaults-file=$base/mysql-5.6/my.cnf"; do
    eval "$server &"
    trap 'kill -KILL $! 2>/dev/null || true' EXIT
    until [[ $(scripts/servers.sh status mysql-5.6) = *" pid $!" ]]; do
      kill -0 $! || die "'$server' has ended, or 'status' does not know it"
      sleep 0.1
    done
    said=$(scripts/servers.sh down)
    [ "$said" = "mysql-5.6: stopped" ] || die "'down' said: $said"
    ! kill -0 $! 2>/dev/null || die "'down' left '$server'"
    [[ $(scripts/servers.sh status mysql-5.6) = *": down" ]] || die "'status' knows a server that is gone"
    trap - EXIT
    echo "stopped: $server"
  done
  [ ! -e "$base" ] || die "'down' made $base"
}

# adapter_flags NAME: sets cflags and libs for the loop of an adapter. Its headers are not
# ours to warn about.
adapter_flags() {
  local package
  case $1 in
    poll) package= ;;
    libuv | coroutine) package=libuv ;;
    libev) package= ;; # which Debian's has no .pc file for
    libevent) package=libevent_core ;;
    glib) package=glib-2.0 ;;
    *) die "which library is the adapter '$1' for?" ;;
  esac
  # shellcheck disable=SC2207
  cflags=($(pkg-config --cflags libattachsql))
  # shellcheck disable=SC2207
  libs=($(pkg-config --libs libattachsql))
  if [ -n "$package" ]; then
    # shellcheck disable=SC2207
    cflags+=($(pkg-config --cflags "$package" | sed 's/-I/-isystem /g')) libs+=($(pkg-config --libs "$package"))
  elif [ "$1" = libev ]; then
    libs+=(-lev)
  fi
}

adapter_headers() {
  local header name way include
  for header in "$scratch"/include/libattachsql2/adapters/*; do
    name=$(basename "$header")
    case $name in
      adapter.h | task.hpp) adapter_flags poll ;;
      *) adapter_flags "${name%.*}" ;;
    esac
    case $name in
      *.hpp) ways=("g++ -x c++ -std=c++20" "clang++ -x c++ -std=c++20") ;;
      *) ways=("gcc -x c -std=c99" "gcc -x c -std=c11" "clang -x c -std=c99" "g++ -x c++ -std=c++17" "g++ -x c++ -std=c++20" "clang++ -x c++ -std=c++17") ;;
    esac
    for way in "${ways[@]}"; do
      include="#include <libattachsql2/adapters/$name>"
      # What the headers of libuv and libevent need of the system, and what a program has besides.
      # shellcheck disable=SC2086
      printf '%s\n' "#define _POSIX_C_SOURCE 200809L" "$include" "$include" "extern int none;" |
        $way -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "${cflags[@]}" -fsyntax-only - ||
        die "adapters/$name does not compile alone with $way"
    done
    echo "$name: ${ways[*]}"
  done
}

# adapter_program FOLDER SOURCE FLAG...: compiles it, and runs it.
adapter_program() {
  local folder=$1 source=$2 name compile
  shift 2
  name=$(basename "$source")
  adapter_flags "${name%.*}"
  case $source in
    *.cpp) compile=(g++ -std=c++20) ;;
    *) compile=(gcc -std=c99) ;;
  esac
  mkdir -p "$folder"
  "${compile[@]}" -g -O1 -Wall -Wextra -Wpedantic -Werror "$@" "${cflags[@]}" -o "$folder/${name%.*}" "$source" "${libs[@]}" ||
    die "$source does not compile"
  echo "== $source $*"
  "$folder/${name%.*}"
}

adapters() {
  local bin=$ROOT/build/check/adapters source name cflags libs ways
  export PKG_CONFIG_PATH=$scratch/lib/pkgconfig LD_LIBRARY_PATH=$scratch/lib
  export ATTACHSQL_HOST=127.0.0.1 ATTACHSQL_PORT=$ATTACHSQL_TEST_MARIADB_PORT
  export ATTACHSQL_USER=test ATTACHSQL_PASSWORD=test ATTACHSQL_SCHEMA=testdb
  rm -rf "$bin"
  adapter_headers
  # Each adapter has a test and an example.
  for name in "$scratch"/include/libattachsql2/adapters/*; do
    name=$(basename "$name")
    case $name in
      adapter.h | task.hpp) continue ;;
      *.hpp) name=${name%.*}.cpp ;;
      *) name=${name%.*}.c ;;
    esac
    for source in "capi-tests/adapters/$name" "examples/adapters/$name"; do
      [ -e "$source" ] || die "there is no $source"
      adapter_program "$bin/$(dirname "$source")/plain" "$source"
      # Two servers are enough for a second time.
      ATTACHSQL_TEST_SERVERS="mariadb-10.11 mysql-9.7" \
        adapter_program "$bin/$(dirname "$source")/address" "$source" -fsanitize=address -fno-omit-frame-pointer
    done
  done
  # What the adapters give to the library, the sanitizer does not see.
  for name in poll coroutine; do
    echo "== $name, valgrind"
    ATTACHSQL_TEST_PATIENCE=10 ATTACHSQL_TEST_SERVERS=mariadb-10.11 valgrind -q --error-exitcode=99 \
      --leak-check=full --errors-for-leak-kinds=definite,indirect "$bin/capi-tests/adapters/plain/$name"
  done
}

examples() {
  local prefix=ATTACHSQL_TEST_$1 bin=$ROOT/build/check/examples source program way variable
  mkdir -p "$bin"
  export PKG_CONFIG_PATH=$scratch/lib/pkgconfig LD_LIBRARY_PATH=$scratch/lib
  export ATTACHSQL_USER=test ATTACHSQL_PASSWORD=test ATTACHSQL_SCHEMA=testdb
  for source in examples/*.c; do
    # shellcheck disable=SC2046
    cc "${warnings[@]}" -o "$bin/$(basename "$source" .c)" "$source" $(pkg-config --cflags --libs libattachsql)
  done
  for way in tcp ipv6 socket; do
    variable=${prefix}_PORT
    ATTACHSQL_PORT=${!variable}
    case $way in
      tcp) ATTACHSQL_HOST=127.0.0.1 ;;
      ipv6)
        [ "$ATTACHSQL_TEST_IPV6" = 1 ] && [ "$1" != MYSQL56 ] || {
          echo "This machine has no IPv6 on its loopback interface, or the server is mysql-5.6, which does not listen there."
          continue
        }
        ATTACHSQL_HOST=::1
        ;;
      socket)
        variable=${prefix}_SOCKET
        ATTACHSQL_HOST=${!variable} ATTACHSQL_PORT=0
        ;;
    esac
    export ATTACHSQL_HOST ATTACHSQL_PORT
    for source in examples/*.c; do
      program=$(basename "$source" .c)
      echo "== $program ($way)"
      "$bin/$program"
    done
  done
  echo "== a stored procedure"
  "$bin/06-results" "DROP PROCEDURE IF EXISTS two_results; CREATE PROCEDURE two_results() BEGIN SELECT 'first' AS result; SELECT 'second' AS result; END"
  "$bin/06-results" "CALL two_results()" | tee "$bin/call.out"
  grep -q 'Result 3:' "$bin/call.out" && grep -q 'result = second' "$bin/call.out" || die "CALL did not give its results"
  "$bin/06-results" "DROP PROCEDURE two_results"
}

# Debian's Python, whose eventlet and gevent are installed.
python_examples() {
  local loop prefix variable out=$scratch/python.out
  export ATTACHSQL_LIBRARY=$scratch/lib/libattachsql.so.2
  # No more than what the manual says.
  export ATTACHSQL_USER=test ATTACHSQL_PASSWORD=test
  for prefix in MARIADB MARIADB118 MYSQL MYSQL56; do
    variable=ATTACHSQL_TEST_${prefix}_PORT
    for loop in asyncio eventlet gevent; do
      echo "== $loop, $prefix"
      ATTACHSQL_PORT=${!variable} /usr/bin/python3 "examples/python/with_$loop.py" | tee "$out"
      [ "$(grep -c '^\[(' "$out")" = 5 ] || die "$loop: not all queries gave their rows"
      grep -q ' [1-9][0-9]* ticks ' "$out" || die "$loop: the queries stopped all others"
    done
  done
}

case ${1-} in
  linking) linking ;;
  install) install_part ;;
  orphans) orphans ;;
  adapters) adapters ;;
  examples) examples "${2?}" ;;
  python-examples) python_examples ;;
  *) die "usage: check-part.sh linking|install|orphans|adapters|examples PREFIX|python-examples" ;;
esac
