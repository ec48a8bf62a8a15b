#!/usr/bin/env bash
# containers.sh: the robot as docker-compose.yml describes it, in a real engine: built, started, loaded, hurt, stopped.
#
# Prints one line for each promise, with the evidence below it; the output of the tools goes to build/log/. Asserts no
# durations: each wait is for a condition, with a generous time limit. If no engine can be found or started, the test
# says that it is skipped; with HOIKU_DEPLOY=require it fails instead.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/deploy/engine.sh
. tests/deploy/engine.sh

log=build/log/containers.log
found=build/deploy/evidence # the evidence of the promise that is being tested
project=hoiku-deploy-test
override=$PWD/build/deploy/override.yml
services=(broker host_sensors socket_sensor socket_bridge robot brain behaviour)
passed=0 failed=0
export HOIKU_PORT='' # any free port

say() { printf 'deploy: %s\n' "$*"; }
evidence() { printf '        %s\n' "$*"; }

skip() {
  say "containers: skipped: $*"
  [[ ${HOIKU_DEPLOY:-} != require ]] || exit 1
  exit 0
}

# compose_in SECONDS ARGUMENT...: runs docker-compose in the background and waits, so that traps run at once.
compose_in() {
  local limit=$1 status
  shift
  timeout --foreground "$limit" docker-compose --ansi never -p "$project" -f docker-compose.yml -f "$override" "$@" &
  composing=$!
  wait "$composing"
  status=$?
  composing=''
  return $status
}

finish() {
  local status=$?
  trap '' INT TERM HUP
  [[ -z ${composing:-} ]] || kill -TERM "$composing" 2>/dev/null
  if [[ -n ${is_up:-} ]]; then compose_in 60 down -v --remove-orphans >>"$log" 2>&1; fi
  stop_engine || status=1
  exit "$status"
}

# give_up SENTENCE: ends the test when the remaining checks make no sense.
give_up() {
  say "FAILED: $*; what the tools said is in $log"
  say "containers: $passed passed, $((failed + 1)) failed"
  exit 1
}

# ---- asking the robot ------------------------------------------------------------------------------------------------

container() { compose_in 60 ps -q "$1" 2>/dev/null; }
inspect() { docker inspect -f "$2" "${ids[$1]}"; } # SERVICE FORMAT
health() { inspect "$1" '{{.State.Health.Status}}'; }
lines() { docker logs "${ids[$1]}" 2>&1; }                 # all that SERVICE has said
count_lines() { lines "$1" | wc -l; }                      # SERVICE
lines_after() { lines "$1" | tail -n "+$(($2 + 1))"; }     # SERVICE COUNT
# said SERVICE COUNT PATTERN: uses grep without -q, which would end the pipe early.
said() { lines_after "$1" "$2" | grep -e "$3" >/dev/null; }
hoiku() { timeout 40 docker exec "${ids[broker]}" hoiku "$@"; }

# eventually SECONDS COMMAND...: repeats COMMAND until it succeeds; fails after SECONDS.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      evidence "this never came true: $*"
      return 1
    fi
    sleep 0.2
  done
}

is_healthy() { [[ $(health "$1") == healthy ]]; }
is_restarted() { [[ $(inspect broker '{{.RestartCount}}') -gt $1 ]] && is_healthy broker; }

# ---- the promises ----------------------------------------------------------------------------------------------------

everybody_is_well() {
  local service
  for service in "${services[@]}"; do
    eventually 90 is_healthy "$service" || { evidence "$service is $(health "$service")" && return 1; }
  done
  evidence "healthy: ${services[*]}"
}

