#!/usr/bin/env bash
# demo.sh [--for 20s] [--quiet]: the robot, driven by this machine's load: a broker on a socket of its own, and the
# three services of the robot. behaviour prints here, the others into logs. `./dev demo` is this program.
#
# Promises   ends after the time of --for, by Ctrl-C, or when a program ends by itself, which is a failure; then all
#            that it started has ended. Keeps the processor busy now and then, since an idle machine makes the robot
#            calm (not with --quiet).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command=demo # named in messages
. tools/dev/talk.sh
. tools/dev/setup.sh
. tools/dev/build.sh

# Six seconds of rest, four of work. It rests in `read`, which leaves no child process when it is killed.
# shellcheck disable=SC2016
sweat='exec 9<>"$0"; for (( ; ; )); do read -rt 6 -u 9; for ((SECONDS = 0; SECONDS < 4; )); do :; done; done'

# start_in_demo NAME COMMAND...
# The command runs in its own session, so that Ctrl-C reaches only this script, which ends all programs in order. The
# kernel ends the command if this script is killed.
start_in_demo() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- "$@" </dev/null &
  demo_names+=("$name") demo_pids+=("$!")
}

# Ends the programs in reverse order, so that behaviour can still tell the bus that it rests.
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
trap 'exit 0' INT TERM HUP # Ctrl-C is the normal end of a demo
bin=build/dev/bin endpoint=ipc://$demo_state/bus ended=0 timer=0
say "The robot lives on this machine's load${seconds:+ for $seconds s}; Ctrl-C ends it." \
  "The others write to $logs/demo/."
[[ -n $quiet ]] || say 'Every ten seconds this script keeps the processor busy for four (--quiet: it does not).'
say "Look into it from another terminal: $bin/hoiku watch 'robot/**' --endpoint $endpoint"
start_in_demo hoikud "$bin/hoikud" --listen "$endpoint" >"$logs/demo/hoikud.log" 2>&1
for ((i = 0; i < 100; i++)); do # the other programs would wait too, but would report it in their logs
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
