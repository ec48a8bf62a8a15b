#!/usr/bin/env python3
"""stopped_reader.py BIN [SECONDS] [ROUNDS] [TIMEOUT...]: measures what a stopped reader costs the others, as ratios.

A publisher at full speed (256 bytes, 100 topics) and two readers, over tcp, each a process. All of them run for two
phases of SECONDS (60). Then one reader is stopped (SIGSTOP) for a third phase, and continued. Does this ROUNDS times
(1) for each session TIMEOUT of that reader (3s and 5min), and prints the medians.

Status 1 if a target of the design is missed. On a busy machine the ratios vary; the ratio between the first two phases,
which is printed beside each, shows by how much.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

WARM_UP = 3
ENDPOINT = re.compile(r"listening endpoint=(\S+)")


class Process:
    def __init__(self, folder, name, command):
        self.path = os.path.join(folder, name)
        self.output = open(self.path, "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT)

    def lines(self):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def wait_for(self, pattern, seconds, since=0):
        """Returns the first line that matches; with `since`, the first whose leading time is not before it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.lines():
                found = re.search(pattern, line)
                if found and (since == 0 or int(found.group(1)) >= since):
                    return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        sys.exit(f"stopped_reader.py: '{pattern}' did not come; {self.path} says:\n" + "\n".join(self.lines()[-5:]))

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kilobytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


def told(line):
    """Parses a line of figures of a publisher or reader. Returns None for any other line."""
    words = line.split()
    if len(words) < 4 or words[0] != "at":
        return None
    head, _, tail = line.partition(" latencies")
    pairs = head.split()
    numbers = {pairs[i]: int(pairs[i + 1]) for i in range(0, len(pairs) - 1, 2)}
    numbers["latencies"] = {int(bin): int(count) for bin, count in (entry.split(":") for entry in tail.split())}
    return numbers


class Phase:
    """The work that a process did between two times, from the first and the last line of figures between them."""

    def __init__(self, process, begin, end):
        lines = [numbers for numbers in map(told, process.lines()) if numbers]
        inside = [numbers for numbers in lines if begin <= numbers["at"] <= end]
        self.first, self.last = inside[0], inside[-1]

    def rate(self, what):
        return (self.last[what] - self.first[what]) / ((self.last["at"] - self.first["at"]) / 1e9)

    def percentile(self, share):
        counts = {bin: count - self.first["latencies"].get(bin, 0) for bin, count in self.last["latencies"].items()}
        left = share * sum(counts.values())
        for bin in sorted(counts):
            left -= counts[bin]
            if left <= 0:
                return 2 ** ((bin + 0.5) / 16) / 1e6  # milliseconds
        return 0.0


class Broker:
    """Samples the broker's processor time and memory."""

    def __init__(self, process):
        self.process = process

    def look(self):
        return time.monotonic_ns(), self.process.cpu_seconds(), self.process.kilobytes()


def stay(broker, seconds):
    """Waits, and returns the most memory that the broker had in that time."""
    end, most = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(0.1)
        most = max(most, broker.look()[2])
    return most


def measure(programs, seconds, count, timeout, folder):
    processes = []

    def start(name, *command):
        processes.append(Process(folder, name, command))
        return processes[-1]

    try:
        hoikud = start("hoikud", f"{programs}/hoikud", "--listen", "tcp://127.0.0.1:0")
        endpoint = hoikud.wait_for(ENDPOINT, 10).group(1)
        load = [f"{programs}/stopped_reader", "--endpoint", endpoint]
        publisher = start("publisher", *load, "publish")
        reader = start("reader", *load, "read")
        victim = start("victim", *load, "read", "--session-timeout", timeout)
        reader.wait_for("received", 10)
        victim.wait_for("received", 10)
        time.sleep(WARM_UP)

        broker = Broker(hoikud)
        rounds = [one_round(broker, publisher, reader, victim, seconds) for _ in range(count)]
        said = [line for line in victim.lines() if "connection" in line or "reconnected" in line]
    finally:
        for process in reversed(processes):
            process.end()
    print(f"--- session timeout {timeout}, {seconds} s before and {seconds} s stopped, median of {count}")
    good = tell(rounds)
    for line in said[-2:]:
        print(f"        {line}")
    return good