# Checks process 1 of each container: user, capabilities, privileges, writable files and limits.
nobody_is_root() {
  local service status
  for service in "${services[@]}"; do
    status=$(docker exec "${ids[$service]}" cat /proc/1/status)
    [[ $status == *Uid:$'\t10001\t10001\t10001\t10001'* ]] || { evidence "$service is not user 10001" && return 1; }
    [[ $status == *CapBnd:$'\t0000000000000000'* ]] || { evidence "$service has capabilities" && return 1; }
    [[ $status == *NoNewPrivs:$'\t1'* ]] || { evidence "$service may gain privileges" && return 1; }
    ! docker exec "${ids[$service]}" touch /usr/local/bin/x 2>/dev/null ||
      { evidence "$service writes its image" && return 1; }
    [[ $(inspect "$service" '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}') =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]] ||
      { evidence "$service is not limited" && return 1; }
  done
  docker exec "${ids[broker]}" touch /var/lib/hoiku/x || { evidence "the broker cannot write its volume" && return 1; }
  evidence "user 10001, no capability, nothing to gain, a read-only image; the broker may write its volume"
}

# ZeroMQ's greeting begins with ff, so a proxy without a broker behind it does not pass.
# shellcheck disable=SC2016
greets() {
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0" && head -c 1 <&3' "$1" 2>/dev/null | od -An -tx1 | grep ff >/dev/null
}

the_door_is_on_the_loopback() {
  local port address
  port=$(docker inspect -f '{{(index (index .NetworkSettings.Ports "7411/tcp") 0).HostPort}}' "${ids[broker]}")
  eventually 20 greets "127.0.0.1/$port" || return 1
  for address in $(hostname -I); do
    ! greets "$address/$port" || { evidence "it can be reached at $address too" && return 1; }
  done
  evidence "127.0.0.1:$port answers, and no other address of this machine does"
}

does() { lines robot | tail -n 1 | grep -F "$1" >/dev/null; } # robot's latest line

