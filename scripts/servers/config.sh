# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Keys, settings, accounts and data of the servers. Sourced by servers.sh.

# --- keys --------------------------------------------------------------------

# A private authority, a server and a client certificate of its, an authority that
# signed neither, and the key pair that encrypts passwords where TLS does not.
make_keys() {
  [ -e "$TLS/.complete" ] && return 0
  rm -rf "$TLS"
  mkdir -p "$TLS"
  local who
  (
    set -e
    cd "$TLS"
    for who in ca other-ca; do
      openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -keyout $who-key.pem -out $who.pem \
        -subj "/O=attachsql tests/CN=$who" -addext keyUsage=critical,keyCertSign,cRLSign
    done
    for who in server client; do
      openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -keyout $who-key.pem -out $who-cert.pem \
        -CA ca.pem -CAkey ca-key.pem -subj "/O=attachsql tests/CN=$who" \
        -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=${who}Auth \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
    done
    openssl genrsa -out rsa-private.pem 2048
    openssl rsa -in rsa-private.pem -pubout -out rsa-public.pem
    chmod 600 ./*-key.pem rsa-private.pem
  ) >"$BASE/keys.log" 2>&1 || {
    tail -n 20 "$BASE/keys.log" >&2
    die "making keys and certificates failed, see $BASE/keys.log"
  }
  touch "$TLS/.complete"
}

# --- settings ----------------------------------------------------------------

# Writes what the server is to be started with, beside what it was started with.
write_config() {
  local name=$1 dir=$BASE/$1
  mkdir -p "$dir"
  settings "$name" >"$dir/my.cnf.wanted"
  accounts "$name" >"$dir/init.sql.wanted"
}

# Whether the server runs, with the settings wanted now.
is_current() {
  local dir=$BASE/$1
  running_pid "$1" >/dev/null && [ -s "$dir/port" ] &&
    cmp -s "$dir/my.cnf" "$dir/my.cnf.wanted" && cmp -s "$dir/init.sql" "$dir/init.sql.wanted"
}

settings() {
  local name=$1 dir=$BASE/$1
  echo "[mysqld]"
  [ "$(id -u)" != 0 ] || echo "user=$(server_user)"
  cat <<CONF
bind-address=127.0.0.1$(! has_ipv6 || echo ,::1)
socket=$(socket_of "$name")
pid-file=$dir/mysqld.pid
datadir=$dir/data
tmpdir=$dir/tmp
secure-file-priv=$dir/files
init-file=$dir/init.sql
log-error=$dir/error.log
lc-messages-dir=$(server_share "$name")
character-sets-dir=$(server_share "$name")/charsets
plugin-dir=$(server_plugins "$name")
ssl-ca=$TLS/ca.pem
ssl-cert=$TLS/server-cert.pem
ssl-key=$TLS/server-key.pem
skip-name-resolve
local-infile=1
max-allowed-packet=1G
max-connections=1200
max-connect-errors=1000000
open-files-limit=4096
table-open-cache=400
performance-schema=OFF
innodb-buffer-pool-size=128M
innodb-flush-log-at-trx-commit=2
innodb-use-native-aio=0
CONF
  case $name in
    mysql-*)
      cat <<CONF
basedir=$dir/root/usr
mysqlx=OFF
disable-log-bin
caching-sha2-password-private-key-path=$TLS/rsa-private.pem
caching-sha2-password-public-key-path=$TLS/rsa-public.pem
sha256-password-private-key-path=$TLS/rsa-private.pem
sha256-password-public-key-path=$TLS/rsa-public.pem
CONF
      ;;
  esac
}

# --- accounts ----------------------------------------------------------------

# As long as the server allows: 80 characters on MariaDB, 32 on MySQL.
long_user() {
  case $1 in
    mariadb-*) printf 'long_%075d\n' 0 ;;
    mysql-*) printf 'long_%027d\n' 0 ;;
  esac
}

# What the server runs at every start: the accounts, made anew.
accounts() {
  local name=$1
  echo "CREATE DATABASE IF NOT EXISTS testdb;"
  case $name in
    mariadb-*) echo "INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519';" ;;
  esac
  account "$name" test test
  echo "GRANT ALL PRIVILEGES ON *.* TO 'test'@'%' WITH GRANT OPTION;"
  account "$name" nopass ''
  account "$name" limited limited 'WITH MAX_USER_CONNECTIONS 1'
  account "$name" tls tls 'REQUIRE SSL'
  account "$name" x509 x509 'REQUIRE X509'
  account "$name" "$(long_user "$name")" long
  case $name in
    mariadb-*)
      account "$name" native native '' mysql_native_password
      account "$name" ed ed '' ed25519
      ;;
    mysql-*)
      account "$name" sha2 sha2 '' caching_sha2_password
      account "$name" sha256 sha256 '' sha256_password
      ;;
  esac
}

# account SERVER NAME PASSWORD [LIMITS [METHOD]]: '%' is enough as host, because
# nothing but this machine can reach the server. MariaDB replaces an account whole,
# MySQL changes one that exists.
account() {
  local who="'$2'@'%'" limits=${4-} method=${5-}
  case $1 in
    mariadb-*) echo "CREATE OR REPLACE USER $who IDENTIFIED ${method:+VIA $method USING PASSWORD('$3')}$([ -n "$method" ] || echo "BY '$3'") $limits;" ;;
    mysql-*)
      echo "CREATE USER IF NOT EXISTS $who;"
      echo "ALTER USER $who IDENTIFIED ${method:+WITH $method }BY '$3' $limits;"
      ;;
  esac
  echo "GRANT ALL PRIVILEGES ON testdb.* TO $who;"
}

# --- data --------------------------------------------------------------------

# The system tables, unless they are there; those of root's servers belong to the
# server's user.
make_data() {
  local name=$1 dir=$BASE/$1
  [ -e "$dir/data/.complete" ] && return 0
  say "$name: making its data directory"
  rm -rf "$dir/data"
  mkdir "$dir/data"
  [ "$(id -u)" != 0 ] || chown "$(server_user)" "$dir/data"
  # The accounts come in at the start, not now.
  grep -v '^init-file=' "$dir/my.cnf.wanted" >"$dir/install.cnf"
  case $name in
    mariadb-*)
      # What mariadb-install-db does, without the help texts and the sys schema; that
      # script itself wants programs of other packages.
      {
        printf '%s;\n' "CREATE DATABASE mysql" "USE mysql" "SET @auth_root_socket = NULL"
        cd "$(server_share "$name")"
        cat m*_system_tables.sql m*_performance_tables.sql m*_system_tables_data.sql maria_add_gis_sp_bootstrap.sql
      } | "$(server_program "$name")" --defaults-file="$dir/install.cnf" --bootstrap >"$dir/data.log" 2>&1
      ;;
    mysql-*)
      "$(server_program "$name")" --defaults-file="$dir/install.cnf" --initialize-insecure >"$dir/data.log" 2>&1
      ;;
  esac || {
    tail -n 20 "$dir/data.log" "$dir/error.log" >&2 2>/dev/null || true
    die "$name: making its data directory failed, see $dir/data.log"
  }
  touch "$dir/data/.complete"
}
