#!/usr/bin/env bash
# load.sh BIN SCENARIO [SECONDS [LINK]]: measures what a load costs a broker: its share of a core and its memory, from
# /proc. LINK is the broker's (zmtp, libzmq); the programs of the load use the default one.
#
#   swarm   sixty topics at 100 Hz from twenty controllers, with the robot's brain and behaviour, and a reader of all
#   waits   one topic at 1 kHz, without waits on it and then with 10,000 of 100 distinct predicates
#
# Measures after two seconds, when all sessions have started. Prints one line of figures for each measurement.
set -euo pipefail

bin=$1 scenario=$2 seconds=${3:-10}
link=(${4:+--link "$4"})
state=$(mktemp -d /tmp/hoiku-load.XXXXXX)
endpoint='' broker=''
pids=()

stop() {
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$state"
}
trap stop EXIT

fail() { # fail SENTENCE [LOG]
  [[ -z ${2:-} ]] || cat "$2" >&2
  printf 'load.sh: %s\n' "$1" >&2
  exit 1
}

start_broker() {
  : >"$state/hoikud.err"  # there may be nothing to read before hoikud has started
  "$bin/hoikud" --listen tcp://127.0.0.1:0 "${link[@]}" 2>"$state/hoikud.err" &
  broker=$!
  pids+=("$broker")
  for ((i = 0; i < 200; i++)); do
    endpoint=$(sed -n 's/.*listening endpoint=//p' "$state/hoikud.err")
    [[ -z $endpoint ]] || return 0
    sleep 0.05
  done
  fail 'the broker did not start; what it said is above' "$state/hoikud.err"
}

start() { # start NAME ARGUMENT...: its process is $client
  local name=$1
  shift
  "$bin/$name" "$@" --endpoint "$endpoint" >"$state/$name.out" 2>"$state/$name.err" &
  client=$!
  pids+=("$client")
}

ticks_of() { # user and system time of a process in ticks; its name may have spaces, so count from the parenthesis
  sed 's/.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}

measure() { # measure WHAT: one line
  local ticks began ended
  sleep 2
  ticks=$(ticks_of "$broker") began=$(date +%s%N)
  sleep "$seconds"
  ticks=$(($(ticks_of "$broker") - ticks)) ended=$(date +%s%N)
  awk -v what="$1" -v ticks="$ticks" -v hertz="$(getconf CLK_TCK)" -v nanoseconds="$((ended - began))" \
    -v memory="$(awk '/^VmRSS/ {print $2}' "/proc/$broker/status")" \
    -v peak="$(awk '/^VmHWM/ {print $2}' "/proc/$broker/status")" 'BEGIN {
    printf "%s: the broker takes %.1f %% of a core and %.1f MB (at most %.1f MB)\n", what,
      100 * ticks / hertz / (nanoseconds / 1e9), memory / 1024, peak / 1024
  }'
}

start_broker
case $scenario in
  swarm)
    start host_sensors
    start brain
    start behaviour
    start hoiku watch '**'
    start swarm --for "$((seconds + 4))s" --json
    measure swarm
    wait "$client" || fail 'the swarm failed; what it said is above' "$state/swarm.err"
    printf 'swarm: the reader of everything was given %d lines; the swarm says %s\n' "$(wc -l <"$state/hoiku.out")" \
      "$(tail -n 1 "$state/swarm.out")"
    ;;
  waits)
    for waits in 0 10000; do
      start waits_load --waits "$waits" --for "$((seconds + 4))s"
      for ((i = 0; i < 400; i++)); do
        grep -qs armed "$state/waits_load.out" && break
        sleep 0.05
      done
      measure "$waits waits"
      wait "$client" || fail 'the waits failed; what was said is above' "$state/waits_load.err"
      printf '%s waits: %s\n' "$waits" "$(tail -n 1 "$state/waits_load.out")"
      rm -f "$state/waits_load.out"
    done
    ;;
  *) fail "unknown scenario '$scenario'; there are swarm and waits" ;;
esac
