# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Names, places and processes of the private servers. Sourced by servers.sh.
#
# $BASE/tls            keys and certificates, the same for all servers
# $BASE/<name>/        one server: my.cnf, init.sql, port, data/, error.log
# $BASE/<name>/root/   its programs, where they are not the system's
#
# No file tells which process is the server: its command line and its environment do,
# so that it is found and stopped even when its directory is gone.

BASE=${ATTACHSQL_SERVERS_DIR:-$ROOT/build/servers}
case $BASE in /*) ;; *) BASE=$PWD/$BASE ;; esac
BASE_NAME=$BASE

# Servers are known by the paths on their command lines, so $BASE is always the real
# path, whichever way it was reached.
resolve_base() {
  [ ! -d "$BASE_NAME" ] || BASE=$(cd "$BASE_NAME" && pwd -P)
  TLS=$BASE/tls
}
resolve_base

SERVERS=(mariadb-10.11 mariadb-11.8 mysql-9.7 mysql-5.6)

# What the variables of 'servers.sh env' call the server; fails for an unknown name.
env_prefix() {
  case $1 in
    mariadb-10.11) echo MARIADB ;;
    mariadb-11.8) echo MARIADB118 ;;
    mysql-9.7) echo MYSQL ;;
    mysql-5.6) echo MYSQL56 ;;
    *) return 1 ;;
  esac
}

# --- places ------------------------------------------------------------------

# Makes $BASE. The servers of root run as somebody else, who cannot enter, say,
# /root: then $BASE becomes a link to a directory that they can enter.
prepare_base() {
  local away
  [ -w "$BASE" ] || die "$BASE belongs to another user; remove it, or set ATTACHSQL_SERVERS_DIR"
  [ "$(id -u)" = 0 ] || return 0
  as_server_user test -x "$BASE/." && return 0
  away=$(mktemp -d /var/tmp/attachsql-servers.XXXXXX)
  chmod 755 "$away"
  as_server_user test -x "$away/." || die "user $(server_user) can enter neither $BASE nor $away"
  rm -f "$BASE/lock"
  rmdir "$BASE" || die "user $(server_user) cannot enter $BASE, and it is not empty; remove it, or set ATTACHSQL_SERVERS_DIR"
  ln -s "$away" "$BASE_NAME"
  resolve_base
}

# Removes $BASE when no server is left in it.
remove_base() {
  local name
  for name in "${SERVERS[@]}"; do [ ! -e "$BASE/$name" ] || return 0; done
  rm -rf "$BASE"
  rm -f "$BASE_NAME"
}

# Only one servers.sh works on a $BASE at a time.
lock() {
  mkdir -p "$BASE" || die "cannot make $BASE"
  resolve_base
  exec 9>"$BASE/lock" || die "$BASE belongs to another user; remove it, or set ATTACHSQL_SERVERS_DIR"
  flock 9
}

# Whom root's servers run as: they refuse to be root. Everybody else's are their own.
server_user() { echo nobody; }

as_server_user() {
  setpriv --reuid="$(id -u "$(server_user)")" --regid="$(id -g "$(server_user)")" --clear-groups "$@" 2>/dev/null
}

# A socket's path holds at most 107 bytes; for a longer one a short directory is
# made once and remembered.
socket_of() {
  local dir=$BASE/$1
  if [ ${#dir} -lt 90 ]; then
    echo "$dir/mysqld.sock"
  else
    if ! [ -d "$(cat "$dir/socket-dir" 2>/dev/null)" ]; then
      mkdir -p "$dir"
      mktemp -d "/tmp/attachsql.XXXXXX" >"$dir/socket-dir"
    fi
    echo "$(cat "$dir/socket-dir")/mysqld.sock"
  fi
}

remove_server() {
  local dir=$BASE/$1
  if [ -s "$dir/socket-dir" ]; then rm -rf "$(cat "$dir/socket-dir")"; fi
  rm -rf "$dir"
}

# Hands what the server writes to, or must keep to itself, to its user.
give_to_server() {
  local dir=$BASE/$1
  mkdir -p "$dir/tmp" "$dir/files"
  [ "$(id -u)" = 0 ] || return 0
  chown "$(server_user)" "$dir" "$dir/tmp" "$dir/files" "$(dirname "$(socket_of "$1")")" "$TLS"/*-key.pem "$TLS/rsa-private.pem"
}

# --- ports -------------------------------------------------------------------

port_of() { cat "$BASE/$1/port"; }

# The port of last time if it is free, or another. They come from below the range
# the kernel gives to outgoing connections, which starts at 32768.
choose_port() {
  local file=$BASE/$1/port port
  port=$(cat "$file" 2>/dev/null || true)
  until [ -n "$port" ] && port_is_free "$port"; do port=$((20000 + RANDOM % 12000)); done
  echo "$port" >"$file"
}

port_is_free() { ! grep -qsi "$(printf ':%04X ' "$1")" /proc/net/tcp /proc/net/tcp6; }

has_ipv6() { grep -qs '^00000000000000000000000000000001 ' /proc/net/if_inet6; }

# --- processes ---------------------------------------------------------------

# The pids of the server, of which there is one or none: of processes that were started
# with these settings, or under this name, in this file system.
running_pids() {
  local pid found=1
  # The patterns come through a pipe: they must not be on grep's own command line.
  # shellcheck disable=SC2062 # a list of files
  for pid in $(printf '%s\n' "--defaults-file=$BASE/$1/my.cnf" "$(mark_of "$1")" |
    grep -lzxF --file=- /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | sort -u || true); do
    # Where the root of another user's cannot be looked at, it counts.
    if ! [ -e "/proc/$pid/root" ] || [ "/proc/$pid/root" -ef / ]; then
      echo "$pid"
      found=0
    fi
  done
  return $found
}

# In the environment of the server: $BASE may have been a link that is gone.
mark_of() { echo "ATTACHSQL_TEST_SERVER=$BASE_NAME/$1"; }

is_running() { running_pids "$1" >/dev/null; }

# The version text with which the server greets on its port.
greeting_version() {
  local version
  version=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && head -c 5 <&3 >/dev/null && IFS= read -r -d "" v <&3 && echo "$v"' \
    - "$(port_of "$1")" 2>/dev/null) && [ -n "$version" ] && echo "$version"
}

# stop_server NAME [SIGNAL]
stop_server() {
  local name=$1 signal=${2-TERM} pids deadline=$((SECONDS + 60))
  pids=$(running_pids "$name") || return 0
  # Without its data a server cannot put them in order, and may try for ever.
  [ -d "$BASE/$name/data" ] || signal=KILL
  # shellcheck disable=SC2086
  kill -"$signal" $pids 2>/dev/null || true
  while pids=$(running_pids "$name"); do
    if [ $SECONDS -ge $deadline ]; then
      say "$name: pid ${pids//$'\n'/, } did not stop within 60 s, killing it"
      # shellcheck disable=SC2086
      kill -KILL $pids 2>/dev/null || true
      sleep 1
      break
    fi
    sleep 0.05
  done
  echo "$name: stopped"
}