# After the sensor has ended, the robot's latest line shows the last odd and the last even digit.
digits_become_moods() {
  local from digits odd even
  from=$(count_lines socket_bridge)
  eventually 30 said socket_sensor 0 'Sent: [13579]' && eventually 30 said socket_sensor 0 'Sent: [02468]' || return 1
  compose_in 60 stop socket_sensor >>"$log" 2>&1
  eventually 30 said socket_bridge "$from" 'lost ws://' || return 1
  digits=$(lines socket_sensor | sed -n 's/^Sent: //p' | tr -d '\n')
  [[ $digits == "$(lines socket_bridge | sed -n 's/^Received message: //p' | tr -d '\n')" ]] ||
    { evidence "the bridge did not receive what was sent: $digits" && return 1; }
  odd=${digits//[02468]/} even=${digits//[13579]/}
  eventually 20 does "event1='😢 ${odd: -1}', event2='😆 ${even: -1}'" || return 1
  evidence "${#digits} digits sent, at last ${digits: -6}: $(lines robot | tail -n 1)"
  from=$(count_lines socket_bridge)
  compose_in 60 start socket_sensor >>"$log" 2>&1
  eventually 30 said socket_bridge "$from" 'Received message' || return 1
  evidence "started again: $(lines_after socket_bridge "$from" | grep -m 1 'listening to')"
}

# Kills the broker's process from the host, as the kernel would. Each service stays up, and reports the restart.
a_killed_broker_comes_back() {
  local service pid restarts
  declare -A from
  for service in "${services[@]}"; do from[$service]=$(count_lines "$service"); done
  pid=$(inspect broker '{{.State.Pid}}')
  restarts=$(inspect broker '{{.RestartCount}}')
  [[ $(cat "/proc/$pid/comm" 2>/dev/null) == hoikud ]] ||
    { evidence "process $pid is not a hoikud of this machine" && return 1; }
  kill -KILL "$pid"
  eventually 60 is_restarted "$restarts" || return 1
  evidence "process $pid was killed; process $(inspect broker '{{.State.Pid}}') is healthy"
  for service in host_sensors socket_bridge robot brain behaviour; do
    eventually 60 said "$service" "${from[$service]}" 'the broker was restarted' || return 1
    evidence "$(lines_after "$service" "${from[$service]}" | grep -m 1 'the broker was restarted')"
    [[ $(inspect "$service" '{{.RestartCount}}') == 0 ]] || { evidence "$service was restarted too" && return 1; }
  done
  # The new broker began empty; sensors, mood and gesture have been set again.
  hoiku wait sensor/memory/used 'value > 0' --timeout 30s >/dev/null &&
    hoiku wait robot/mood --timeout 30s >/dev/null &&
    hoiku wait actuator/gesture --timeout 30s >/dev/null &&
    hoiku wait robot/sad --timeout 30s >/dev/null || return 1
  evidence "the moods, the body and the gestures are on the bus again: robot/mood is '$(hoiku get robot/mood)'"
}

# feel LOAD MOOD: sets the load, and waits until the brain has made it that mood.
feel() {
  hoiku set sensor/memory/used 0.5 >/dev/null || return 1
  hoiku set sensor/cpu/load "$1" >/dev/null || return 1
  hoiku wait robot/mood "value == '$2'" --timeout 30s >/dev/null ||
    { evidence "load $1 does not make it $2" && return 1; }
}

# Stops host_sensors first, since the test sets the load itself.
load_moves_the_robot() {
  local from
  compose_in 60 stop host_sensors >>"$log" 2>&1
  feel 0.1 calm || return 1
  from=$(count_lines behaviour)
  feel 0.9 excited && eventually 30 said behaviour "$from" '^excited  is the mood now' &&
    eventually 30 said behaviour "$from" 'dances' || return 1
  feel 0.1 calm && eventually 30 said behaviour "$from" '^excited  stops' &&
    eventually 30 said behaviour "$from" '^calm  *is the mood now' || return 1
  lines_after behaviour "$from" | grep -E 'mood now|stops|dances to the left' | uniq | head -n 8 | sed 's/^/        /'
}

dances() { hoiku get actuator/gesture | grep dances >/dev/null; }

# Disconnects behaviour alone. The mood changes meanwhile; behaviour reconnects to the new mood, and no other service
# loses its connection.
a_partition_heals() {
  local network=${project}_bus behaviour_from bridge_from brain_from
  feel 0.1 calm || return 1
  behaviour_from=$(count_lines behaviour) bridge_from=$(count_lines socket_bridge) brain_from=$(count_lines brain)
  docker network disconnect "$network" "${ids[behaviour]}" || return 1
  eventually 60 said behaviour "$behaviour_from" 'is lost' || return 1
  feel 0.9 excited || return 1
  bridge_from=$(count_lines socket_bridge)
  eventually 30 said socket_bridge "$bridge_from" 'Received message' || return 1
  ! said behaviour "$behaviour_from" '^excited' || { evidence 'behaviour was not cut off' && return 1; }
  docker network connect --alias behaviour "$network" "${ids[behaviour]}" || return 1
  eventually 60 said behaviour "$behaviour_from" '^excited  is the mood now' || return 1
  eventually 30 dances || return 1
  lines_after behaviour "$behaviour_from" | grep -E 'is lost|reconnected to|^excited  is' | sed 's/^/        /'
  if said brain "$brain_from" 'is lost' || said socket_bridge "$bridge_from" 'is lost'; then
    evidence 'others lost their connection too'
    return 1
  fi
  eventually 60 is_healthy behaviour || return 1
  feel 0.1 calm || return 1
  evidence 'meanwhile the bridge went on, and nobody else lost a connection'
}

guests_are_served() {
  local answer
  answer=$(compose_in 60 run --rm -T inspector get robot/mood 2>>"$log" </dev/null | tr -d '\r')
  [[ $answer == calm ]] || { evidence "the inspector says '$answer'" && return 1; }
  evidence "inspector get robot/mood: $answer"
  answer=$(compose_in 60 run --rm -T swarm swarm --for 2s 2>>"$log" </dev/null | tail -n 1)
  [[ $answer =~ in\ all.*\ 0\ errors.*\ 0\ lost ]] || { evidence "the swarm says '$answer'" && return 1; }
  evidence "swarm --for 2s: $(tr -s ' ' <<<"$answer")"
}

# Each service is process 1 of its container, which cannot die of SIGTERM: it ends with status 143. A kill after the
# grace period would give status 137.
# The sensor ends first, so that the bridge gets its SIGTERM while it resolves a name that no longer exists.
everybody_ends_in_order() {
  local service status all='' from
  compose_in 60 start host_sensors >>"$log" 2>&1
  eventually 30 is_healthy host_sensors || return 1
  from=$(count_lines socket_bridge)
  compose_in 60 stop socket_sensor >>"$log" 2>&1
  eventually 30 said socket_bridge "$from" 'lost ws://' || return 1
  compose_in 60 stop >>"$log" 2>&1
  for service in "${services[@]}"; do
    status=$(inspect "$service" '{{.State.Status}} {{.State.ExitCode}}')
    [[ $status == 'exited 143' ]] || { evidence "$service: $status" && return 1; }
    all+=" $service"
  done
  lines behaviour | tail -n 1 | grep 'takes a resting pose' >/dev/null ||
    { evidence 'behaviour froze in mid-air' && return 1; }
  evidence "status 143:$all"
  evidence "the last words: $(lines behaviour | tail -n 1) / $(lines broker | tail -n 1)"
}

# Restores all services after a failed check, so that the next check starts from a sound state.
make_whole() {
  local service
  docker network connect --alias behaviour "${project}_bus" "${ids[behaviour]}" >>"$log" 2>&1
  compose_in 120 start >>"$log" 2>&1
  for service in "${services[@]}"; do eventually 60 is_healthy "$service" >>"$log"; done
}

# check FUNCTION SENTENCE
check() {
  if ! "$1" >"$found" 2>>"$log"; then
    failed=$((failed + 1))
    say "FAILED: $2"
    make_whole
  else
    passed=$((passed + 1))
    say "ok: $2"
  fi
  cat "$found"
}

# ---- the test --------------------------------------------------------------------------------------------------------

((EUID == 0)) || skip 'it needs root, to kill a process of a container'
mkdir -p build/log build/deploy && : >"$log" || exit 1
trap finish EXIT
trap 'exit 130' INT TERM HUP
find_engine build/log/containers-engine.log || skip "$engine_missing"
make_base_image debian:bookworm-slim >>"$log" 2>&1 ||
  skip 'the base image could not be made from the packages of this machine'

# Puts programs that were built outside into the image of the Dockerfile's last stage.
context=.
if [[ -d build/programs/image/programs ]]; then
  context=build/programs/image
  awk '/^FROM / { stage = "" } { stage = stage $0 "\n" } END { printf "%s", stage }' Dockerfile |
    sed 's,^COPY --from=builder /programs/ ,COPY programs/ ,' >"$context/Dockerfile"
fi
# In our own engine a build has only the network of the machine.
printf 'services: {broker: {build: {context: %s%s}}}\n' "$context" "${engine_is_ours:+, network: host}" >"$override"
is_up=1
compose_in 60 down -v --remove-orphans >>"$log" 2>&1 # removes what a killed test has left
started=$SECONDS
compose_in 1500 build broker >>"$log" 2>&1 || give_up 'the image cannot be built'
megabytes() { docker image inspect -f '{{.Size}}' "$1" | awk '{printf "%.0f MB", $1 / 1e6}'; }
[[ $context == . ]] && from='from source' || from='from the programs that were built outside'
say "built $from in $((SECONDS - started)) s: $(megabytes hoiku)," \
  "$(megabytes debian:bookworm-slim) of them the base image"
compose_in 180 up -d --no-build >>"$log" 2>&1 || give_up 'the robot cannot be started'
declare -A ids
for service in "${services[@]}"; do ids[$service]=$(container "$service"); done

check everybody_is_well 'everybody is healthy'
check nobody_is_root 'nobody is root, or can become it'
check the_door_is_on_the_loopback 'the published port is on the loopback alone'
check digits_become_moods "the robot reacts to the sensor's digits"
check a_killed_broker_comes_back 'a killed broker comes back, everybody goes on and says so'
check load_moves_the_robot 'the robot reacts to the load'
check a_partition_heals 'a service that was cut off comes back to what is true'
check guests_are_served 'the inspector and the swarm run beside it'
check everybody_ends_in_order 'everybody ends in order within the grace period'
say "containers: $passed passed, $failed failed"
((failed == 0))
