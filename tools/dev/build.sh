# build.sh: CMake and Ninja: one preset, all of it or some targets; and the installed package. Sourced; needs setup.sh.
# shellcheck shell=bash
build_kib=1500000 # what a build directory takes, roughly

# Prints the number of parallel compilers: one per core, or fewer if there is less than 1.5 GB of free memory for each.
jobs_that_fit() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null)
  ((${memory:-cores} < cores)) && cores=$memory
  printf '%s' "${HOIKU_JOBS:-$((cores > 0 ? cores : 1))}"
}

# build PRESET [TARGET...]
build() {
  local preset=$1 directory=build/$1 compiler=() log free
  shift
  if ! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$directory/CMakeCache.txt"; then
    rm -rf "$directory" # absent, incomplete, or configured at another path
    mkdir -p build 2>/dev/null || fail_unwritable
    free=$(df --output=avail build | tail -n 1)
    ((free > build_kib)) ||
      fail "a build needs about $((build_kib / 1000)) MB and $PWD has $((free / 1000)) MB left;" \
        "free some and run ./dev $command again."
  fi
  new_log "build-$preset"
  if [[ ! -e $directory/build.ninja || CMakePresets.json -nt $directory/build.ninja ]]; then
    [[ ! $preset =~ ^(clang|fuzz)$ ]] || compiler=("-DCMAKE_CXX_COMPILER=clang++-$clang")
    if ! cmake --preset "$preset" "${compiler[@]}" 2>&1 | progress "configure $preset" "$log"; then
      grep -A 6 -m 1 'CMake Error' "$log" >&2
      why "$log" "CMake could not configure the $preset build; its reasons are above and in $log"
    fi
    touch "$directory/build.ninja"
  fi
  if ! ninja -C "$directory" -j "$(jobs_that_fit)" "$@" 2>&1 | progress "build $preset" "$log"; then
    grep -E -m 5 'error:|undefined (reference|symbol)|^FAILED:' "$log" >&2
    why "$log" "the $preset build failed; the first errors are above, the whole log is $log"
  fi
}

install_command() { # install [PREFIX]
  local prefix=${1:-/usr/local} log
  set_up "${build_packages[@]}" "${install_packages[@]}"
  build release
  new_log install
  cmake --install build/release --prefix "$prefix" >"$log" 2>&1 ||
    why "$log" "the package could not be written below $prefix;" \
      "run: sudo cmake --install $PWD/build/release --prefix $prefix"
  say "Installed below $prefix; use it with find_package(hoiku CONFIG REQUIRED)."
}
