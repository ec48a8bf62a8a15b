# bench.sh: the benchmarks. Sourced; needs build.sh.
# shellcheck shell=bash

bench_command() { # bench [ARGUMENT...]: arguments go to bench/bench.py
  local program
  set_up "${build_packages[@]}" "${bench_packages[@]}"
  build bench
  if (($# == 0)); then
    for program in build/bench/bin/bench_*; do
      "$program" || fail "$program failed; what it said is above."
    done
  fi
  python3 bench/bench.py build/bench/bin "$@" || fail "not all could be measured; what was said is above."
  (($# == 0)) || return 0
  python3 bench/stopped_reader.py build/bench/bin 10 3 ||
    say "A target was missed: on a machine that does nothing else, that counts."
}