def one_round(broker, publisher, reader, victim, seconds):
    """Measures two phases without a stopped reader, one with it, and how it catches up afterwards."""
    quiet, cpu_quiet, _ = broker.look()
    stay(broker, seconds)
    began, cpu_began, _ = broker.look()
    memory_before = stay(broker, seconds)
    stopped, cpu_stopped, _ = broker.look()
    os.kill(victim.process.pid, signal.SIGSTOP)
    memory_during = stay(broker, seconds)
    going_on, cpu_going_on, _ = broker.look()
    os.kill(victim.process.pid, signal.SIGCONT)
    resumed = int(victim.wait_for(r"resumed (\d+)", 10, going_on).group(1))
    caught_up = victim.wait_for(r"caught up (\d+) after (\d+)", 60, going_on)
    time.sleep(2)
    published = [Phase(publisher, *times) for times in ((quiet, began), (began, stopped), (stopped, going_on))]
    was_read = [Phase(reader, *times) for times in ((quiet, began), (began, stopped), (stopped, going_on))]
    cpu = [cpu_began - cpu_quiet, cpu_stopped - cpu_began, cpu_going_on - cpu_stopped]
    last = [numbers for numbers in map(told, victim.lines()) if numbers][-1]
    return {
        "commits a second": [phase.rate("posted") for phase in published],
        "the good reader's deliveries a second": [phase.rate("received") for phase in was_read],
        "its latency, p99, ms": [phase.percentile(0.99) for phase in was_read],
        "broker, us of processor per commit": [1e6 * spent / (phase.rate("posted") * seconds)
                                               for spent, phase in zip(cpu, published)],
        "memory": (memory_before, memory_during),
        "late": (int(caught_up.group(1)) - resumed) / 1e6,
        "values": int(caught_up.group(2)),
        "skipped": last["skipped"] - Phase(victim, began, stopped).last["skipped"],
        "sum": (last["followed"], last["skipped"], last["versions"]),
    }


TARGETS = [
    ("commits a second", lambda ratio: ratio >= 0.95, ">= 0.95"),
    ("the good reader's deliveries a second", lambda ratio: ratio >= 0.95, ">= 0.95"),
    ("its latency, p99, ms", lambda ratio: ratio <= 1.25, "<= 1.25"),
    ("broker, us of processor per commit", lambda ratio: ratio <= 1.05, "<= 1.05"),
]


def tell(rounds):
    good = True

    def line(fits, text):
        nonlocal good
        good &= fits
        print(f"{'ok' if fits else 'MISSED':<8}{text}")

    for what, fits, target in TARGETS:
        ratios = sorted(each[what][2] / each[what][1] for each in rounds)
        wandered = sorted(each[what][1] / each[what][0] for each in rounds)
        ratio, by_itself = ratios[len(ratios) // 2], wandered[len(wandered) // 2]
        _, was, is_now = next(each[what] for each in rounds if each[what][2] / each[what][1] == ratio)
        line(fits(ratio), f"{what}: {was:.2f} before, {is_now:.2f} during: {ratio:.3f} "
             f"({target}; {ratios[0]:.2f} to {ratios[-1]:.2f}; by itself {by_itself:.2f}, "
             f"{wandered[0]:.2f} to {wandered[-1]:.2f})")
    memory_before, memory_during = rounds[0]["memory"][0], max(each["memory"][1] for each in rounds)
    grown = (memory_during - memory_before) / 1024
    line(grown < 4, f"broker's memory: {memory_before / 1024:.1f} MB before, {grown:+.1f} MB at most (< 4)")
    late = sorted(each["late"] for each in rounds)
    median = late[len(late) // 2]
    line(median <= 100, f"continued: has the latest state of every topic after {median:.1f} ms (<= 100; "
         f"{late[0]:.1f} to {late[-1]:.1f}) and {rounds[-1]['values']} values")
    followed, skipped, versions = rounds[-1]["sum"]
    line(all(sum(each["sum"][:2]) == each["sum"][2] for each in rounds),
         f"it knows that it skipped {rounds[-1]['skipped']} since it was stopped: "
         f"{followed} taken + {skipped} skipped = {versions} versions in all")
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: stopped_reader.py BIN [SECONDS] [ROUNDS] [TIMEOUT...]")
    programs = sys.argv[1]
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    timeouts = sys.argv[4:] or ["3s", "5min"]
    good = True
    for timeout in timeouts:
        with tempfile.TemporaryDirectory(prefix="hoiku-stopped.") as folder:
            good &= measure(programs, seconds, count, timeout, folder)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
