#!/usr/bin/env python3
"""guard.py BENCH_PATHS [--compiler TEXT] [--update]: counts the instructions of a round of writes, in five scenarios of
bench_paths, and compares them with those of guard.json.

The counts are callgrind's, of the difference between a long run and a short one, so they do not depend on the machine
nor on the start of the program. Status 1 if a scenario takes more than 3 % more instructions than the committed ones:
make it cheaper, or, if it has to cost that, run it with --update and say why in the commit. Status 77 (skipped) without
valgrind, or if the committed counts are of another compiler.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

COUNTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guard.json")
SCENARIOS = {"post": 20, "post-1000-topics": 20, "fan-out": 4, "set": 20, "single": 200}  # rounds of the short run
MORE_MAX = 0.03
SKIPPED = 77


def instructions(program, scenario, rounds):
    """The instructions of a whole run."""
    # Which of its versions of memcpy the C library takes depends on the processor.
    environment = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM")
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    run = subprocess.run([*valgrind, program, scenario, str(rounds)], capture_output=True, text=True, env=environment)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        raise SystemExit(f"guard: {scenario} did not run under valgrind:\n{run.stderr[-2000:]}")
    return int(found.group(1))


def rounds_of(run):
    """The rounds that bench_paths makes, with those that warm it up."""
    return run + run // 4 + 1


def instructions_of_a_round(program, scenario):
    short = SCENARIOS[scenario]
    long = 4 * short
    more = instructions(program, scenario, long) - instructions(program, scenario, short)
    return round(more / (rounds_of(long) - rounds_of(short)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="BENCH_PATHS")
    parser.add_argument("--compiler", default="", help="that built it, with its flags; other counts say nothing of it")
    parser.add_argument("--update", action="store_true", help="write guard.json")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("guard: skipped, valgrind is not installed")
        return SKIPPED
    committed = {}
    if not options.update:
        with open(COUNTS) as file:
            committed = json.load(file)
        if committed["compiler"] != options.compiler:
            print(f"guard: skipped, the committed counts are of {committed['compiler']}, not of {options.compiler}")
            return SKIPPED
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        counts = dict(zip(SCENARIOS, pool.map(lambda scenario: instructions_of_a_round(options.program, scenario),
                                              SCENARIOS)))
    if options.update:
        with open(COUNTS, "w") as file:
            json.dump({"compiler": options.compiler, "instructions": counts}, file, indent=2)
            file.write("\n")
        print(f"guard: {COUNTS} has the counts of {options.compiler}")
        return 0
    costly = []
    for scenario, count in counts.items():
        before = committed["instructions"][scenario]
        more = count / before - 1
        if more > MORE_MAX:
            costly.append(scenario)
        print(f"{scenario:18} {count:12,} instructions a round, {before:12,} committed: {100 * more:+.1f} %")
    if costly:
        print(f"guard: more than {100 * MORE_MAX:.0f} % more instructions than committed: {', '.join(costly)}.\n"
              "guard: make it cheaper; or, if it has to cost that, run bench/guard.py --update and say why.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
