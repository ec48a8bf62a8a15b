"""measures.py: how each scenario is measured: one row in one round, on a server of its own. Each returns figures by
name, and raises Failure if values were lost, doubled or reordered where the row promises that they are not.
"""
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import time

from board import Board
from cutter import Cutter
from programs import CallCounter, Failure
from servers import ROWS, Server

RATE = 1000  # values a second, for latencies
WARM_UP = 500  # values
SETTLING = 2  # seconds until idle sessions are idle
# ZeroMQ's library takes several descriptors a context and aborts without them, so its Buses need several processes.
SESSIONS_A_PROCESS = {"hoiku-libzmq": 250}


def milliseconds(seconds):
    return f"{round(1000 * seconds)}ms"


# ---- latency ---------------------------------------------------------------------------------------------------------

def latency(row, options, size=16):
    values = WARM_UP + round(RATE * options.seconds)
    amount = ["--size", size, "--warm-up", WARM_UP]
    with Server(options.programs, row) as server, Board(1) as board:
        with server.load("read", *amount, "--board", board.path) as reader:
            reader.wait_for("ready")
            paced = ["--values", values, "--rate", RATE, "--board", board.path]
            with server.load("publish", *amount, *paced) as publisher:
                publisher.wait_for("measuring")
                before = server.cost()
                publisher.wait_for("published")
                after = server.cost()
                figures = reader.result()
    check_deliveries(ROWS[row], figures, values, 1)
    measured = values - WARM_UP
    return {"p50_us": figures["p50_us"], "p99_us": figures["p99_us"], "p999_us": figures["p999_us"],
            "server_us": (after.nanoseconds - before.nanoseconds) / 1000 / measured,
            "switches": (after.switches - before.switches) / measured}


def calls_of_latency(row, options, values=2000):
    """Counts the server's system calls in a pass of its own, since counting takes time."""
    with Server(options.programs, row) as server, Board(1) as board:
        with server.load("read", "--board", board.path) as reader:
            reader.wait_for("ready")
            counter = CallCounter(server.pid)
            with server.load("publish", "--values", values, "--rate", RATE, "--board", board.path) as publisher:
                publisher.wait_for("published")
                calls = counter.stop()
    return {"calls": calls["total"] / values} if calls.get("total") else {}


# ---- throughput ------------------------------------------------------------------------------------------------------

def check_deliveries(row, figures, published, readers):
    """Each reader has to know the last value. What came has to be all, or, with the rest, has to add up to all."""
    if figures["complete"] != figures["readers"]:
        raise Failure(f"{figures['complete']} of {figures['readers']} readers have the last value")
    if figures["received"] + figures["lost"] != published * readers:
        raise Failure(f"there are {figures['received']} + {figures['lost']} values of {published} x {readers}")
    if figures["lost"] and not row.conflates:
        raise Failure(f"{figures['lost']} values were lost")


def sum_of(results):
    total = {name: sum(each[name] for each in results) for name in ("readers", "complete", "received", "lost")}
    total["finished_ns"] = max(each["finished_ns"] for each in results)
    return total


def throughput(row, options, size, readers, processes):
    """From one publisher to some readers, as fast as the slowest of them reads: until it has the last value."""
    each = readers // processes
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server(options.programs, row))
        board = stack.enter_context(Board(readers))
        loads = [stack.enter_context(server.load("read", "--size", size, "--board", board.path, "--first", i * each,
                                                 "--readers", each)) for i in range(processes)]
        for load in loads:
            load.wait_for("ready")
        before = server.cost()
        # A reader of the latest value needs no writer that waits for it.
        followed = 0 if row == "hoiku-latest" else readers
        publisher = stack.enter_context(server.load(
            "publish", "--size", size, "--board", board.path, "--followed", followed,
            "--for", milliseconds(options.seconds)))
        published = publisher.result()
        total = sum_of([load.result() for load in loads])
        cost = server.cost()
    count = published["published"]
    check_deliveries(ROWS[row], total, count, readers)
    seconds = (total["finished_ns"] - published["began_ns"]) / 1e9
    return {"values": count / seconds, "deliveries": total["received"] / seconds,
            "server_us": (cost.nanoseconds - before.nanoseconds) / 1000 / count}


# ---- acknowledged sets -----------------------------------------------------------------------------------------------

def acknowledged(server, options, seconds, in_flight):
    """One turn of a server that runs already."""
    before = server.cost()
    with server.load("set", "--for", milliseconds(seconds), "--in-flight", in_flight) as writer:
        figures = writer.result()
    return {"sets": figures["sets"] / figures["seconds"],
            "server_us": (server.cost().nanoseconds - before.nanoseconds) / 1000 / figures["sets"]}


# ---- memory ----------------------------------------------------------------------------------------------------------

def topics(row, options, count=100_000, size=64):
    """The memory of topics with a value each; afterwards a reader has to find all of them."""
    with Server(options.programs, row) as server:
        with server.load("fill", "--topics", 1, "--size", size) as warm_up:  # the first topic's and client's memory
            warm_up.result()
        before = server.kilobytes()
        with server.load("fill", "--topics", count, "--size", size) as filler:
            figures = filler.result()
        grown = server.kilobytes() - before
        with server.load("follow", "--topics", count) as follower:
            follower.wait_for("has 1 at")
    return {"bytes": grown * 1024 / count, "seconds": figures["seconds"]}


