#!/usr/bin/env bash
# demo.sh [--for 20s] [--quiet]: the robot, living on this machine's load: a broker on a socket of its own and the three
# services of the robot, of which behaviour speaks here and the others into logs. `./dev demo` is this program.
#
# Promises   everything that it starts has ended when it ends: after the time of --for, by Ctrl-C, or because a program
#            ended by itself, which is a failure. On an idle machine there is little to feel, so the script keeps the
#            processor busy now and then (--quiet: it does not).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command=demo # for messages that name it
. tools/dev/talk.sh
. tools/dev/setup.sh
. tools/dev/build.sh

# Six seconds of rest (in `read`, so that no child is left when it is killed), four of work.
# shellcheck disable=SC2016
sweat='exec 9<>"$0"; for (( ; ; )); do read -rt 6 -u 9; for ((SECONDS = 0; SECONDS < 4; )); do :; done; done'

# start_in_demo NAME COMMAND...
# A session of its own, so that Ctrl-C reaches only this script, which ends everybody in order; and a signal from the
# kernel, should this script be killed outright.
start_in_demo() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- "$@" </dev/null &
  demo_names+=("$name") demo_pids+=("$!")
}

# The last one started ends first, so that behaviour can still say at the bus that it rests.
stop_demo() {
  local status=$? i turn
  trap '' INT TERM HUP
  for ((i = ${#demo_pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${demo_pids[i]}" 2>/dev/null || continue
    for ((turn = 0; turn < 60; turn++)); do
      kill -0 "${demo_pids[i]}" 2>/dev/null || continue 2
      sleep 0.05
    done
    printf 'dev: %s did not end when told to, and was killed.\n' "${demo_names[i]}" >&2
    kill -KILL "${demo_pids[i]}" 2>/dev/null
    status=1
  done
  wait 2>/dev/null
  rm -rf "$demo_state"
  ((status)) || say "The robot sleeps; everything that was started has ended."
  exit "$status"
}

seconds='' quiet=''
while (($#)); do
  case $1 in
    --for)
      seconds_of "${2:-}"
      shift 2
      ;;
    --quiet)
      quiet=1
      shift
      ;;
    *) usage_error "demo does not know '$1'" ;;
  esac
done
set_up "${build_packages[@]}"
build dev hoikud host_sensors brain behaviour hoiku robot socket_sensor socket_bridge swarm

mkdir -p "$logs/demo"
demo_state=$(mktemp -d /tmp/hoiku-demo.XXXXXX) || fail "/tmp cannot be written; the demo's socket needs a folder there."
demo_names=() demo_pids=()
trap stop_demo EXIT
trap 'exit 0' INT TERM HUP # Ctrl-C is how a demo ends
bin=build/dev/bin endpoint=ipc://$demo_state/bus ended=0 timer=0
say "The robot lives on this machine's load${seconds:+ for $seconds s}; Ctrl-C ends it." \
  "The others write to $logs/demo/."
[[ -n $quiet ]] || say 'Every ten seconds this script keeps the processor busy for four (--quiet: it does not).'
say "Look into it from another terminal: $bin/hoiku watch 'robot/**' --endpoint $endpoint"
start_in_demo hoikud "$bin/hoikud" --listen "$endpoint" >"$logs/demo/hoikud.log" 2>&1
for ((i = 0; i < 100; i++)); do # the others would wait for it too, but say so in their logs
  [[ ! -S $demo_state/bus ]] || break
  sleep 0.05
done
start_in_demo host_sensors "$bin/host_sensors" --endpoint "$endpoint" >"$logs/demo/host_sensors.log" 2>&1
start_in_demo brain "$bin/brain" --endpoint "$endpoint" >"$logs/demo/brain.log" 2>&1
start_in_demo behaviour "$bin/behaviour" --endpoint "$endpoint" 2>"$logs/demo/behaviour.log"
if [[ -z $quiet ]]; then
  mkfifo "$demo_state/never"
  for ((core = 0; core < $(nproc); core++)); do start_in_demo sweat nice bash -c "$sweat" "$demo_state/never"; done
fi
if [[ -n $seconds ]]; then
  start_in_demo timer sleep "$seconds"
  timer=${demo_pids[-1]}
fi
wait -n -p ended "${demo_pids[@]}"
((ended != timer)) || exit 0
for i in "${!demo_pids[@]}"; do
  if ((demo_pids[i] == ended)); then
    tail -n 5 "$logs/demo/${demo_names[i]}.log" >&2 2>/dev/null
    fail "${demo_names[i]} ended by itself; what it said is above and in $logs/demo/${demo_names[i]}.log"
  fi
done
