# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A list of stages, run one after another, with a summary at the end. Source it after
# common.sh, set LOGS to a directory, then:
#
#   stage NAME [-n NEEDED]... COMMAND...   runs COMMAND; its output goes to $LOGS/NAME.log
#   summary                                a line per stage, then 'N passed, N failed';
#                                          fails if one of them did
#
# A stage whose NEEDED stage failed is not run and counts as failed: nothing is left
# out quietly. The end of a failed stage's log is shown; VERBOSE=1 shows all output as
# it comes. A stage may take STAGE_LIMIT seconds (900).

STAGE_LIMIT=${STAGE_LIMIT:-900}
stage_lines=()
stage_passed=0
stage_failed=0
stage_child=
declare -A stage_result=()

stage() {
  local name=$1 needed=() start=$SECONDS result log status=0 other out tee=
  shift
  while [ "${1-}" = -n ]; do
    needed+=("$2")
    shift 2
  done
  log=$LOGS/${name//[^A-Za-z0-9._-]/-}.log
  mkdir -p "$LOGS"
  printf '%s\n' "== $name"
  for other in "${needed[@]}"; do
    if [ "${stage_result[$other]-}" != passed ]; then
      finish_stage "$name" failed 0 "not run, because '$other' failed"
      return 0
    fi
  done

  # In the background, so that a signal to this script is answered at once; through
  # timeout, which puts the command and all its children into a group of their own.
  if [ -n "${VERBOSE-}" ]; then
    exec {out}> >(tee "$log")
    tee=$!
    timeout -k 30 "$STAGE_LIMIT" "$@" </dev/null >&"$out" 2>&1 {out}>&- &
    stage_child=$!
    exec {out}>&-
  else
    timeout -k 30 "$STAGE_LIMIT" "$@" </dev/null >"$log" 2>&1 &
    stage_child=$!
  fi
  wait "$stage_child" || status=$?
  [ -z "$tee" ] || wait "$tee" || true
  stage_child=
  if [ "$status" = 0 ]; then
    finish_stage "$name" passed $((SECONDS - start)) ""
    return 0
  fi
  [ "$status" = 124 ] && result="stopped after $STAGE_LIMIT s" || result="exit status $status"
  if [ -z "${VERBOSE-}" ]; then
    printf '%s\n' "--- the end of ${log#"$ROOT/"}"
    tail -n 60 "$log"
    printf '%s\n' "---"
  fi
  finish_stage "$name" failed $((SECONDS - start)) "$result, see ${log#"$ROOT/"}"
}

finish_stage() {
  local line
  stage_result[$1]=$2
  case $2 in
    passed) stage_passed=$((stage_passed + 1)) ;;
    *) stage_failed=$((stage_failed + 1)) ;;
  esac
  line=$(printf '%-28s %-7s %4d s%s' "$1" "$2" "$3" "${4:+   $4}")
  stage_lines+=("$line")
  printf '   %s\n' "$2, $3 s${4:+, $4}"
}

# Ends a running stage with everything it started.
stop_stage() {
  [ -z "$stage_child" ] || kill -TERM "$stage_child" 2>/dev/null || true
}

summary() {
  printf '\n'
  printf '%s\n' "${stage_lines[@]}"
  printf '%d passed, %d failed\n' "$stage_passed" "$stage_failed"
  [ "$stage_failed" = 0 ] && [ "$stage_passed" -gt 0 ]
}
