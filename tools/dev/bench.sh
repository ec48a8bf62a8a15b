# bench.sh: the benchmarks. Sourced; needs build.sh.
# shellcheck shell=bash

bench_command() { # bench [ARGUMENT...]
  local program
  set_up "${build_packages[@]}" "${bench_packages[@]}"
  build bench
  for program in build/bench/bin/bench_*; do
    "$program" "$@" || fail "$program failed; what it said is above."
  done
  for program in swarm waits; do
    bench/load.sh build/bench/bin "$program" ||
      fail "the load '$program' could not be measured; what it said is above."
  done
  bench/suite/link_bench.py build/bench/bin --rounds 1 ||
    fail "the links could not be measured; what was said is above."
  python3 bench/stopped_reader.py build/bench/bin 10 3 ||
    say "A target was missed: on a machine that does nothing else, that counts."
}
