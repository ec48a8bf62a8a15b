"""scenarios.py: the scenarios, in the order of the tables: what is measured, of which rows, which figures are shown."""
from dataclasses import dataclass, field
from typing import Callable

import measures

EVERYBODY = ["relay", "nats", "nats-client", "nats-kv", "redis", "redis-set", "mosquitto", "zeromq", "hoiku"]
BASES = ("nats", "redis-set", "relay")


@dataclass(frozen=True)
class Scenario:
    title: str
    note: str
    rows: list
    columns: dict  # the figure's name: its heading
    measure: Callable  # (row, options): figures
    ratio: str = ""  # the figure whose ratios to the bases are shown
    bases: tuple = BASES
    seconds: float = 1.0  # of one measurement
    rounds_max: int = 1000
    turns: int = 1  # short turns of servers that all run, within one round; then measure is (server, options, seconds)
    extra: Callable = None  # figures of a pass of its own, once
    plots: list = field(default_factory=list)  # (figure, heading)


def throughput(title, size, readers, processes, rows=None):
    who = "one reader" if readers == 1 else f"{readers} readers in {processes} processes"
    note = (f"{size} bytes, one topic, {who}. A writer is at most 16,384 values ahead of the slowest reader (of one of "
            "the latest value: as far as its library lets it).")
    return Scenario(
        title=title, note=note, rows=rows or EVERYBODY + ["hoiku-latest"],
        columns={"values": "values/s", "deliveries": "deliveries/s", "server_us": "server µs/value"},
        measure=lambda row, options: measures.throughput(row, options, size, readers, processes),
        ratio="deliveries" if readers > 1 else "values", plots=[("deliveries", f"deliveries/s, {title}")])


def acknowledged(title, in_flight):
    return Scenario(
        title=title,
        note="16 bytes, one topic, no reader. Bare ZeroMQ acknowledges nothing. A round has ten short turns.",
        rows=["relay", "nats", "nats-kv", "redis-set", "mosquitto", "hoiku", "hoiku-libzmq"],
        columns={"sets": "sets/s", "server_us": "server µs/set"},
        measure=lambda server, options, seconds: measures.acknowledged(server, options, seconds, in_flight),
        ratio="sets", seconds=2.0, turns=10, plots=[("sets", f"sets/s, {title}")])


def idle(sessions, rows):
    return Scenario(
        title=f"{sessions:,} idle sessions",
        note="Each reads a topic of its own, which nobody writes. Hoiku's sessions send heartbeats; the peers' "
             "connections are silent.",
        rows=rows, columns={"core_percent": "% of a core", "kilobytes": "KB a session"},
        measure=lambda row, options: measures.idle(row, options, sessions), ratio="kilobytes",
        bases=("nats", "redis"), rounds_max=3, plots=[("kilobytes", f"KB a session, {sessions:,} idle sessions")])


SCENARIOS = {
    "latency": Scenario(
        title="Latency at 1 kHz",
        note="16 bytes, one reader, each value sent at once. The costs are the server's, of one value.",
        rows=EVERYBODY + ["hoiku-latest", "hoiku-libzmq"],
        columns={"p50_us": "p50 µs", "p99_us": "p99 µs", "p999_us": "p99.9 µs", "server_us": "processor µs",
                 "switches": "switches", "calls": "system calls"},
        measure=measures.latency, ratio="p50_us", seconds=3.0, extra=measures.calls_of_latency,
        plots=[("p50_us", "p50 µs, latency at 1 kHz"), ("p99_us", "p99 µs, latency at 1 kHz")]),
    "one-to-one-16": throughput("one to one, 16 bytes", 16, 1, 1),
    "one-to-one-256": throughput("one to one, 256 bytes", 256, 1, 1),
    "one-to-16-16": throughput("one to 16, 16 bytes", 16, 16, 4),
    "one-to-16-256": throughput("one to 16, 256 bytes", 256, 16, 4),
    "one-to-200": throughput("one to 200, 16 bytes", 16, 200, 4,
                             ["relay", "nats", "redis", "redis-set", "mosquitto", "zeromq", "hoiku", "hoiku-latest"]),
    "acknowledged": acknowledged("acknowledged, one at a time", 1),
    "acknowledged-256": acknowledged("acknowledged, 256 in flight", 256),
    "topics": Scenario(
        title="100,000 topics", note="64 bytes each; the server's memory for one. NATS core and ZeroMQ keep none.",
        rows=["relay", "nats-kv", "redis-set", "mosquitto", "hoiku"],
        columns={"bytes": "bytes a topic", "seconds": "seconds to set all"}, measure=measures.topics, ratio="bytes",
        bases=("redis-set", "relay"), rounds_max=3, plots=[("bytes", "bytes a topic, 100,000 topics")]),
    "idle-1000": idle(1000, ["relay", "nats", "redis", "mosquitto", "hoiku", "hoiku-libzmq"]),
    "idle-4000": idle(4000, ["relay", "nats", "redis", "mosquitto", "hoiku"]),
    "stopped": Scenario(
        title="A reader that stops",
        note="256 bytes at full speed to two readers, one of which is stopped for a while. The server's limits are its "
             "defaults. No time to catch up: the server closed the connection, or the reader never caught up. The "
             "relay has no limits, and is left out.",
        rows=["nats", "redis-set", "mosquitto", "zeromq", "hoiku", "hoiku-latest"],
        columns={"before": "the other reader, values/s before", "during": "during", "ratio": "during / before",
                 "grown_megabytes": "server MB more", "late_ms": "ms to catch up", "missing": "values missed"},
        measure=measures.stopped, rounds_max=3),
    "waits": Scenario(
        title="10,000 waits",
        note="Armed at the broker, 100 distinct predicates on one topic that is set 1,000 times a second. No peer has "
             "any.",
        rows=["hoiku"],
        columns={"without_percent": "% of a core without", "core_percent": "with", "megabytes": "MB"},
        measure=measures.waits, seconds=4.0, rounds_max=3),
    "reconnect": Scenario(
        title="Reconnect of a reader of 1,000 topics",
        note="Its connection is cut after all topics have changed. Hoiku's client connects again and its session "
             "resumes; the peers' readers are ours, connect again at once, and read everything again. NATS core and "
             "ZeroMQ have no state to come back to.",
        rows=["relay", "nats-kv", "redis-set", "mosquitto", "hoiku"], columns={"ms": "ms until it has all"},
        measure=measures.reconnect, ratio="ms", bases=("redis-set", "relay"),
        plots=[("ms", "ms, reconnect of 1,000 topics")]),
    "robot": Scenario(
        title="The robot", note="Sixty topics at 100 Hz from twenty sessions, each set acknowledged, with the robot's "
        "programs and a reader of all (`bench/load.sh BIN swarm`). Only the broker's link differs.",
        rows=["hoiku", "hoiku-libzmq"], columns={"core_percent": "% of a core", "megabytes": "MB"},
        measure=measures.robot, seconds=4.0, rounds_max=3),
    "one-process": Scenario(
        title="1,000 Buses in one process", note="The memory that they take there. A row without figures: it failed.",
        rows=["hoiku", "hoiku-libzmq"], columns={"kilobytes": "KB a Bus"}, measure=measures.one_process,
        rounds_max=3),
}
