# fuzz.sh: the fuzzers. Sourced; needs build.sh.
# shellcheck shell=bash

# fuzz [--for 60s]: runs all fuzzers at once for that long. They start from the committed corpus and earlier findings.
fuzz_command() {
  local seconds=60 target runs pids=() names=() i failed=0
  while (($#)); do
    [[ $1 == --for ]] || usage_error "fuzz does not know '$1'"
    seconds_of "${2:-}"
    shift 2
  done
  set_up "${build_packages[@]}" "${fuzz_packages[@]}"
  build fuzz fuzzers
  say "Fuzzing for $seconds s; findings are kept in build/fuzz/found/."
  for target in client_frame server_frame predicate schema json message zmtp; do
    mkdir -p "build/fuzz/found/$target"
    build/fuzz/bin/fuzz_$target -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/found/$target-" "build/fuzz/found/$target" "tests/fuzz/corpus/$target" \
      >"$logs/fuzz-$target.log" 2>&1 </dev/null &
    pids+=("$!") names+=("$target")
  done
  for i in "${!pids[@]}"; do
    if wait "${pids[i]}"; then
      runs=$(awk '/number_of_executed_units/ { n = $2 } END { print n }' "$logs/fuzz-${names[i]}.log")
      say "fuzz ${names[i]}: $runs runs, nothing found"
    else
      failed=1
      grep -vE '^#|^INFO' "$logs/fuzz-${names[i]}.log" | tail -n 40 >&2
      printf 'dev: fuzz_%s found something; when it is fixed, put the file named above into tests/fuzz/corpus/%s.\n' \
        "${names[i]}" "${names[i]}" >&2
    fi
  done
  ((!failed)) || exit 1
}
