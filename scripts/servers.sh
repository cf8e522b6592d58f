#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# servers.sh up|down|status|env|clean [NAME...]: private database servers for the
# tests. Without a name: all of them. They listen on the loopback addresses
# 127.0.0.1 and ::1 and on a unix socket of their own, keep everything under
# build/servers (or $ATTACHSQL_SERVERS_DIR), and never touch a system service.
#
#   up      installs what is missing, makes the data directory, starts the server and
#           waits until it answers. Returns at once when it is already up.
#   down    stops the server that 'up' started; its data stay
#   status  one line per server
#   env     shell assignments that tell the tests where the servers are, for
#             eval "$(scripts/servers.sh env)"
#   clean   down, and removes everything
#
# Names: mariadb-10.11 (Debian's package), mariadb-11.8 and mysql-9.7 (those of Debian
# trixie and sid, unpacked privately), mysql-5.6 (npm's package, unpacked privately).
#
# 'env' sets, for each server, with PREFIX = MARIADB, MARIADB118, MYSQL or MYSQL56:
#   ATTACHSQL_TEST_<PREFIX>_HOST       127.0.0.1
#   ATTACHSQL_TEST_<PREFIX>_PORT       the TCP port, the same on ::1
#   ATTACHSQL_TEST_<PREFIX>_SOCKET     the unix socket
#   ATTACHSQL_TEST_<PREFIX>_VERSION    the version text of the greeting
#   ATTACHSQL_TEST_<PREFIX>_LONG_USER  the account with the longest name the server allows
# and once
#   ATTACHSQL_TEST_TLS_DIR             ca.pem, other-ca.pem (signed nothing here),
#                                      server-, client-cert.pem and -key.pem, and
#                                      rsa-public.pem, with which passwords travel
#   ATTACHSQL_TEST_IPV6                1 if the servers listen on ::1 too, else 0;
#                                      mysql-5.6 never does
#   ATTACHSQL_TEST_OS_USER             who ran 'up': whom accounts of unix sockets let in
#
# Accounts (the password is the name unless told; all may do everything in testdb):
#   test     everything, everywhere          nopass   no password
#   limited  one connection at a time        tls      only over TLS
#   x509     only with a client certificate  (long)   password 'long'
#   MariaDB: native (mysql_native_password), old (mysql_old_password), ed (client_ed25519),
#            clear (mysql_clear_password), questions and attempts (dialog: the password
#            and 'yes, of course'; the password within three attempts), the user of
#            ATTACHSQL_TEST_OS_USER and daemon (unix_socket: that user, and no other)
#            11.8 has parsec too
#   MySQL 9.7: sha2 (caching_sha2_password), sha256 (sha256_password), socket and
#            socket_other (auth_socket: the user of ATTACHSQL_TEST_OS_USER, and daemon),
#            factors (the password, and auth_socket)
#   MySQL 5.6: native, old, sha256
#
# The parts: servers/common.sh (names, places, processes), servers/install.sh (where
# the programs come from), servers/config.sh (keys, settings, accounts, data). A new
# server is one more case in each.
set -euo pipefail
umask 022
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$ROOT/scripts/servers/common.sh"
. "$ROOT/scripts/servers/install.sh"
. "$ROOT/scripts/servers/config.sh"

