#!/usr/bin/env bash
# subproject.sh PARENT BUILD LAUNCHER=PROGRAM ARGUMENT...: configures the project PARENT with CMake's ARGUMENTs, which
# checks what Hoiku's sources inside bring to it; builds it with PROGRAM, if there is one, before the compiler; runs its
# program.
set -euo pipefail
parent=$1 build=$2 launcher=${3#LAUNCHER=}
shift 3

fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

cmake --fresh -S "$parent" -B "$build" "$@"
for entry in CMAKE_BUILD_TYPE HOIKU_BUILD_TESTS HOIKU_BUILD_PROGRAMS HOIKU_INSTALL HOIKU_WERROR HOIKU_CCACHE HOIKU_LLD
do
  ! grep -E "^$entry:[A-Z]+=(ON|[^O].*)$" "$build/CMakeCache.txt" || fail "this stands in the parent's cache"
done
ctest --test-dir "$build" -N | grep -x 'Total Tests: 0' || fail "the parent has tests that are not its own"

# Sets the launcher after the checks: the parent may have one, and Hoiku must not set one itself.
cmake "-DCMAKE_CXX_COMPILER_LAUNCHER=$launcher" "$build"
cmake --build "$build" --target app
"$build/app" || fail "the program does not work"
cmake --install "$build" --prefix "$build/prefix"
[[ ! -e $build/prefix ]] || fail "the parent installs what is not its own: $(find "$build/prefix" -type f)"