def idle(row, options, sessions):
    """Sessions that read a topic that nobody writes."""
    with Server(options.programs, row) as server, contextlib.ExitStack() as stack:
        kilobytes = server.kilobytes()
        loads, first = [], 0
        while first < sessions:
            count = min(sessions - first, SESSIONS_A_PROCESS.get(row, 4000))
            loads.append(stack.enter_context(
                server.load("idle", "--sessions", count, "--first", first, "--for", "10min")))
            first += count
        for load in loads:
            load.wait_for("connected")
        time.sleep(SETTLING)
        before = server.cost()
        time.sleep(options.seconds)
        return {"core_percent": server.cost().core_percent_since(before),
                "kilobytes": (server.kilobytes() - kilobytes) / sessions}


def one_process(row, options, buses=1000):
    with Server(options.programs, row) as server:
        with server.load("idle", "--sessions", buses, "--for", milliseconds(options.seconds)) as load:
            connected = json.loads(load.wait_for(r"connected (\{.*\})")[1])
            lost = load.result()["lost"]
    if lost:
        raise Failure(f"{lost} of {buses} Buses lost their connection")
    return {"kilobytes": connected["kilobytes"] / buses}


# ---- a reader that stops ---------------------------------------------------------------------------------------------

class Pace:
    """How fast a reader reads, between two looks at the board."""

    def __init__(self, board, reader):
        self.board, self.reader, self.at, self.count = board, reader, time.monotonic(), board.received(reader)

    def rate(self):
        return (self.board.received(self.reader) - self.count) / (time.monotonic() - self.at)


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure("the readers were given nothing")
        time.sleep(0.005)


def watch_memory(server, seconds):
    end, most = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(0.05)
        most = max(most, server.kilobytes())
    return most


def time_to_catch_up(board, victim, written, patience):
    """Milliseconds until the reader that was stopped has what was written by the moment that it continues; None if its
    connection was closed, or it takes longer than the patience."""
    began = time.monotonic()
    while time.monotonic() < began + patience:
        if board.newest(1) >= written:
            return 1000 * (time.monotonic() - began)
        if victim.process.poll() is not None:
            return None
        time.sleep(0.001)
    return None


def stopped(row, options):
    """A publisher at full speed and two readers, of which one is stopped (SIGSTOP) and continued. The publisher waits
    for the other one only."""
    before, during, after = options.seconds, 2 * options.seconds, 2 * options.seconds
    with Server(options.programs, row, limits="default") as server, Board(2) as board, contextlib.ExitStack() as stack:
        size = ["--size", 256, "--board", board.path]
        readers = [stack.enter_context(server.load("read", *size, "--first", i)) for i in range(2)]
        for reader in readers:
            reader.wait_for("ready")
        publisher = stack.enter_context(server.load("publish", *size, "--followed", 1, "--for",
                                                    milliseconds(0.5 + before + during + after)))
        wait_until(lambda: board.received(1) > 0 and board.received(0) > 0)
        time.sleep(0.5)
        pace = Pace(board, 0)
        kilobytes = watch_memory(server, before)
        rate_before, pace = pace.rate(), Pace(board, 0)
        if rate_before == 0:
            raise Failure("a reader was given nothing for a while, before anything was stopped")
        os.kill(readers[1].pid, signal.SIGSTOP)
        most = watch_memory(server, during)
        rate_during, written = pace.rate(), board.written()
        os.kill(readers[1].pid, signal.SIGCONT)
        late = time_to_catch_up(board, readers[1], written, after)
        published = publisher.result()["published"]
        healthy = readers[0].result()
        check_deliveries(ROWS[row], healthy, published, 1)
        if late is None:
            readers[1].process.send_signal(signal.SIGKILL)
        figures = {"before": rate_before, "during": rate_during, "ratio": rate_during / rate_before,
                   "grown_megabytes": (most - kilobytes) / 1024}
        if late is not None:
            figures["late_ms"] = late
            figures["missing"] = readers[1].result()["lost"]
    return figures


# ---- reconnect -------------------------------------------------------------------------------------------------------

def reconnect(row, options, count=1000, cuts=5):
    """The connection of a reader of many topics is held, each topic is set once more, and the connection is cut: the
    time from there until the reader has all the new values."""
    with Server(options.programs, row) as server, Cutter(server.port) as cutter:
        def fill(number):
            with server.load("fill", "--topics", count, "--number", number) as filler:
                filler.result()

        fill(1)
        with server.load("follow", "--topics", count, port=cutter.port) as follower:
            follower.wait_for("has 1 at")
            taken = []
            for number in range(2, 2 + cuts):
                cutter.hold()
                fill(number)
                cut_at = time.monotonic_ns()
                cutter.cut()
                taken.append((int(follower.wait_for(rf"has {number} at (\d+)", 20)[1]) - cut_at) / 1e6)
    return {"ms": statistics.median(taken)}


# ---- loads of hoikud alone, by load.sh -------------------------------------------------------------------------------

def load_script(options, scenario, link="zmtp"):
    script = os.path.join(os.path.dirname(__file__), "..", "load.sh")
    words = [script, options.programs, scenario, str(max(1, round(options.seconds))), link]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.findall(r"takes ([\d.]+) % of a core and ([\d.]+) MB", done.stdout)
    if done.returncode != 0 or not found:
        raise Failure(f"load.sh {scenario} ended with status {done.returncode}", done.stderr)
    return [(float(percent), float(megabytes)) for percent, megabytes in found]


def robot(row, options):
    (percent, megabytes), = load_script(options, "swarm", ROWS[row].server)
    return {"core_percent": percent, "megabytes": megabytes}


def waits(row, options):
    (without, _), (percent, megabytes) = load_script(options, "waits", ROWS[row].server)
    return {"without_percent": without, "core_percent": percent, "megabytes": megabytes}
