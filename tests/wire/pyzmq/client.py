"""client.py: a client of Hoiku in Python, written from docs/wire.md and proto/hoiku.proto alone.

It knows nothing of the code in C++, so what it lacks, the page lacks. One thread; each call that waits has a bound, and
raises Broken when nothing comes. It keeps every answer and delivery that it takes, so that a test sees what came twice.
"""
import os
import time

import hoiku_pb2 as wire
import zmq
from zmq.utils.monitor import recv_monitor_message

PATIENCE_S = 60  # bounds each wait; says nothing about speed
LONG_MS = 600_000  # a session timeout that no slow machine reaches
BROKEN = zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED


class Broken(Exception):
    """The page's promise was not kept, or the connection ended."""


class Refused(Broken):
    """The broker sent a fatal."""

    def __init__(self, failure):
        super().__init__(f"the broker refuses: {failure.message.decode()} ({wire.ErrorCode.Name(failure.code)})")
        self.code = failure.code


class Dealer:
    """One connection: a new DEALER socket, and its monitor.

    Whoever opens one closes it: if Python collects the monitor first, libzmq's I/O thread stands still.
    """

    opened = []

    def __init__(self, endpoint):
        Dealer.opened.append(self)
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 3_600_000)
        self.socket.setsockopt(zmq.SNDTIMEO, PATIENCE_S * 1000)
        self.socket.setsockopt(zmq.HEARTBEAT_IVL, 1_000)
        self.socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 5_000)
        self.socket.setsockopt(zmq.MAXMSGSIZE, 4 * 1024 * 1024)
        self.monitor = self.socket.get_monitor_socket(BROKEN)
        self.poller = zmq.Poller()
        self.poller.register(self.socket, zmq.POLLIN)
        self.poller.register(self.monitor, zmq.POLLIN)
        self.socket.connect(endpoint)

    def send(self, frame):
        self.socket.send(frame.SerializeToString())

    def receive(self, seconds):
        """Returns the next frame, or None if none came in time. Raises ConnectionError when the connection broke."""
        ready = dict(self.poller.poll(max(0, seconds) * 1000))
        try:
            return wire.ServerFrame.FromString(self.socket.recv(zmq.NOBLOCK))  # first: what arrived before the break
        except zmq.Again:
            pass
        if self.monitor in ready:
            raise ConnectionError(f"{recv_monitor_message(self.monitor)['event'].name} at the socket's monitor")
        return None

    def close(self):
        Dealer.opened.remove(self)
        self.socket.disable_monitor()
        self.socket.close()
        self.monitor.close()

    @staticmethod
    def close_all():
        while Dealer.opened:
            Dealer.opened[0].close()


