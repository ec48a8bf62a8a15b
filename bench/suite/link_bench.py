#!/usr/bin/env python3
"""Measures hoikud's links beside peers: a bare relay, NATS core, Redis. Whole topologies over TCP on this machine.

Only ratios within one run count. So the servers take turns, round by round, and the tables have medians: of the
figures, and of the ratios of each round. A peer that is not installed is left out, with a line that says so.
"""
import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import time

from servers import SERVERS, CallCounter, Failure, Server, cores_awake, is_installed

RATE = 1000  # values a second
WARM_UP = 500  # values
SET_TURNS = 10  # a round
SETTLING = 2  # seconds until idle sessions are idle
# ZeroMQ's library takes several descriptors a context and aborts without them, so its Buses need several processes.
BUSES_A_PROCESS = {"zmtp": 4000, "libzmq": 250}

EXAMPLES = """
scenarios:
  one-way      from publisher to reader at 1 kHz, 16 bytes; what that costs the server
  set          acknowledged sets, one at a time
  idle         1,000 and 4,000 sessions at rest
  robot        sixty topics at 100 Hz from twenty services, with the robot's programs (load.sh swarm)
  one-process  1,000 Buses in one process

examples:
  bench/suite/link_bench.py build/bench/bin
  bench/suite/link_bench.py build/bench/bin --only one-way --only set --rounds 3
  bench/suite/link_bench.py build/bench/bin --only one-way --servers relay,zmtp --json > figures.json
"""


class Bench:
    """What the command line says, and the figures so far: a list of rounds for each scenario, each by server."""

    def __init__(self, options, servers):
        self.programs, self.options, self.servers = options.programs, options, servers
        self.rounds = {}

    def take_turns(self, scenario, names, measure):
        """Measures each server once a round."""
        names = [name for name in names if name.split(":")[0] in self.servers]
        rounds = self.rounds[scenario] = []
        for number in range(self.options.rounds):
            say(f"{scenario}, round {number + 1} of {self.options.rounds}")
            figures = {}
            for name in turned(names, number):
                try:
                    figures[name] = measure(name)
                except Failure as failure:
                    say(f"not measured: {failure}")
            rounds.append(figures)
        return names


def turned(names, number):
    """The names in an order that turns, so that none is always the first."""
    first = number % max(len(names), 1)
    return names[first:] + names[:first]


def say(sentence):
    print(f"link_bench.py: {sentence}", file=sys.stderr, flush=True)


# ---- measurements ----------------------------------------------------------------------------------------------------

def one_way(bench, name):
    values = WARM_UP + RATE * bench.options.seconds
    with Server(bench.programs, name) as server:
        mode = ["--mode", bench.options.mode] if name in ("zmtp", "libzmq") else []
        amount = ["--values", values, "--warm-up", WARM_UP]
        with server.load("read", *amount, *mode) as reader:
            reader.wait_for("ready")
            with server.load("publish", *amount, "--rate", RATE) as publisher:
                publisher.wait_for("measuring")
                before = server.cost()
                publisher.wait_for("published")
                after = server.cost()
                figures = reader.result()
    measured = values - WARM_UP
    figures["server_us"] = (after.nanoseconds - before.nanoseconds) / 1000 / measured
    figures["switches"] = (after.switches - before.switches) / measured
    return figures


def calls_of_one_way(bench, name, values=2000):
    """Counts in a pass of its own, since counting takes time. What the publisher's connection takes is counted too."""
    with Server(bench.programs, name) as server:
        with server.load("read", "--values", values) as reader:
            reader.wait_for("ready")
            counter = CallCounter(server.pid)
            with server.load("publish", "--values", values, "--rate", RATE) as publisher:
                publisher.wait_for("published")
                calls = counter.stop()
    return {call: count / values for call, count in calls.items()}


def acknowledged_sets(server, seconds):
    before = server.cost()
    with server.load("set", "--for", f"{round(1000 * seconds)}ms") as writer:
        figures = writer.result()
    return {"rate": figures["sets"] / figures["seconds"],
            "server_us": (server.cost().nanoseconds - before.nanoseconds) / 1000 / figures["sets"]}


