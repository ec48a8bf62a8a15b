"""programs.py: starts programs, and reads what one costs: processor time, switches and memory from /proc, system calls
from perf or strace.

Every program is a child process that is ended when its `with` block ends.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

OUTPUT_LIMIT = 180  # seconds


class Failure(Exception):
    """What could not be measured, as a sentence, and what may explain it."""

    def __init__(self, sentence, details=""):
        super().__init__(sentence + (f" ({details})" if details else ""))
        self.sentence = sentence


class Program:
    """A child process. Its output goes to a file, so that nobody has to read it for the program to go on."""

    def __init__(self, command):
        self.command = command
        self.output = tempfile.NamedTemporaryFile("w+", prefix="hoiku-bench.", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT, cwd="/tmp")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        with open(self.output.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def failure(self, sentence):
        last_lines = " | ".join(self.text().splitlines()[-3:])
        name = " ".join([os.path.basename(self.command[0]), *self.command[1:2]])
        return Failure(f"{name} {sentence}", f"{' '.join(self.command)}: it said: {last_lines}")

    def wait_for(self, pattern, seconds=OUTPUT_LIMIT):
        """Returns the match of a pattern in what the program has said, as soon as there is one."""
        end = time.monotonic() + seconds
        while True:
            has_ended = self.process.poll() is not None
            found = re.search(pattern, self.text())
            if found:
                return found
            if has_ended:
                raise self.failure(f"ended with status {self.process.returncode}")
            if time.monotonic() > end:
                raise self.failure(f"did not say '{pattern}' within {seconds} s")
            time.sleep(0.005)

    def result(self):
        """Returns the last line of JSON, after the program has ended well."""
        try:
            status = self.process.wait(OUTPUT_LIMIT)
        except subprocess.TimeoutExpired:
            raise self.failure("did not end") from None
        lines = [line for line in self.text().splitlines() if line.startswith("{")]
        if status != 0 or not lines:
            raise self.failure(f"ended with status {status}")
        return json.loads(lines[-1])


# ---- what a server costs ---------------------------------------------------------------------------------------------

def kilobytes_of(pid):
    """The resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


class Cost:
    """The processor time and the context switches of all threads of a process so far."""

    def __init__(self, pid):
        self.at = time.monotonic()
        self.nanoseconds = self.switches = 0
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                self.nanoseconds += int(file.read().split()[0])
            with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as file:
                self.switches += sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", file.read())))

    def core_percent_since(self, earlier):
        return (self.nanoseconds - earlier.nanoseconds) / 1e7 / (self.at - earlier.at)


EVENTS = "/sys/kernel/tracing/events/syscalls"
CALLS = ("read write readv writev recvfrom sendto recvmsg sendmsg poll ppoll epoll_wait epoll_pwait epoll_ctl futex "
         "getpid nanosleep clock_nanosleep timerfd_settime sched_yield madvise openat close").split()
PERF_ROW = re.compile(r"^(?P<calls>\d+),.*?:sys_enter(?P<name>\w*),", re.MULTILINE)
STRACE_ROW = re.compile(r"^ *[\d.]+ +[\d.]+ +\d+ +(?P<calls>\d+) .*?(?P<name>\w+)$", re.MULTILINE)
ATTACHING = 1  # seconds that a tool may take until it counts


def counters(pid):
    """The commands that count a process's system calls, and the rows of what they print. perf's counters cost a call
    next to nothing. strace makes each call many times slower, so that a server finds more to do in one of them."""
    if shutil.which("perf"):
        events = [f"syscalls:sys_enter_{call}" for call in CALLS if os.path.isdir(f"{EVENTS}/sys_enter_{call}")]
        yield ["perf", "stat", "-x", ",", "-e", ",".join(["raw_syscalls:sys_enter"] + events), "-p", str(pid)], PERF_ROW
    if shutil.which("strace"):
        yield ["strace", "-c", "-f", "-p", str(pid)], STRACE_ROW


class CallCounter:
    """Counts the system calls of all threads of a process."""

    def __init__(self, pid):
        self.program = self.row = None
        for command, row in counters(pid):
            self.program, self.row = Program(command), row
            time.sleep(ATTACHING)
            if self.program.process.poll() is None:
                return
            self.program.__exit__()
            self.program = None

    def stop(self):
        """Returns the numbers of calls by name, and of all of them as "total"; nothing if no tool could count."""
        if self.program is None:
            return {}
        with self.program:
            self.program.process.send_signal(signal.SIGINT)
            self.program.process.wait(OUTPUT_LIMIT)
            found = self.row.finditer(self.program.text())
            return {each["name"].lstrip("_") or "total": int(each["calls"]) for each in found if int(each["calls"])}


# ---- the machine -----------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def cores_awake():
    """Lets each core count in circles when it has nothing else to do: waking a virtual core takes longer than most of
    what is measured, and differs from minute to minute."""
    spinners = []
    try:
        for core in os.sched_getaffinity(0):
            spinners.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            os.sched_setaffinity(spinners[-1].pid, {core})
            os.sched_setscheduler(spinners[-1].pid, os.SCHED_IDLE, os.sched_param(0))
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()
