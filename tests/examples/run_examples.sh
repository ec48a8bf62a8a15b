#!/usr/bin/env bash
# run_examples.sh PROGRAM FOLDER BIN GUIDE: runs one example of FOLDER and checks that it prints what is expected, and
# what the pages in the folder GUIDE show (not of behaviour and behaviour_test, whose output has times). Programs that
# need a broker get a real one from BIN, and are driven with the inspector as by a person.
#
# Asserts no durations: each wait is for a condition, with a generous time limit.
set -uo pipefail
program=$1 folder=$2 bin=$3 guide=$4
state=$(mktemp -d /tmp/hoiku-examples.XXXXXX)
export HOIKU_ENDPOINT=ipc://$state/bus
pids=()

finish() {
  local status=$? pid
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$state"
  exit "$status"
}
trap finish EXIT

fail() {
  printf 'FAILED: %s\n' "$*"
  tail -n 40 "$state"/*.out "$state"/*.err 2>/dev/null
  exit 1
}

# expect TEXT FILE: fails unless FILE consists of TEXT.
expect() {
  printf '%s\n' "$1" >"$state/expected"
  diff -u "$state/expected" "$2" || fail "$program printed something else"
}

# shown_in_guide FILE: fails unless FILE begins with the lines that the guide shows after `$ build/PROGRAM`. The guide
# has to show at least one line, if a page shows the program at all.
shown_in_guide() {
  grep -qFx -- "\$ build/$program" "$guide"/*.md || return 0
  awk -v command="\$ build/$program" '
    $0 == command { on = 1; next }
    /^\$ / || /^```/ { on = 0 }
    on' "$guide"/*.md >"$state/shown"
  [[ -s $state/shown ]] || fail "the guide does not show what $program prints"
  diff -u "$state/shown" <(head -n "$(wc -l <"$state/shown")" "$1") || fail "the guide shows something else"
}

# eventually COMMAND...: repeats COMMAND until it succeeds; fails after 30 s.
eventually() {
  local turn
  for ((turn = 0; turn < 600; turn++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  fail "this never came true: $*"
}

has_lines() { [[ $(wc -l <"$1") -ge $2 ]]; } # FILE NUMBER

# prints TEXT [ARGUMENT...]: fails unless the program succeeds and prints only TEXT.
prints() {
  local text=$1
  shift
  "$folder/$program" "$@" >"$state/$program.out" 2>"$state/$program.err" || fail "$program ended with $?"
  expect "$text" "$state/$program.out"
  shown_in_guide "$state/$program.out"
}

start_broker() {
  "$bin/hoikud" --listen "$HOIKU_ENDPOINT" >"$state/hoikud.out" 2>"$state/hoikud.err" &
  broker=$!
  pids+=("$broker")
}

start_program() {
  # stdbuf preloads a library; AddressSanitizer would complain that it is not loaded first itself. A shell starts its
  # background jobs with SIGINT ignored.
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 env --default-signal=INT stdbuf -oL "$folder/$program" \
    >"$state/$program.out" 2>"$state/$program.err" &
  client=$!
  pids+=("$client")
}

hoiku() { "$bin/hoiku" "$@" >"$state/hoiku.out" 2>"$state/hoiku.err" || fail "hoiku $* ended with $?"; }

tail_shows() { hoiku wait actuator/tail "value == \"$1\"" --timeout 30s; }

mood_is() { hoiku wait service/mood "value == \"$1\"" --timeout 30s; }

# Ends the program with a signal; its status must be success or that of a signal.
interrupt() {
  kill -TERM "$client"
  wait "$client"
  local status=$?
  [[ $status -eq 0 || $status -eq 130 || $status -eq 143 ]] || fail "$program ended with $status"
}

press_ctrl_c() {
  kill -INT "$client"
  wait "$client"
  local status=$?
  [[ $status -eq 130 ]] || fail "$program ended with $status"
}

case $program in
  nursery)
    "$folder/nursery" >"$state/nursery.out" || fail "nursery ended with $?"
    head -n 8 "$state/nursery.out" | grep -c 'hello$' | grep -qx 8 || fail "eight greetings come first"
    head -n 16 "$state/nursery.out" | tail -n 8 | grep -c 'goodbye$' | grep -qx 8 || fail "then eight goodbyes"
    # Each child greets before its grandchild, and says goodbye after it: counted line by line, no grandchild is ahead.
    awk '/^child/ { d += /hello/ ? 1 : -1 } /grandchild/ { d += /hello/ ? -1 : 1 } d < 0 { exit 1 }' \
      "$state/nursery.out" ||
      fail "a grandchild greeted before its parent, or its parent left before it"
    tail -n +17 "$state/nursery.out" >"$state/rest"
    expect $'closed\nnap: good night\nerror: bad value\nerror: bad state\nclosed\nnap: good night\nwake up' \
      "$state/rest"
    shown_in_guide "$state/nursery.out"
    ;;

  robot_local)
    prints "doing something cute: idle, idle
doing something cute: sad 1, idle
doing something cute: sad 1, happy 2
doing something cute: sad 3, happy 2
doing something cute: sad 3, happy 4"
    ;;

  scopes)
    prints "late: yes, arm: at rest
nobody pressed the button
listening: 8888
stopped: yes, arm: at rest
still pressed"
    ;;

  embedded) prints 'battery: 80 %' ;;
  virtual_time) prints $'22 after 1500 ms\n79 after 1000 ms' ;;

  behaviour_test)
    "$folder/behaviour_test" >"$state/behaviour_test.out" || fail "behaviour_test ended with $?"
    grep -q '  PASSED  . 5 tests' "$state/behaviour_test.out" || fail "five tests pass"
    ;;

  robot)
    start_broker
    start_program
    hoiku set robot/sad 'sad 1'
    hoiku set robot/happy 'happy 1'
    eventually has_lines "$state/robot.out" 1
    hoiku set robot/sad 'sad 2'
    eventually has_lines "$state/robot.out" 2
    hoiku set robot/sad 'sad 2' # no change, no line
    hoiku set robot/happy 'happy 2'
    eventually has_lines "$state/robot.out" 3
    expect "doing something cute: sad 1, happy 1
doing something cute: sad 2, happy 1
doing something cute: sad 2, happy 2" "$state/robot.out"

    # The broker dies, another one takes its place with nothing in it: the robot goes on by itself.
    kill -KILL "$broker"
    wait "$broker" 2>/dev/null
    rm -f "$state/bus"
    start_broker
    hoiku set robot/happy 'happy 3'
    hoiku set robot/sad 'sad 3'
    eventually grep -qx 'doing something cute: sad 3, happy 3' "$state/robot.out"
    grep -q '^robot: reconnected to .* the broker was restarted' "$state/robot.err" ||
      fail "it does not report the restart"
    interrupt
    ;;

  behaviour)
    start_broker
    start_program
    hoiku set sensor/room/empty false
    hoiku set sensor/touch/head true
    tail_shows left
    tail_shows right
    hoiku set sensor/room/empty true # it stops at once
    tail_shows rest
    hoiku set sensor/room/empty false
    hoiku set sensor/touch/head false
    hoiku set sensor/touch/head true # and begins again
    tail_shows left
    tail_shows rest # by itself, after three seconds
    hoiku set sensor/touch/head false
    hoiku set sensor/touch/head true
    tail_shows right
    press_ctrl_c # in the middle of it
    hoiku get actuator/tail
    expect rest "$state/hoiku.out"
    ;;

  owner)
    start_broker
    start_program
    wait "$client" || fail "owner ended with $?"
    hoiku get sensor/imu/yaw
    expect 0 "$state/hoiku.out"
    hoiku get sensor/imu/yaw --json
    grep -q '"quality":"orphaned"' "$state/hoiku.out" || fail "the value of an owner that is gone is orphaned"
    ;;

  waits)
    start_broker
    prints "unchanged: yes
hot: 33
lid: closed -> open
conflict: the lid has moved on
gave up: yes
lid: sealed"
    ;;

  reading)
    start_broker
    prints "latest: 40
latest: 43
every: 40 -> 41
every: 41 -> 42
every: 42 -> 43
reading/motor/left/heat: 81
reading/motor/right/heat: 90
both are cool"
    ;;

  driver)
    start_broker
    prints 'yaw: 1.0'
    ;;

  service)
    start_broker
    start_program
    mood_is awake
    hoiku set sensor/battery 0.1
    mood_is tired
    kill -KILL "$broker"
    wait "$broker" 2>/dev/null
    rm -f "$state/bus"
    start_broker
    mood_is tired
    press_ctrl_c
    ;;

  messages)
    start_broker
    prints 'x = 3.5'
    hoiku get robot/pose
    expect '{"at":{"x":4,"y":0},"mode":"WALKING"}' "$state/hoiku.out"
    ;;

  decision)
    start_broker
    start_program
    hoiku set sensor/battery 0.8
    hoiku set sensor/stairs false
    hoiku set sensor/touch/head false
    hoiku set robot/mood calm
    hoiku wait robot/plan 'value == "stroll"' --timeout 30s
    hoiku set robot/mood excited
    hoiku wait robot/plan 'value == "dance"' --timeout 30s
    hoiku set sensor/battery 0.15
    hoiku wait robot/plan 'value == "go home"' --timeout 30s
    hoiku set sensor/stairs true
    hoiku wait robot/plan 'value == "stop"' --timeout 30s
    eventually has_lines "$state/decision.out" 4 # it sets first, and then prints
    expect "battery 80 %, calm: stroll
battery 80 %, excited: dance
battery 15 %, excited: go home
battery 15 %, excited: stop" "$state/decision.out"
    shown_in_guide "$state/decision.out"
    interrupt
    ;;

  *) fail "there is no example '$program'" ;;
esac
printf '%s: as promised\n' "$program"