def round_of_sets(bench, names):
    """One round of all servers, in many short turns: the rate depends on the cores on which the scheduler happens to
    put writer and server, and on what keeps these awake, by more than on the server."""
    turns = []
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(Server(bench.programs, name)) for name in names}
        for number in range(SET_TURNS):
            seconds = bench.options.seconds / SET_TURNS
            turns.append({name: acknowledged_sets(servers[name], seconds) for name in turned(names, number)})
    return {name: {figure: median(turns, name, figure) for figure in ("rate", "server_us")} for name in names}


def idle(bench, name):
    link, sessions = name.split(":")[0], int(name.split(":")[1])
    with Server(bench.programs, link) as server:
        kilobytes = server.kilobytes()
        loads, left = [], sessions
        try:
            while left > 0:
                buses = min(left, BUSES_A_PROCESS[link])
                loads.append(server.load("idle", "--buses", buses, "--for", "10min"))
                left -= buses
            for load in loads:
                load.wait_for("connected")
            time.sleep(SETTLING)
            before = server.cost()
            time.sleep(bench.options.seconds)
            figures = {"core_percent": server.cost().core_percent_since(before),
                       "kilobytes": (server.kilobytes() - kilobytes) / sessions}
        finally:
            for load in loads:
                load.__exit__()
    return figures


def robot(bench, name):
    load = os.path.join(os.path.dirname(__file__), "..", "load.sh")
    done = subprocess.run([load, bench.programs, "swarm", str(bench.options.seconds), name],
                          capture_output=True, text=True, check=False)
    found = re.search(r"takes ([\d.]+) % of a core and ([\d.]+) MB", done.stdout)
    if done.returncode != 0 or not found:
        raise Failure(f"load.sh: status {done.returncode}: {done.stderr}")
    return {"core_percent": float(found[1]), "megabytes": float(found[2])}


def one_process(bench, name, buses=1000):
    with Server(bench.programs, name) as server:
        with server.load("idle", "--buses", buses, "--for", f"{bench.options.seconds}s") as load:
            connected = json.loads(load.wait_for(r"connected (\{.*\})")[1])
            return {"kilobytes": connected["kilobytes"] / buses, "lost": load.result()["lost"]}


# ---- tables ----------------------------------------------------------------------------------------------------------

def median(rounds, name, figure, base=None):
    """The median of a figure; with `base`, of its ratios to that of another server in the same round."""
    values = []
    for figures in rounds:
        if name in figures and (base is None or base in figures):
            values.append(figures[name][figure] / (figures[base][figure] if base else 1))
    return statistics.median(values) if values else None


