# test.sh: test, sim, mutants: the tests, random histories, and the mutants that check these. Sourced; needs build.sh.
# shellcheck shell=bash

# run_tests PRESET [CTEST ARGUMENT...]
run_tests() {
  local preset=$1 log started=$SECONDS
  shift
  set_up "${build_packages[@]}" "${test_packages[@]}"
  build "$preset"
  new_log "test-$preset"
  # One test more than there are cores: many wait for a process or a socket.
  if ! ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(($(jobs_that_fit) + 1))" "$@" 2>&1 |
    progress "test $preset" "$log"; then
    awk '/\*\*\*(Failed|Timeout|Exception|Not Run)/ { shown = 60 } shown-- > 0' "$log" | head -n 120 >&2
    sed -n '/tests passed,/,$p' "$log" >&2
    why "$log" "tests of the $preset build failed; their output is above and in $log"
  fi
  say "$preset: $(grep 'tests passed' "$log") ($((SECONDS - started)) s with the build)"
}

test_command() { # test [--preset NAME] [CTEST ARGUMENT...]
  local preset=dev
  if [[ ${1:-} == --preset ]]; then
    preset=${2:-}
    [[ $preset =~ ^(dev|asan|tsan|threads|o0|clang|plain)$ ]] ||
      usage_error "--preset wants dev, asan, tsan, threads, o0, clang or plain"
    shift 2
  fi
  run_tests "$preset" "$@"
}

run_histories() { # run_histories PRESET PROGRAM COUNT: the seeds 1 to COUNT, on all processors
  local preset=$1 program=$2 count=$3 first=1 size runs=() run failed=''
  size=$(((count + $(nproc) - 1) / $(nproc)))
  while ((first <= count)); do
    ((size <= count - first + 1)) || size=$((count - first + 1))
    HOIKU_SIM_FIRST=$first HOIKU_SIM_HISTORIES=$size "build/$preset/bin/$program" --gtest_brief=1 &
    runs+=($!)
    first=$((first + size))
  done
  for run in "${runs[@]}"; do wait "$run" || failed=1; done
  [[ -z $failed ]] || fail "a history broke a promise; the command above replays it and prints its story."
}

run_both_histories() { # run_both_histories PRESET COUNT: of the core, and of the Bus
  run_histories "$1" core_histories "$2"
  run_histories "$1" histories "$2"
  say "$2 histories keep every promise"
}

sim_command() { # sim [--seed N] [--histories N] [--for 20s]
  local seed='' histories='' seconds=''
  while (($#)); do
    case $1 in
      --seed) seed=${2:-} ;;
      --histories) histories=${2:-} ;;
      --for) seconds_of "${2:-}" ;;
      *) usage_error "sim does not know '$1'" ;;
    esac
    [[ $1 == --for || ${2:-} =~ ^[0-9]+$ ]] || usage_error "$1 wants a number"
    shift 2
  done
  set_up "${build_packages[@]}"
  build dev histories core_histories
  if [[ -n $seed ]]; then
    HOIKU_SEED=$seed HOIKU_SIM_STORY=1 build/dev/bin/histories --gtest_brief=1 ||
      fail "history $seed broke a promise; its story is above."
    say "history $seed keeps every promise"
  elif [[ -n $seconds ]]; then
    run_histories_for "$seconds"
  else
    run_both_histories dev "${histories:-1000}"
  fi
}

# run_histories_for SECONDS: runs both kinds of histories at once, from the first seed on, until the time has passed.
run_histories_for() {
  local end=$((SECONDS + $1)) level pids=() failed=0
  for level in core_histories histories; do
    (
      for ((first = 1; SECONDS < end; first += 25)); do
        HOIKU_SIM_FIRST=$first HOIKU_SIM_HISTORIES=25 build/dev/bin/$level --gtest_brief=1 || exit 1
      done >"$logs/$level.log" 2>&1
      say "$level: $((first - 1)) histories keep every promise"
    ) &
    pids+=("$!")
  done
  for level in core_histories histories; do
    wait "${pids[0]}" || { failed=1 && cat "$logs/$level.log" >&2; }
    pids=("${pids[@]:1}")
  done
  ((!failed)) || fail "a history broke a promise; the command above replays it and prints its story."
}

# mutants [NAME...]: breaks a copy of the core in small ways, and checks that the random histories notice each.
# shellcheck disable=SC2120
mutants_command() {
  set_up "${build_packages[@]}"
  python3 tests/mutants/run.py build/mutants "$@" ||
    fail "a mutant was not found, or cannot be made; the lines above say which."
}
