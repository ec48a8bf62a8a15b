# talk.sh: how ./dev speaks: messages, progress lines, logs, and the reasons for a failure. Sourced.
# shellcheck shell=bash
logs=build/log

if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { # the sentence that says what to do
  printf 'dev: %s\n' "$*" >&2
  exit 1
}
usage_error() {
  printf 'dev: %s (./dev help lists the commands)\n' "$*" >&2
  exit 2
}

# progress LABEL LOG: stdin goes to LOG; a terminal sees the newest line in place, a file one line every ten seconds.
progress() {
  local label=$1 log=$2 line shown=$SECONDS width=${COLUMNS:-100}
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    if [[ -t 1 ]]; then
      line="$label: $line"
      printf '\r\e[K%s' "${line:0:width-1}"
    elif ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      printf '%s: %s\n' "$label" "${line:0:160}"
    fi
  done
  [[ ! -t 1 ]] || printf '\r\e[K'
}

seconds_of() { # seconds_of TEXT: 20s, 2m or 20, in $seconds; not zero, which the fuzzers take for "for ever"
  [[ $1 =~ ^([0-9]+)(s|m|)$ ]] || usage_error "--for wants a time such as 20s or 2m"
  seconds=$((10#${BASH_REMATCH[1]}))
  ((seconds > 0)) || usage_error "--for wants a time longer than zero"
  [[ ${BASH_REMATCH[2]} != m ]] || seconds=$((seconds * 60))
}

new_log() { # new_log NAME: an empty log, and its path in $log
  mkdir -p "$logs" 2>/dev/null || fail_unwritable
  log=$logs/$1.log
  : >"$log" || fail "$log cannot be written; make it writable for $(id -un), or remove build/."
}

fail_unwritable() {
  fail "$PWD/build cannot be written; make it writable for $(id -un), or use a copy of your own."
}

# why LOG OTHERWISE...: fails with the reason that LOG shows, or else with OTHERWISE.
why() {
  if grep -qiE 'no space left on device|enough free space' "$1"; then
    fail "the disk is full; free about 3 GB (df -h . /var shows where) and run the same again. The log is $1"
  elif grep -qE 'Killed signal terminated|Cannot allocate memory|virtual memory exhausted' "$1"; then
    fail "the compiler ran out of memory; run the same again with HOIKU_JOBS=1. The log is $1"
  fi
  shift
  fail "$*"
}