def table(title, header, rows):
    print(f"\n{title}\n")
    cells = [header] + [[text(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    cells.insert(1, ["-" * width for width in widths])
    for row in cells:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")


def text(cell):
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return f"{cell:,.0f}" if cell >= 1000 else f"{cell:.1f}" if cell >= 20 else f"{cell:.2f}"


def title_of(name):
    server, _, sessions = name.partition(":")
    return SERVERS[server][0] + (f", {int(sessions):,} sessions" if sessions else "")


# ---- scenarios -------------------------------------------------------------------------------------------------------

def run_one_way(bench):
    names = bench.take_turns("one-way", list(SERVERS), lambda name: one_way(bench, name))
    calls = bench.rounds["one-way calls"] = {name: calls_of_one_way(bench, name) for name in names}
    rounds = bench.rounds["one-way"]
    rows = []
    for name in names:
        ratios = [median(rounds, name, "p50_us", base) for base in ("relay", "nats", "libzmq")]
        costs = [median(rounds, name, figure) for figure in ("p50_us", "p99_us", "server_us", "switches")]
        rows.append([title_of(name), *costs, calls[name].get("total"), *ratios,
                     median(rounds, name, "lost")])
    table(f"One way at {RATE} Hz, 16 bytes, hoikud's reader in mode {bench.options.mode}",
          ["server", "p50 µs", "p99 µs", "server µs", "switches", "calls", "p50 / relay", "/ NATS", "/ libzmq",
           "lost"], rows)
    print("\nPer message: the server's processor time, context switches and system calls. The calls are:")
    for name in names:
        print(f"  {title_of(name)}: {calls_text(calls[name])}")


def calls_text(calls):
    named = {call: count for call, count in calls.items() if call != "total"}
    named["others"] = calls.get("total", 0) - sum(named.values())
    frequent = [(call, count) for call, count in named.items() if count >= 0.02]
    said = [f"{call} {count:.2f}" for call, count in sorted(frequent, key=lambda item: -item[1])]
    return ", ".join(said) or "not counted; neither perf nor strace can"


def run_set(bench):
    names, rounds = list(bench.servers), []
    for number in range(bench.options.rounds):
        say(f"set, round {number + 1} of {bench.options.rounds}")
        rounds.append(round_of_sets(bench, names))
    bench.rounds["set"] = rounds
    rows = [[title_of(name), median(rounds, name, "rate"), median(rounds, name, "server_us"),
             *(median(rounds, name, "rate", base) for base in ("relay", "redis", "libzmq"))] for name in names]
    table("Acknowledged sets, one at a time (NATS core: PUB and PING)",
          ["server", "sets a second", "server µs a set", "rate / relay", "/ Redis", "/ libzmq"], rows)


def run_idle(bench):
    names = bench.take_turns("idle", ["zmtp:1000", "zmtp:4000", "libzmq:1000"], lambda name: idle(bench, name))
    rounds = bench.rounds["idle"]
    rows = [[title_of(name), median(rounds, name, "core_percent"), median(rounds, name, "kilobytes"),
             median(rounds, name, "core_percent", "zmtp:1000")] for name in names]
    table("Sessions at rest", ["broker", "% of a core", "KB a session", "% / zmtp, 1,000"], rows)


def run_robot(bench):
    names = bench.take_turns("robot", ["zmtp", "libzmq"], lambda name: robot(bench, name))
    rounds = bench.rounds["robot"]
    rows = [[title_of(name), median(rounds, name, "core_percent"), median(rounds, name, "megabytes"),
             median(rounds, name, "core_percent", "libzmq")] for name in names]
    table("The robot's load; the services use the default link", ["broker", "% of a core", "MB", "% / libzmq"], rows)


def run_one_process(bench):
    names = bench.take_turns("one-process", ["zmtp", "libzmq"], lambda name: one_process(bench, name))
    rounds = bench.rounds["one-process"]
    rows = []
    for name in names:
        works = sum(name in figures and figures[name]["lost"] == 0 for figures in rounds)
        rows.append([title_of(name), f"{works} of {len(rounds)} times", median(rounds, name, "kilobytes")])
    table("1,000 Buses in one process", ["broker", "works", "KB a Bus, in the process"], rows)


SCENARIOS = {"one-way": run_one_way, "set": run_set, "idle": run_idle, "robot": run_robot,
             "one-process": run_one_process}


# ---- the command line ------------------------------------------------------------------------------------------------

def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", metavar="BIN", help="the folder of hoikud, relay and link_load")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of each scenario (5)")
    parser.add_argument("--seconds", type=int, default=4, metavar="N", help="length of one measurement (4)")
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="SCENARIO",
                        help="measure this scenario; may be given several times")
    parser.add_argument("--servers", default=",".join(SERVERS), metavar="NAMES",
                        help="servers to compare, with commas: " + ", ".join(SERVERS))
    parser.add_argument("--mode", choices=("every", "latest"), default="every",
                        help="what hoikud's reader reads: each transition (the default), or the latest value")
    parser.add_argument("--awake", action="store_true",
                        help="keep the cores from sleeping: without the cost of waking them, figures vary less")
    parser.add_argument("--json", action="store_true", help="print all rounds as JSON instead of tables")
    options = parser.parse_args()
    options.programs = os.path.abspath(options.programs)
    unknown = set(options.servers.split(",")) - set(SERVERS)
    if unknown:
        parser.error(f"there is no server {', '.join(sorted(unknown))}; there are {', '.join(SERVERS)}")
    return options


def main():
    options = parse()
    servers = []
    for name in options.servers.split(","):
        if is_installed(options.programs, name):
            servers.append(name)
        else:
            say(f"skipped: {SERVERS[name][0]}, whose program {SERVERS[name][1]('BIN', 0)[0]} is not installed")
    bench = Bench(options, servers)
    output = sys.stdout
    if options.json:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    with cores_awake() if options.awake else contextlib.nullcontext():
        for scenario in options.only or SCENARIOS:
            SCENARIOS[scenario](bench)
    if options.json:
        json.dump(bench.rounds, output, indent=2)
        output.write("\n")


if __name__ == "__main__":
    try:
        main()
    except Failure as failed:
        sys.exit(f"link_bench.py: {failed}")
