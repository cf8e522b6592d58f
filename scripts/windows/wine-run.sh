#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# wine-run.sh PROGRAM.exe [ARGUMENT...]: runs a Windows program under Wine, without a display. Also fit for cargo as the
# runner of the Windows target. The first call makes the Wine prefix, which takes some seconds and 700 MB.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -x "$WINE" ] || die "no Wine at $WINE (Debian: wine64)"
export WINEPREFIX=$WINE_PREFIX WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all}
# Nothing to install beyond Wine (Mono, Gecko), and no entries in the menus of this machine.
export WINEDLLOVERRIDES=${WINEDLLOVERRIDES:-'mscoree=;mshtml=;winemenubuilder.exe='}
unset DISPLAY WAYLAND_DISPLAY

make_prefix() {
  local log=$CACHE/wine.log shim=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
  rm -rf "$WINEPREFIX"
  "$WINE" wineboot -i </dev/null >"$log" 2>&1 9>&- || {
    tail -n 20 "$log" >&2
    die "Wine could not make its prefix $WINEPREFIX; its own words are above"
  }
  # wineboot is back before the registry is on disk.
  local deadline=$((SECONDS + 60))
  until [ -f "$WINEPREFIX/system.reg" ]; do
    [ $SECONDS -lt $deadline ] || die "Wine wrote no registry into $WINEPREFIX within a minute; see $log"
    sleep 0.2
  done
  # Only where Wine has none of its own; see the C file.
  [ -e "$shim" ] || "$MINGW-gcc" -O1 -shared -s -o "$shim" "$WINDOWS_SCRIPTS/bcryptprimitives.c" -ladvapi32
  touch "$WINEPREFIX/complete"
}

if [ ! -e "$WINEPREFIX/complete" ]; then
  one_at_a_time wine
  [ -e "$WINEPREFIX/complete" ] || make_prefix
  exec 9>&-
fi
exec "$WINE" "$@" 9>&-
