# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts beside this file share: where the checkout is, how they speak,
# and how Debian packages come in. Source it after 'set -euo pipefail'.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export ROOT

say() { printf '%s\n' "$*" >&2; }

# Ends the script with 3: whoever called it knows that the reason has been told.
die() {
  say "error: $*"
  exit 3
}

# A command that ends a script by failing says so, unless 'die' has.
set -E
trap '[ $? = 3 ] || say "error: ${BASH_SOURCE[0]##*/}, line $LINENO: failed: $BASH_COMMAND"' ERR

can_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# as_root COMMAND...: runs it as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The system's apt-get, heard only when it fails. It waits for the dpkg lock by
# itself, but not for the one on the package lists, so a few attempts are made.
apt_get() {
  local attempt log
  can_be_root || die "'apt-get $*' needs root, and neither root nor sudo is at hand"
  log=$(mktemp)
  for attempt in 1 2 3 4 5 6; do
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" </dev/null >"$log" 2>&1; then
      rm -f "$log"
      return 0
    fi
    # Only a lock is worth waiting for.
    grep -q 'Could not get lock\|Unable to lock' "$log" && [ "$attempt" != 6 ] || break
    sleep 5
  done
  tail -n 20 "$log" >&2
  rm -f "$log"
  return 1
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  local package
  declare -A installed=()
  while read -r package; do
    installed[$package]=1
  done < <({ dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } | sed -n 's/ installed$//p')
  for package; do
    [ -n "${installed[$package]-}" ] || printf '%s\n' "$package"
  done
}

# install_packages PACKAGE...: installs what is missing; returns at once when
# nothing is. Packages that bring a service are not for this function.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system: install what these Debian packages hold by hand: $*"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  can_be_root ||
    die "these Debian packages are missing: ${missing[*]}. Neither root nor sudo is at hand; as root, run: apt-get install --no-install-recommends ${missing[*]}"
  say "Installing Debian packages: ${missing[*]}"
  # Package lists that are absent or older than the archive show only here.
  if ! apt-get -qq -s --no-install-recommends install "${missing[@]}" >/dev/null 2>&1 ||
    ! apt_get install -y --no-install-recommends "${missing[@]}"; then
    say "Refreshing the package lists (apt-get update)"
    apt_get update || die "apt-get update failed; its own words are above"
    apt_get install -y --no-install-recommends "${missing[@]}" ||
      die "installing ${missing[*]} failed; apt's own words are above"
  fi
}

# The version of the library, from Cargo.toml.
crate_version() { sed -n 's/^version *= *"\(.*\)".*/\1/p' "$ROOT/Cargo.toml" | head -n 1; }