up() {
  local name pending=() children=() child failed=
  prepare_base
  for name; do
    write_config "$name"
    is_current "$name" || pending+=("$name")
  done
  if [ ${#pending[@]} -gt 0 ]; then
    install_needs "${pending[@]}"
    make_keys
    for name in "${pending[@]}"; do
      up_one "$name" &
      children+=($!)
    done
    # shellcheck disable=SC2064
    trap "kill ${children[*]} 2>/dev/null || true" EXIT
    for child in "${children[@]}"; do wait "$child" || failed=1; done
    trap - EXIT
    [ -z "$failed" ] || exit 3
  fi
  for name; do report "$name"; done
}

# Brings up a server that is not, or not as it is wanted now; all of them at once.
up_one() {
  local name=$1
  install_server "$name"
  if is_running "$name"; then
    say "$name: its settings have changed, starting it anew"
    stop_server "$name"
  fi
  give_to_server "$name"
  make_data "$name"
  launch "$name"
  await "$name"
}

# Starts the program, as the process $launched; 'await' looks what became of it.
launch() {
  local name=$1 dir=$BASE/$1 limit
  limit=$(ulimit -Hn)
  [ "$limit" != unlimited ] && [ "$limit" -lt 8192 ] || limit=8192
  [ "$limit" -ge 4096 ] || die "$name: 1200 connections need 4096 open files, the limit here is $limit (ulimit -Hn)"
  choose_port "$name"
  rm -f "$(socket_of "$name")" "$(socket_of "$name").lock"
  [ ! -e "$dir/error.log" ] || mv -f "$dir/error.log" "$dir/error.log.old"
  cp "$dir/my.cnf.wanted" "$dir/my.cnf"
  cp "$dir/init.sql.wanted" "$dir/init.sql"
  (
    cd "$dir"
    ulimit -n "$limit"
    exec 9>&-
    exec env "$(mark_of "$name")" setsid "$(server_program "$name")" --defaults-file="$dir/my.cnf" --port="$(port_of "$name")" \
      </dev/null >"$dir/output.log" 2>&1
  ) &
  launched=$!
}

# Waits until the server answers. One whose port was taken between the choice and
# the start gets another.
await() {
  local name=$1 dir=$BASE/$1 tries=0 deadline=$((SECONDS + 180))
  until [ -S "$(socket_of "$name")" ] && greeting_version "$name" >/dev/null; do
    # Not is_running: a process cannot be told by its command line while it becomes another
    # program, which it does three times here.
    if ! kill -0 "$launched" 2>/dev/null; then
      if [ $((tries += 1)) -le 5 ] && grep -qsiE "bind on TCP/IP port|address already in use" "$dir/error.log"; then
        say "$name: port $(port_of "$name") was taken meanwhile, trying another"
        rm -f "$dir/port"
        launch "$name"
        continue
      fi
      fail_start "$name" "ended while starting"
    fi
    [ $SECONDS -lt $deadline ] || fail_start "$name" "does not answer after 180 s"
    sleep 0.1
  done
  if grep -qsE '^ERROR|\[ERROR\]' "$dir/error.log"; then
    fail_start "$name" "came up, but with errors"
  fi
}

fail_start() {
  local name=$1 dir=$BASE/$1
  say "--- the end of $dir/error.log"
  tail -n 30 "$dir/error.log" >&2 2>/dev/null || tail -n 30 "$dir/output.log" >&2 || true
  say "---"
  stop_server "$name" >/dev/null
  die "$name: $2"
}

report() {
  local name=$1 pids
  if ! pids=$(running_pids "$name"); then
    echo "$name: down"
  elif [ -e "$BASE/$name/port" ]; then
    echo "$name: up, version $(greeting_version "$name" || echo '?'), 127.0.0.1:$(port_of "$name"), $(socket_of "$name"), pid ${pids//$'\n'/, }"
  else
    echo "$name: up, but its directory is gone; pid ${pids//$'\n'/, }"
  fi
}

print_env() {
  local name prefix version
  for name; do
    is_running "$name" || die "$name is not running; start it with: scripts/servers.sh up $name"
    version=$(greeting_version "$name") || die "$name is running but does not answer on port $(port_of "$name")"
    prefix=ATTACHSQL_TEST_$(env_prefix "$name")
    printf 'export %s=%q\n' "${prefix}_HOST" 127.0.0.1 "${prefix}_PORT" "$(port_of "$name")" \
      "${prefix}_SOCKET" "$(socket_of "$name")" "${prefix}_VERSION" "$version" \
      "${prefix}_LONG_USER" "$(long_user "$name")"
  done
  printf 'export %s=%q\n' ATTACHSQL_TEST_TLS_DIR "$TLS" ATTACHSQL_TEST_IPV6 "$(has_ipv6 && echo 1 || echo 0)" \
    ATTACHSQL_TEST_OS_USER "$(os_user)"
}

command=${1-}
[ $# -eq 0 ] || shift
case $command in
  up | down | status | env | clean) ;;
  *) die "usage: servers.sh up|down|status|env|clean [NAME...]; names: ${SERVERS[*]}" ;;
esac
[ $# -gt 0 ] || set -- "${SERVERS[@]}"
for name; do env_prefix "$name" >/dev/null || die "no server '$name'; there are: ${SERVERS[*]}"; done

case $command in
  up)
    lock
    up "$@"
    ;;
  down)
    # Where there is nothing to lock, nobody is at work.
    [ ! -d "$BASE" ] || lock
    for name; do stop_server "$name"; done
    ;;
  clean)
    [ ! -d "$BASE" ] || lock
    for name; do
      # Its data go too, so it need not put them in order.
      stop_server "$name" KILL
      remove_server "$name"
    done
    remove_base
    ;;
  status) for name; do report "$name"; done ;;
  env) print_env "$@" ;;
esac
