# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Where the servers' programs come from. Sourced by servers.sh.

server_program() {
  case $1 in
    mariadb-10.11) echo /usr/sbin/mariadbd ;;
    mysql-9.7) echo "$BASE/$1/bin/mysqld" ;;
  esac
}

# The directory of the server's own files (messages, character sets).
server_share() {
  case $1 in
    mariadb-10.11) echo /usr/share/mysql ;;
    mysql-9.7) echo "$BASE/$1/root/usr/share/mysql" ;;
  esac
}

server_plugins() {
  case $1 in
    mariadb-10.11) echo "$BASE/$1/plugin" ;;
    mysql-9.7) echo "$BASE/$1/root/usr/lib/mysql/plugin" ;;
  esac
}

install_server() {
  "$ROOT/scripts/deps.sh" servers
  case $1 in
    mariadb-10.11) mariadb_plugins "$1" ;;
    mysql-9.7)
      unpack_tree "$1" sid mysql-server-core
      wrap_program "$1" usr/sbin/mysqld
      ;;
  esac
}

# The login plugins of Debian's MariaDB are in the package that brings the system
# service: only they are taken out of it, and kept in build/cache for the next server.
mariadb_plugins() {
  local dir=$BASE/$1 plugin=auth_ed25519.so version kept
  [ -e "$dir/plugin/$plugin" ] && return 0
  version=$(dpkg-query -W -f '${Version}' mariadb-server-core)
  kept=$ROOT/build/cache/mariadb-plugins-$version
  [ -e "$kept/$plugin" ] || fetch_mariadb_plugin "$plugin" "$version" "$kept"
  mkdir -p "$dir/plugin"
  cp "$kept/$plugin" "$dir/plugin/"
}

# fetch_mariadb_plugin FILE VERSION DIR
fetch_mariadb_plugin() {
  local work attempt
  say "mariadb: fetching the login plugin $1"
  mkdir -p "$3"
  work=$(mktemp -d "$3/fetch.XXXXXX")
  for attempt in first again; do
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "mariadb-server=$2") >"$work/log" 2>&1 && break
    if [ $attempt = again ] || ! apt_get update; then
      cat "$work/log" >&2
      die "fetching the package mariadb-server $2 failed"
    fi
  done
  dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x --strip-components=5 -C "$work" "./usr/lib/mysql/plugin/$1"
  mv "$work/$1" "$3/"
  rm -rf "$work"
}

# --- packages of another Debian suite, without touching the system --------------

# unpack_tree NAME SUITE PACKAGE...: unpacks the packages of that suite, with every
# library they need, into $BASE/NAME/root. Whatever version the suite has now.
unpack_tree() {
  local name=$1 suite=$2 dir=$BASE/$1 apt log deb
  shift 2
  [ -e "$dir/root/.complete" ] && return 0
  say "$name: fetching and unpacking $* from Debian $suite"
  rm -rf "$dir/root" "$dir/apt"
  mkdir -p "$dir/root"
  log=$dir/install.log
  : >"$log"
  apt=$(private_apt "$dir/apt" "$suite")
  if ! { APT_CONFIG=$apt apt-get -q update && APT_CONFIG=$apt apt-get -q -y --download-only install "$@"; } >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "$name: fetching $* from Debian $suite failed, see $log"
  fi
  for deb in "$dir"/apt/archives/*.deb; do
    case ${deb##*/} in
      # Needed by the packages' scripts, not by the server.
      perl* | libperl* | libgdbm* | libdb5* | mysql-common* | mariadb-common*) continue ;;
    esac
    dpkg-deb -x "$deb" "$dir/root" || die "$name: unpacking ${deb##*/} failed"
  done
  rm -rf "$dir/apt" "$dir"/root/usr/share/{doc,man,locale,lintian,bug}
  touch "$dir/root/.complete"
}

# private_apt DIR SUITE: a configuration of apt that keeps lists and archives in DIR,
# takes the machine's Debian archive (its sources and proxy settings apply), and
# believes that nothing is installed, so that everything is fetched. Prints its path.
private_apt() {
  local dir=$1 suite=$2 arch archive keys
  arch=$(dpkg --print-architecture)
  archive=$(debian_archive)
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/empty" "$dir/conf"
  : >"$dir/status"
  echo "deb [arch=$arch signed-by=$keys] $archive $suite main" >"$dir/sources.list"
  # The machine's own settings, for the sake of proxies and certificates.
  cp /etc/apt/apt.conf.d/* "$dir/conf/" 2>/dev/null || true
  [ ! -e /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$dir/conf/zy-system"
  cat >"$dir/conf/zz-private" <<CONF
Dir::State "$dir";
Dir::State::status "$dir/status";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "$dir/empty";
Dir::Etc::preferences "$dir/empty/none";
Dir::Etc::preferencesparts "$dir/empty";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update;
#clear DPkg::Pre-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
CONF
  echo "Dir::Etc::parts \"$dir/conf\";" >"$dir/apt.conf"
  echo "$dir/apt.conf"
}

# The address of the Debian archive that this machine's apt is set up for.
debian_archive() {
  local codename address
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  address=$(apt-get --print-uris update 2>/dev/null | sed -n "s|^'\(.*\)/dists/$codename/InRelease' .*|\1|p" | head -n 1)
  [ -n "$address" ] || die "apt's sources name no archive of Debian $codename; other suites cannot be fetched"
  echo "$address"
}

# wrap_program NAME PROGRAM: $BASE/NAME/bin/<program> runs root/PROGRAM under the
# tree's own loader and libraries, whatever the system's are.
wrap_program() {
  local dir=$BASE/$1 loader libs
  loader=$(find "$dir/root/usr/lib" -name 'ld-linux*.so.*' -path '*-linux-gnu*' -print -quit)
  [ -n "$loader" ] || die "$1: no loader among the unpacked libraries"
  libs=$(dirname "$loader")
  mkdir -p "$dir/bin"
  cat >"$dir/bin/${2##*/}" <<WRAPPER
#!/bin/sh
exec "$loader" --inhibit-cache --library-path "$libs" --argv0 "\$0" "$dir/root/$2" "\$@"
WRAPPER
  chmod 755 "$dir/bin/${2##*/}"
}
