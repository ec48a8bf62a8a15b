#!/usr/bin/env bash
# swarm.sh BIN [SECONDS]: what sixty topics at 100 Hz from twenty controllers cost a broker, with the robot's brain and
# behaviour and one reader of everything beside it: its share of a core and its memory, as /proc tells them.
#
# Two seconds pass before it is measured; a session that begins is not the rule. One line of figures on stdout.
set -euo pipefail

bin=$1 seconds=${2:-10}
state=$(mktemp -d /tmp/hoiku-swarm.XXXXXX)
endpoint=''
pids=()

stop() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$state"
}
trap stop EXIT

start() { # start NAME ARGUMENT...
  local name=$1
  shift
  "$bin/$name" "$@" --endpoint "$endpoint" >"$state/$name.out" 2>"$state/$name.err" &
  pids+=("$!")
}

ticks_of() { # user and system time of a process, in clock ticks; its name may hold spaces, so count from the parenthesis
  sed 's/.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}

"$bin/hoikud" --listen tcp://127.0.0.1:0 2>"$state/hoikud.err" &
broker=$!
pids+=("$broker")
for ((i = 0; i < 200; i++)); do
  endpoint=$(sed -n 's/.*listening endpoint=//p' "$state/hoikud.err")
  [[ -z $endpoint ]] || break
  sleep 0.05
done
[[ -n $endpoint ]] || {
  cat "$state/hoikud.err" >&2
  printf 'swarm.sh: the broker did not start; what it said is above\n' >&2
  exit 1
}
start host_sensors
start brain
start behaviour
start hoiku watch '**'
start swarm --for "$((seconds + 4))s" --json
swarm=$!
sleep 2

ticks=$(ticks_of "$broker") began=$(date +%s%N)
sleep "$seconds"
ticks=$(($(ticks_of "$broker") - ticks)) ended=$(date +%s%N)
memory=$(awk '/^VmRSS/ {print $2}' "/proc/$broker/status")
peak=$(awk '/^VmHWM/ {print $2}' "/proc/$broker/status")
wait "$swarm" || {
  cat "$state/swarm.err" >&2
  printf 'swarm.sh: the swarm failed; what it said is above\n' >&2
  exit 1
}
awk -v ticks="$ticks" -v hertz="$(getconf CLK_TCK)" -v nanoseconds="$((ended - began))" -v memory="$memory" -v peak="$peak" \
  -v lines="$(wc -l <"$state/hoiku.out")" -v last="$(tail -n 1 "$state/swarm.out")" 'BEGIN {
  printf "swarm: the broker takes %.1f %% of a core and %.1f MB (at most %.1f MB); the reader of everything was given %d lines\n",
    100 * ticks / hertz / (nanoseconds / 1e9), memory / 1024, peak / 1024, lines
  printf "swarm: %s\n", last
}'
