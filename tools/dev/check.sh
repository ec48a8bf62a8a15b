# check.sh: check and format: the checks that a change has to pass. Sourced; needs test.sh.
# shellcheck shell=bash

find_sources() { # find_sources EXPRESSION...: the files of the tree that find's EXPRESSION matches, separated by NUL
  find . \( -path ./build -o -path ./.git \) -prune -o "$@" -type f -print0 | sort -z
}

format_command() { # format [--check]
  local mode=(-i) files
  [[ ${1:-} != --check ]] || mode=(--dry-run -Werror)
  [[ ${1:---check} == --check ]] || usage_error "format does not know '$1'"
  set_up "${format_packages[@]}"
  if ! command -v clang-format-16 >/dev/null; then
    [[ $system == 'debian 13' ]] || fail "clang-format-16 is missing; install it, other versions format differently."
    say "not formatted: Debian 13 has no clang-format-16"
    return
  fi
  mapfile -d '' -t files < <(find_sources -name '*.?pp')
  clang-format-16 "${mode[@]}" "${files[@]}" || fail "the code is not formatted; run ./dev format."
  say "${#files[@]} files are formatted."
}

check_scripts() {
  local scripts
  # The files below tools/dev are parts of ./dev, which sources them; the demo is a program.
  mapfile -d '' -t scripts < <(find_sources -not -path './tools/dev/*' -name '*.sh')
  shellcheck --external-sources --check-sourced dev .ci/run tools/dev/demo.sh tools/hooks/commit-msg "${scripts[@]}" ||
    fail "shellcheck found something; each part above says what and where."
  say "the scripts pass shellcheck"
}

check_command() { # check [--long]
  local long=''
  case ${1:-} in
    --long) long=1 ;;
    '') ;;
    *) usage_error "check does not know '$1'" ;;
  esac
  set_up "${build_packages[@]}" "${test_packages[@]}" "${format_packages[@]}" "${lint_packages[@]}" \
    ${long:+"${bench_packages[@]}" "${long_packages[@]}"}
  format_command --check
  check_scripts
  python3 tests/tidy/tidy.py . || fail "the lint found something; each line above says what and where."
  [[ -z $long ]] || export HOIKU_CYCLES=10000
  run_tests dev
  build dev headers_alone && say "every header compiles alone"
  run_tests asan
  if [[ -n $long ]]; then
    run_tests threads
    run_tests o0
    run_tests clang
    run_tests plain
    build bench && say "bench: built, and with it what is released"
    build shared
    tests/package/shared.sh build/shared || fail "a check of the shared libraries failed; the lines above say which."
    # shellcheck disable=SC2119
    if ((EUID == 0)); then portable_command; else say "not checked: Debian 13 (./dev portable needs root)"; fi
    # Of the plain build, which is three times as fast as that of the tests.
    run_both_histories plain 5000
    # shellcheck disable=SC2119
    mutants_command
  fi
  say "All checks passed."
}
