#!/usr/bin/env python3
"""Measures Hoiku and its peers side by side: whole topologies of processes over TCP on this machine.

Only ratios within one run count. So the servers take turns, round by round, and the tables have medians: of the
figures, and of the ratios of each round. Every value has a number: a row whose values come twice, in another order, or
not at all where it promises that they do, has no figures. A peer that is not installed is left out, with a line that
says so.
"""
import argparse
import contextlib
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

from figures import Figures, read_figures  # noqa: E402
from plots import write_plots  # noqa: E402
from programs import Failure, cores_awake  # noqa: E402
from rounds import run_scenario, say  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402
from servers import ROWS, command_of, missing, version_of  # noqa: E402
from tables import print_tables, write_page  # noqa: E402

QUICK_PACE = 0.4  # of the length of a measurement

EXAMPLES = """
examples:
  bench/bench.py build/bench/bin --quick
  bench/bench.py build/bench/bin --only latency --only one-to-one-16 --peer hoiku --peer nats
  bench/bench.py build/bench/bin --csv docs/benchmarks.csv --plots docs/plots --page docs/benchmarks.md
  bench/bench.py --from docs/benchmarks.csv --page docs/benchmarks.md
"""


def parse():
    scenarios = "".join(f"  {name:<17}{scenario.title}\n" for name, scenario in SCENARIOS.items())
    rows = "".join(f"  {name:<17}{row.title}\n" for name, row in ROWS.items())
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"scenarios:\n{scenarios}\npeers:\n{rows}{EXAMPLES}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", metavar="BIN", nargs="?", help="the folder of hoikud, bus_load and relay")
    parser.add_argument("--quick", action="store_true", help="one round of short measurements: whether all of it works")
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="SCENARIO",
                        help="measure this scenario; may be given several times")
    parser.add_argument("--peer", action="append", choices=ROWS, metavar="NAME",
                        help="measure this peer; may be given several times; hoiku is one")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each scenario (5; with --quick 1)")
    parser.add_argument("--awake", action="store_true",
                        help="keep the cores from sleeping: without the cost of waking them, figures vary less")
    parser.add_argument("--csv", metavar="FILE", help="write the figures of all rounds")
    parser.add_argument("--plots", metavar="DIR", help="write plots of the medians (SVG)")
    parser.add_argument("--page", metavar="FILE", help="write the tables into this page, between its two marks")
    parser.add_argument("--from", dest="source", metavar="FILE",
                        help="measure nothing: take the figures of --csv, and what was said with them")
    options = parser.parse_args()
    if bool(options.programs) == bool(options.source):
        parser.error("give either BIN or --from FILE")
    if options.programs:
        options.programs = os.path.abspath(options.programs)
    if options.rounds is None:
        options.rounds = 1 if options.quick else 5
    options.pace = QUICK_PACE if options.quick else 1.0
    return options


# ---- what is said with the figures -----------------------------------------------------------------------------------

def first_line(words):
    return subprocess.run(words, capture_output=True, text=True, check=False,
                          cwd=os.path.dirname(os.path.abspath(__file__))).stdout.strip()


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())
    with open("/proc/meminfo", encoding="ascii") as file:
        gigabytes = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1]) / (1 << 20)
    with open("/etc/os-release", encoding="utf-8") as file:
        system = re.search(r'PRETTY_NAME="(.*)"', file.read())
    return (f"{len(os.sched_getaffinity(0))} cores of {model[1] if model else platform.machine()}, {gigabytes:.0f} GB, "
            f"{system[1] if system else platform.system()}, Linux {platform.release()}")


def commit():
    changed = first_line(["git", "status", "--porcelain", "--untracked-files=no"])
    return (first_line(["git", "rev-parse", "--short", "HEAD"]) or "unknown") + (" with changes" if changed else "")


def versions(rows, programs):
    found = {}
    for row in rows:
        with tempfile.TemporaryDirectory(prefix="hoiku-bench.") as folder:
            program = command_of(ROWS[row].server, programs, 1, folder)[0]
        name = os.path.basename(program)
        if name in ("nats-server", "redis-server", "mosquitto") and name not in found:
            found[name] = version_of(program)
    return ", ".join(f"{name} {version}" for name, version in found.items())


def about(options, rows, minutes):
    words = [os.path.relpath(word) if os.path.isabs(word) else word for word in sys.argv]
    return [f"Command: `{' '.join(words)}` ({minutes:.0f} minutes, {options.rounds} rounds)",
            f"Machine: {machine()}", f"Peers: {versions(rows, options.programs) or 'none'}",
            f"Commit: {commit()}, {time.strftime('%Y-%m-%d')}"]


def about_path(csv):
    return os.path.splitext(csv)[0] + ".txt"


# ---- the run ---------------------------------------------------------------------------------------------------------

def available_rows(options):
    rows = []
    for row in options.peer or ROWS:
        lack = missing(options.programs, row)
        if lack:
            say(f"skipped: {ROWS[row].title}: {lack}")
        else:
            rows.append(row)
    return rows


def measure(options):
    """Measures what the command line says. Returns the figures, and the sentences that belong to them."""
    began, figures, rows = time.monotonic(), Figures(), available_rows(options)
    with cores_awake() if options.awake else contextlib.nullcontext():
        for name in options.only or SCENARIOS:
            run_scenario(name, SCENARIOS[name], [row for row in SCENARIOS[name].rows if row in rows], options, figures)
    sentences = about(options, rows, (time.monotonic() - began) / 60)
    if options.csv:
        figures.write(options.csv)
        with open(about_path(options.csv), "w", encoding="utf-8") as file:
            file.write("\n".join(sentences) + "\n")
    return figures, sentences


def main():
    options = parse()
    # SIGTERM raises SystemExit, so the servers and loads are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if options.source:
        figures = read_figures(options.source)
        with open(about_path(options.source), encoding="utf-8") as file:
            sentences = file.read().splitlines()
    else:
        figures, sentences = measure(options)
    print("\n".join(sentences))
    print_tables(figures)
    if options.plots:
        write_plots(figures, options.plots)
    if options.page:
        write_page(options.page, figures, sentences, options.plots)
    return 1 if figures.failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failed:
        sys.exit(f"bench.py: {failed}")
    except KeyboardInterrupt:
        sys.exit(130)