class Client:
    """One session, over as many connections as it takes."""

    def __init__(self, endpoint, name, session_timeout_ms=LONG_MS):
        self.endpoint, self.name, self.session_timeout_ms = endpoint, name, session_timeout_ms
        self.token = os.urandom(16)
        self.connection_number = 0
        self.first_connection = None  # of the last welcome
        self.last_id = 0
        self.dealer = None
        self.last_sent_at = time.monotonic()
        self.longest_silence = 0
        self.begin_session()

    def begin_session(self):
        """Both directions are numbered from 1 in a new session."""
        self.sent = 0
        self.taken = 0
        self.kept = []
        self.answers = []
        self.deliveries = []
        self.slots = {}
        self.runs = 0
        self.numbers = {}
        self.snapshot_ends = []
        self.complete_through = 0
        self.settled = 0

    # ---- the connection ----------------------------------------------------------------------------------------------

    def connect(self, endpoint=None, version=2):
        """Connects with a new socket. Returns whether the session was resumed; then the kept frames were sent again."""
        self.endpoint = endpoint or self.endpoint
        self.dealer = Dealer(self.endpoint)
        self.connection_number += 1
        hello = wire.ClientFrame(connection_number=self.connection_number, acknowledged=self.taken)
        hello.hello.version = version
        hello.hello.token = self.token
        hello.hello.client_name = self.name.encode()
        hello.hello.session_timeout_ms = self.session_timeout_ms
        self.transmit(hello)
        return self.take_welcome()

    def take_welcome(self):
        frame = self.receive("the welcome")
        if not frame.HasField("welcome"):
            raise Broken(f"the first frame of the connection is no welcome: {frame}")
        self.welcome = frame.welcome
        mine = self.welcome.resumed and self.welcome.first_connection == self.first_connection
        self.first_connection = self.welcome.first_connection
        if not mine:
            self.begin_session()
            return False
        self.discard_kept(frame.acknowledged)
        for kept in self.kept:
            kept.connection_number, kept.acknowledged = self.connection_number, self.taken
            self.transmit(kept)
        return True

    def drop(self):
        """Drops the connection without a word; what the socket had received and this client had not taken is lost."""
        self.dealer.close()
        self.dealer = None

    def abandon(self):
        """Drops the connection and forgets the session, as after a fatal; the next connection begins another one."""
        self.drop()
        self.begin_session()
        self.first_connection = None

    def wait_for_break(self):
        try:
            while True:
                self.take("the end of the connection")
        except ConnectionError:
            self.drop()

    # ---- frames ------------------------------------------------------------------------------------------------------

    def transmit(self, frame):
        self.dealer.send(frame)
        now = time.monotonic()
        self.longest_silence = max(self.longest_silence, now - self.last_sent_at)
        self.last_sent_at = now

    def receive(self, what):
        """Returns the next frame of this connection, and sends heartbeats until it comes."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            frame = self.dealer.receive(min(self.heartbeat_after(), end - time.monotonic()))
            if frame is None:
                self.acknowledge()
            elif frame.HasField("fatal"):
                raise Refused(frame.fatal)
            elif frame.connection_number == self.connection_number:
                return frame
        raise Broken(f"{self.name} waited {PATIENCE_S} s for {what}, and nothing came")

    def heartbeat_after(self):
        if self.first_connection is None:
            return PATIENCE_S
        return self.last_sent_at + self.welcome.session_timeout_ms / 3000 - time.monotonic()

    def acknowledge(self):
        """Also a heartbeat: a frame with the number 0."""
        self.transmit(wire.ClientFrame(connection_number=self.connection_number, acknowledged=self.taken))

    def send(self, *commands, is_lost=False):
        """Sends the commands in one frame, and returns their ids. A frame that is lost never reaches the socket."""
        self.sent += 1
        frame = wire.ClientFrame(connection_number=self.connection_number, number=self.sent, acknowledged=self.taken)
        for command in commands:
            if not command.HasField("goodbye"):
                self.last_id += 1
                command.id = self.last_id
            frame.commands.append(command)
        self.kept.append(frame)
        if not is_lost:
            self.transmit(frame)
        return [command.id for command in commands]

    def discard_kept(self, acknowledged):
        self.kept = [frame for frame in self.kept if frame.number > acknowledged]

    def take(self, what):
        """Takes the next frame, and acknowledges it if it has content."""
        frame = self.receive(what)
        self.discard_kept(frame.acknowledged)
        if frame.number == 0 or frame.number > self.taken:
            self.settled = max(self.settled, frame.settled)
        if frame.number == 0 or frame.number <= self.taken:
            return
        if frame.number != self.taken + 1:
            raise Broken(f"frame {frame.number} follows frame {self.taken}")
        self.taken = frame.number
        for delivery in frame.deliveries:
            self.deliveries += self.read_run(delivery) if delivery.changes else [self.read_named(delivery)]
        self.snapshot_ends += frame.snapshot_ends
        self.answers += frame.answers
        self.complete_through = max(self.complete_through, frame.complete_through)
        self.acknowledge()

    def read_named(self, delivery):
        if delivery.slot:
            self.slots[delivery.slot] = delivery
        return delivery

    def read_run(self, run):
        """Returns a delivery with a transition for each change."""
        self.runs += 1
        named = self.slots[run.slot]
        number, revision, changed_at_us, writer = run.number, run.revision, run.changed_at_us, run.writer
        read = []
        for change in run.changes:
            if read:
                number += 1
                revision += change.revision_step
                changed_at_us += change.time_step_us
                writer = change.writer if change.HasField("writer") else writer
            delivery = wire.Delivery(subscription=named.subscription, member=named.member)
            transition = delivery.transition
            transition.topic, transition.version.epoch = named.transition.topic, named.transition.version.epoch
            transition.version.number, transition.revision = number, revision
            transition.changed_at_us, transition.writer = changed_at_us, writer
            transition.value.CopyFrom(change.value)
            transition.quality = change.quality
            if change.HasField("source_time_us"):
                transition.source_time_us = change.source_time_us
            read.append(delivery)
        return read

    def take_until(self, condition, what):
        while not condition():
            self.take(what)

    # ---- what a user wants -------------------------------------------------------------------------------------------

    def answers_of(self, command):
        return [answer for answer in self.answers if answer.id == command]

    def answer(self, command):
        """Waits for the answer of a command."""
        self.take_until(lambda: self.answers_of(command), f"the answer of command {command}")
        return self.answers_of(command)[0]

    def ask(self, command):
        return self.answer(*self.send(command))

    def deliveries_of(self, subscription):
        return [delivery for delivery in self.deliveries if delivery.subscription == subscription]

    def wait_for_deliveries(self, subscription, count):
        self.take_until(lambda: len(self.deliveries_of(subscription)) >= count,
                        f"delivery {count} of subscription {subscription}")
        return self.deliveries_of(subscription)

    def snapshot_end(self, subscription):
        ends = lambda: [end for end in self.snapshot_ends if end.subscription == subscription]
        self.take_until(ends, f"the snapshot end of subscription {subscription}")
        return ends()[0]

    def wait_until_heard(self):
        self.take_until(lambda: not self.kept, "the acknowledgement of its frames")

    def wait_until_settled(self):
        self.take_until(lambda: self.settled >= self.sent, "the settlement of its posts")

    def close(self):
        """Ends the session; the acknowledgement shows that the broker has heard it."""
        self.send(wire.Command(goodbye=wire.Goodbye()))
        self.wait_until_heard()
        self.drop()


    def sets(self, writes, post=False):
        """One command for writes of (topic, text), which names a topic once in the session. Returns their ids."""
        command = wire.Command()
        packed = command.sets
        for topic, text in writes:
            if topic not in self.numbers:
                self.numbers[topic] = len(self.numbers) + 1
                packed.names.add(number=self.numbers[topic], topic=topic.encode())
            value = wire.Value(text=text.encode()).SerializeToString()
            packed.topics.append(self.numbers[topic])
            packed.lengths.append(len(value))
            packed.values += value
        packed.post = post
        first, = self.send(command)
        self.last_id += len(writes) - 1
        return list(range(first, first + len(writes)))


# ---- commands --------------------------------------------------------------------------------------------------------

def text(value):
    return wire.Value(text=value.encode())


def set_command(topic, value):
    return wire.Command(set=wire.Set(topic=topic.encode(), value=text(value)))


def post_command(topic, value):
    command = set_command(topic, value)
    command.set.post = True
    return command


def commit_command(**values):
    return wire.Command(commit=wire.Commit(writes=[set_command(topic, value).set for topic, value in values.items()]))


def get_command(topic):
    return wire.Command(get=wire.Get(topic=topic.encode()))


def subscribe_command(*topics, **options):
    return wire.Command(subscribe=wire.Subscribe(topics=[topic.encode() for topic in topics], **options))


def wait_command(topic, predicate=None, **options):
    return wire.Command(wait=wire.Wait(topic=topic.encode(), predicate=predicate, **options))


def equals(value):
    """The predicate `value == "…"`."""
    kinds = wire.Predicate
    return kinds(kind=kinds.KIND_COMPARISON, op=kinds.OP_EQUAL,
                 children=[kinds(kind=kinds.KIND_NEW_VALUE), kinds(kind=kinds.KIND_LITERAL, value=text(value))])
