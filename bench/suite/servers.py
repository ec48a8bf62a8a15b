"""servers.py: the servers that bench.py compares, how each is started, and the rows of the tables that they fill."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from programs import Cost, Failure, Program, kilobytes_of

START_LIMIT = 10  # seconds

# ---- how a server is started: its command, for the folder of our programs, a port, and a folder of its own -----------

NATS = ["nats-server", "-a", "127.0.0.1", "-p"]
REDIS = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
MOSQUITTO = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
log_type none
set_tcp_nodelay true
"""
# Without these mosquitto drops what exceeds a thousand values for a reader, even for one that is only a moment late.
MOSQUITTO_UNLIMITED = "max_queued_messages 0\nmax_inflight_messages 0\n"


def hoikud(programs, port, link):
    return [f"{programs}/hoikud", "--listen", f"tcp://127.0.0.1:{port}", "--link", link, "--log-level", "warn"]


def mosquitto(port, folder, limits):
    os.chmod(folder, 0o755)  # started by root, it becomes another user
    path = os.path.join(folder, "mosquitto.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(MOSQUITTO.format(port=port) + ("" if limits == "default" else MOSQUITTO_UNLIMITED))
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"  # not in everybody's PATH
    return [program, "-c", path]


def command_of(server, programs, port, folder, limits="none"):
    commands = {
        "relay": lambda: [f"{programs}/relay", str(port)],
        "nats": lambda: [*NATS, str(port)],
        "jetstream": lambda: [*NATS, str(port), "-js", "-sd", folder],
        "redis": lambda: [*REDIS, "--port", str(port), "--dir", folder],
        "mosquitto": lambda: mosquitto(port, folder, limits),
        "zeromq": lambda: [f"{programs}/zmq_broker", str(port)],
        "zmtp": lambda: hoikud(programs, port, "zmtp"),
        "libzmq": lambda: hoikud(programs, port, "libzmq"),
    }
    return commands[server]()


VERSIONS = {"nats-server": ["nats-server", "--version"], "redis-server": ["redis-server", "--version"],
            "mosquitto": ["mosquitto", "-h"]}


def version_of(program):
    """The version that a server prints about itself, as a word."""
    words = VERSIONS[os.path.basename(program)]
    said = subprocess.run([program, *words[1:]], capture_output=True, text=True, check=False).stdout
    numbers = [word.strip("v=,") for word in said.replace("=", " ").split() if any(c.isdigit() for c in word)]
    return numbers[0] if numbers else "?"


# ---- the rows --------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Row:
    """One way to use one server. The title has the guarantee of a delivery."""
    title: str
    server: str
    peer: str  # for bus_load
    mode: str = "every"
    conflates: bool = False  # a reader may be given the newest value only
    titles: dict = field(default_factory=dict)  # other titles, by scenario


AT_LEAST_ONCE = "mosquitto, QoS 1: at least once"
RETAINED = "mosquitto, retained"
ROWS = {
    "relay": Row("bare relay, the floor: promises nothing", "relay", "relay"),
    "nats": Row("NATS core: at most once", "nats", "nats",
                titles={"acknowledged": "NATS core, PUB and PING: the server has read it",
                        "acknowledged-256": "NATS core, PUB and PING: the server has read it"}),
    "nats-client": Row("NATS core by its C client: at most once", "nats", "nats-client"),
    "nats-kv": Row("JetStream KV in memory, by its C client: the latest 64 of a key", "jetstream", "nats-kv",
                   conflates=True),
    "redis": Row("Redis PUBLISH: at most once", "redis", "redis"),
    "redis-set": Row("Redis SET+PUBLISH: the value kept, delivered at most once", "redis", "redis-set"),
    "mosquitto": Row("mosquitto, QoS 0: at most once", "mosquitto", "mosquitto",
                     titles={"acknowledged": AT_LEAST_ONCE, "acknowledged-256": AT_LEAST_ONCE,
                             "topics": RETAINED, "reconnect": RETAINED}),
    "zeromq": Row("ZeroMQ, PUSH and XPUB, batched: at most once", "zeromq", "zeromq"),
    "hoiku": Row("Hoiku, every: each transition once and in order", "zmtp", "hoiku",
                 titles={"topics": "Hoiku", "idle-1000": "Hoiku", "idle-4000": "Hoiku", "waits": "Hoiku",
                         "robot": "Hoiku", "one-process": "Hoiku", "reconnect": "Hoiku, latest: the session resumes",
                         "acknowledged": "Hoiku, set: applied exactly once",
                         "acknowledged-256": "Hoiku, set: applied exactly once"}),
    "hoiku-latest": Row("Hoiku, latest: the last value, skips counted", "zmtp", "hoiku", "latest", True),
    "hoiku-libzmq": Row("Hoiku by ZeroMQ's library, every", "libzmq", "hoiku-libzmq",
                        titles={name: "Hoiku by ZeroMQ's library"
                                for name in ("idle-1000", "robot", "one-process", "acknowledged")}),
}


def missing(programs, row):
    """What a row lacks on this machine, as a sentence; empty if nothing."""
    with tempfile.TemporaryDirectory(prefix="hoiku-bench.") as folder:
        program = command_of(ROWS[row].server, programs, 1, folder)[0]
    if shutil.which(program) is None:
        return f"{os.path.basename(program)} is not installed"
    if ROWS[row].peer.startswith("nats-"):
        known = subprocess.run([f"{programs}/bus_load", "peers"], capture_output=True, text=True, check=False).stdout
        if ROWS[row].peer not in known.split():
            return "bus_load was built without libnats"
    return ""


# ---- a server that runs ----------------------------------------------------------------------------------------------

def two_free_ports():
    """Returns the first of two neighbours: the broker on bare ZeroMQ takes two."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                continue


class Server(Program):
    def __init__(self, programs, row, limits="none"):
        self.programs, self.row, self.port = programs, ROWS[row], two_free_ports()
        self.folder = tempfile.TemporaryDirectory(prefix="hoiku-bench.")
        super().__init__(command_of(self.row.server, programs, self.port, self.folder.name, limits))
        try:
            self.wait_until_it_listens()
        except Failure:
            self.__exit__()
            raise

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()

    def wait_until_it_listens(self):
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise self.failure("did not start") from None
                time.sleep(0.02)

    def load(self, command, *options, port=None):
        """Starts a bus_load for this server."""
        words = [f"{self.programs}/bus_load", command, "--peer", self.row.peer, "--mode", self.row.mode,
                 "--port", str(port or self.port)]
        return Program(words + [str(option) for option in options])

    def cost(self):
        return Cost(self.pid)

    def kilobytes(self):
        return kilobytes_of(self.pid)
