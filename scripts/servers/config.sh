# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Keys, settings, accounts and data of the servers. Sourced by servers.sh.

# --- keys --------------------------------------------------------------------

# A private authority, a server and a client certificate of its, an authority that
# signed neither, and the key pair that encrypts passwords where TLS does not.
make_keys() {
  # Keys that an older version of this function has made are made anew.
  local made_by
  made_by=$(declare -f make_keys | cksum)
  [ "$(cat "$TLS/.complete" 2>/dev/null)" = "$made_by" ] && return 0
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
    # The form of key that mysql-5.6 reads; the others read it too.
    for who in server client; do openssl rsa -traditional -in $who-key.pem -out $who-key.pem; done
    openssl genrsa -out rsa-private.pem 2048
    openssl rsa -in rsa-private.pem -pubout -out rsa-public.pem
    chmod 600 ./*-key.pem rsa-private.pem
  ) >"$BASE/keys.log" 2>&1 || {
    tail -n 20 "$BASE/keys.log" >&2
    die "making keys and certificates failed, see $BASE/keys.log"
  }
  echo "$made_by" >"$TLS/.complete"
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
  is_running "$1" && [ -s "$dir/port" ] &&
    cmp -s "$dir/my.cnf" "$dir/my.cnf.wanted" && cmp -s "$dir/init.sql" "$dir/init.sql.wanted"
}

settings() {
  local name=$1 dir=$BASE/$1
  echo "[mysqld]"
  [ "$(id -u)" != 0 ] || echo "user=$(server_user)"
  cat <<CONF
bind-address=127.0.0.1$([ "$name" = mysql-5.6 ] || ! has_ipv6 || echo ,::1)
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
    mariadb-*)
      # Plugins of MariaDB's own tests are among those loaded, and accounts of MySQL 4.0. The log is for GTIDs.
      cat <<CONF
plugin-maturity=unknown
secure-auth=0
log-bin=binlog
server-id=1
log-bin-trust-function-creators=ON
max-binlog-size=16M
CONF
      ;;
    mysql-5.6)
      # The cipher, because it offers a key exchange of 512 bits otherwise.
      cat <<CONF
basedir=$dir/root/server
secure-auth=0
ssl-cipher=AES256-SHA:AES128-SHA
CONF
      ;;
    mysql-*)
      # The log is for GTIDs, and need not outlive a crash.
      cat <<CONF
basedir=$dir/root/usr
mysqlx=OFF
gtid-mode=ON
enforce-gtid-consistency=ON
log-bin-trust-function-creators=ON
sync-binlog=0
max-binlog-size=16M
binlog-expire-logs-seconds=600
plugin-load-add=auth_socket.so
caching-sha2-password-private-key-path=$TLS/rsa-private.pem
caching-sha2-password-public-key-path=$TLS/rsa-public.pem
sha256-password-private-key-path=$TLS/rsa-private.pem
sha256-password-public-key-path=$TLS/rsa-public.pem
CONF
      ;;
  esac
}

# --- accounts ----------------------------------------------------------------

# As long as the server allows: 80 characters on MariaDB, 32 on MySQL, 16 on MySQL 5.6.
long_user() {
  case $1 in
    mariadb-*) printf 'long_%075d\n' 0 ;;
    mysql-5.6) printf 'long_%011d\n' 0 ;;
    mysql-*) printf 'long_%027d\n' 0 ;;
  esac
}

# Whom accounts for unix sockets let in: who starts the servers, and runs the tests. For
# MariaDB 10.11 that must be an account's name too.
os_user() {
  local user
  user=$(id -un)
  case $user in
    test | nopass | limited | tls | x509 | long_* | native | old | ed | clear | questions | attempts | parsec | daemon)
      die "the tests have an account called $user of their own: run them as another user of this system"
      ;;
  esac
  echo "$user"
}

# What the server runs at every start: the accounts, made anew. One statement a line.
accounts() {
  local name=$1 plugin
  echo "CREATE DATABASE IF NOT EXISTS testdb;"
  case $name in
    mariadb-*)
      for plugin in "ed25519 SONAME 'auth_ed25519'" "cleartext_plugin_server SONAME 'auth_test_plugin'" \
        "two_questions SONAME 'dialog_examples'" "three_attempts SONAME 'dialog_examples'"; do
        echo "INSTALL PLUGIN IF NOT EXISTS $plugin;"
      done
      [ "$name" = mariadb-10.11 ] || echo "INSTALL PLUGIN IF NOT EXISTS parsec SONAME 'auth_parsec';"
      ;;
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
      mariadb_account native "mysql_native_password USING PASSWORD('native')"
      mariadb_account old "mysql_old_password USING '7810f07927c2a460'" # OLD_PASSWORD('old')
      mariadb_account ed "ed25519 USING PASSWORD('ed')"
      mariadb_account clear "cleartext_plugin_server USING 'clear'"
      mariadb_account questions "two_questions USING 'questions'"
      mariadb_account attempts "three_attempts USING 'attempts'"
      # Its first accounts of root would come before the next one, if root is whom that is for.
      echo "DELETE FROM mysql.global_priv WHERE user = 'root';"
      echo "FLUSH PRIVILEGES;"
      mariadb_account "$(os_user)" unix_socket
      mariadb_account daemon unix_socket
      [ "$name" = mariadb-10.11 ] || mariadb_account parsec "parsec USING PASSWORD('parsec')"
      ;;
    mysql-5.6)
      old_mysql_account native mysql_native_password 0
      old_mysql_account old mysql_old_password 1
      old_mysql_account sha256 sha256_password 2
      # In its first tables, and good for any name.
      echo "DELETE FROM mysql.user WHERE user = '';"
      echo "FLUSH PRIVILEGES;"
      ;;
    mysql-*)
      account "$name" sha2 sha2 '' caching_sha2_password
      account "$name" sha256 sha256 '' sha256_password
      mysql_account socket "auth_socket AS '$(os_user)'"
      mysql_account socket_other "auth_socket AS 'daemon'"
      mysql_account factors "caching_sha2_password BY 'factors' AND IDENTIFIED WITH auth_socket AS '$(os_user)'"
      ;;
  esac
}

# account SERVER NAME PASSWORD [LIMITS [METHOD]]: '%' is enough as host, because
# nothing but this machine can reach the server. MariaDB replaces an account whole,
# MySQL changes one that exists, MySQL 5.6 makes one when it is granted something.
account() {
  local who="'$2'@'%'" limits=${4-}
  case $1 in
    mariadb-*) echo "CREATE OR REPLACE USER $who IDENTIFIED BY '$3' $limits;" ;;
    mysql-5.6) echo "GRANT USAGE ON *.* TO $who IDENTIFIED BY '$3' $limits;" ;;
    mysql-*)
      echo "CREATE USER IF NOT EXISTS $who;"
      echo "ALTER USER $who IDENTIFIED ${5:+WITH $5 }BY '$3' $limits;"
      ;;
  esac
  grant "$who"
}

grant() { echo "GRANT ALL PRIVILEGES ON testdb.* TO $1;"; }

# mariadb_account NAME METHOD
mariadb_account() {
  echo "CREATE OR REPLACE USER '$1'@'%' IDENTIFIED VIA $2;"
  grant "'$1'@'%'"
}

# old_mysql_account NAME METHOD OLD_PASSWORDS: its password is its name, encrypted as this
# value of the variable says.
old_mysql_account() {
  echo "GRANT USAGE ON *.* TO '$1'@'%';"
  echo "DROP USER '$1'@'%';"
  echo "CREATE USER '$1'@'%' IDENTIFIED WITH $2;"
  echo "SET old_passwords = $3;"
  echo "SET PASSWORD FOR '$1'@'%' = PASSWORD('$1');"
  echo "SET old_passwords = 0;"
  grant "'$1'@'%'"
}

# mysql_account NAME METHOD
mysql_account() {
  echo "DROP USER IF EXISTS '$1'@'%';"
  echo "CREATE USER '$1'@'%' IDENTIFIED WITH $2;"
  grant "'$1'@'%'"
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
  # Accounts and plugins come in at the start, not now.
  grep -v '^init-file=\|^plugin-load-add=' "$dir/my.cnf.wanted" >"$dir/install.cnf"
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
    mysql-5.6)
      # They come with the program; the server's identity is its own.
      cp -r "$dir/root/server/data/mysql/." "$dir/data/" && rm -f "$dir/data/auto.cnf" &&
        { [ "$(id -u)" != 0 ] || chown -R "$(server_user)" "$dir/data"; }
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
