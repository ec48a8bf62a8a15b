"""broker.py: hoikud as a process, for the stories in this folder."""
import os
import re
import select
import signal
import subprocess

from client import PATIENCE_S, Broken

LISTENING = re.compile(rb"listening endpoint=(\S+)")


class Hoikud:
    """A broker; `endpoint` is where it listens."""

    def __init__(self, program, link, listen):
        self.log = b""
        self.process = subprocess.Popen([program, "--link", link, "--listen", listen], stderr=subprocess.PIPE)
        self.endpoint = self.wait_for_log(LISTENING).group(1).decode()

    def wait_for_log(self, pattern):
        """Returns the first match in the log, whenever hoikud writes it."""
        while not (found := pattern.search(self.log)):
            ready, _, _ = select.select([self.process.stderr], [], [], PATIENCE_S)
            more = os.read(self.process.stderr.fileno(), 65536) if ready else b""
            if not more:
                self.kill()
                raise Broken(f"hoikud does not log '{pattern.pattern.decode()}', but: {self.log.decode()}")
            self.log += more
        return found

    def kill(self):
        self.process.kill()
        self.log += self.process.communicate()[1]

    def end(self):
        """Ends it in order, unless it was killed. Returns 0, or the status that it should not have."""
        if self.process.returncode is not None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            self.log += self.process.communicate(timeout=PATIENCE_S)[1]
        except subprocess.TimeoutExpired:
            self.kill()
        return 0 if self.process.returncode == -signal.SIGTERM else self.process.returncode


class Brokers:
    """The brokers of one story. They end with the block; `wrong` then says which did not end in order."""

    def __init__(self, *arguments):
        self.arguments, self.started, self.wrong = arguments, [], None

    def start(self):
        self.started.append(Hoikud(*self.arguments))
        return self.started[-1]

    def log(self):
        return b"".join(broker.log for broker in self.started).decode()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for broker in self.started:
            if broker.end():
                self.wrong = f"hoikud ended with status {broker.process.returncode}"
