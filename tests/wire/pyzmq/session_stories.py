"""session_stories.py: how a foreign client keeps its session over cuts, ends it and loses it, as docs/wire.md says.

Each story has a broker of its own and fails with a sentence. A session has a timeout that no slow machine reaches; a
story that needs a session to expire waits until the broker has told it.
"""
import time

import hoiku_pb2 as wire
from checks import check, connected, expect, refusal, texts, versions
from client import Broken, Refused, get_command, set_command, subscribe_command, wait_command

SHORTEST_MS = 100  # a session timeout that passes while a test waits for it
SHORT_MS = 900  # one within which a client can send heartbeats
ATTEMPTS = 10  # to be in time with heartbeats on a machine that stalls
SESSIONS = "$hoiku/sessions/*"


# ---- a session that stays --------------------------------------------------------------------------------------------

def resumes_after_cuts(start):
    """In each round the socket is dropped with answers and deliveries in it, and with a frame that never left."""
    broker = start()
    other, client = connected(broker, "other"), connected(broker, "client")
    every, = client.send(subscribe_command("cut/in", mode=wire.MODE_EVERY))
    wait, = client.send(wait_command("cut/end"))
    client.snapshot_end(every)
    out, = other.send(subscribe_command("cut/out"))
    rounds, sent = 5, []
    for cut in range(1, rounds + 1):
        sent += client.send(set_command("cut/out", f"{cut} heard"), set_command("cut/out", f"{cut} heard too"))
        other.take_until(lambda: f"{cut} heard too" in texts(other.deliveries_of(out)), "the write before the cut")
        other.ask(set_command("cut/in", f"{cut} before the cut"))
        sent += client.send(set_command("cut/out", f"{cut} lost"), is_lost=True)
        client.drop()
        other.ask(set_command("cut/in", f"{cut} while cut"))
        check(client.connect(), f"the session is lost at connection {client.connection_number}")
    other.ask(set_command("cut/end", "now"))
    expect("the match of the wait", client.answer(wait).wait_done.match.value.text, b"now")
    check_nothing_lost_or_twice(client, every, sent, rounds)
    client.close()


def check_nothing_lost_or_twice(client, every, sent, rounds):
    writes = [client.answer(command).set_done.version.number for command in sent]
    expect("the versions of the writes", writes, list(range(1, 3 * rounds + 1)))
    read = client.wait_for_deliveries(every, 1 + 2 * rounds)
    topic = client.ask(get_command("cut/out")).get_done.current
    expect("the topic after the cuts", (topic.value.text, topic.version.number), (b"5 lost", 3 * rounds))
    expect("the versions that were delivered", versions(read), list(range(2 * rounds + 1)))
    expect("the number of deliveries", len(client.deliveries), 1 + 2 * rounds)
    answered = [answer.id for answer in client.answers]
    expect("the commands that have an answer", sorted(answered), sorted(set(answered)))


def repeats_a_frame(start):
    client = connected(start(), "py")
    client.send(set_command("twice", "1"), set_command("twice", "2"))
    client.transmit(client.kept[0])
    expect("the version after a repeated frame", client.ask(set_command("twice", "3")).set_done.version.number, 3)
    expect("the number of answers", len(client.answers), 3)


def stays_with_heartbeats(start):
    """A hold that is longer than the session timeout ends in a session that sends heartbeats and nothing else."""
    broker = start()
    for attempt in range(ATTEMPTS):
        client = connected(broker, "client")
        client.ask(set_command("held", f"{attempt}"))
        reconnect(client, SHORT_MS)
        client.longest_silence = 0
        wait, = client.send(wait_command("held", hold_ns=2 * SHORT_MS * 1_000_000))
        try:
            client.answer(wait)
            return
        except Refused as refused:
            pause = max(client.longest_silence, time.monotonic() - client.last_sent_at)
            check(pause > SHORT_MS / 2000, f"{refused}, although the longest pause of the heartbeats was {pause} s")
    raise Broken(f"in {ATTEMPTS} attempts the heartbeats were late, or were not sent, and the session expired")


def reconnect(client, session_timeout_ms):
    client.drop()
    client.session_timeout_ms = session_timeout_ms
    client.connect()
    expect("session_timeout_ms after a further hello", client.welcome.session_timeout_ms, session_timeout_ms)


def wait_for_expiry(reader, sessions, client):
    """Waits until the broker has unset the topic of the client's session."""
    label = f"$hoiku/sessions/{client.name}-".encode()
    ended = lambda delivery: delivery.transition.topic.startswith(label) and delivery.transition.value.HasField("null")
    reader.take_until(lambda: any(map(ended, reader.deliveries_of(sessions))), f"the end of {client.name}'s session")


def closes(start):
    broker = start()
    other, client = connected(broker, "other"), connected(broker, "client")
    sessions, = other.send(subscribe_command(SESSIONS))
    other.snapshot_end(sessions)
    client.close()
    wait_for_expiry(other, sessions, client)
    expect("whether a session is resumed after its goodbye", client.connect(), False)


# ---- a session that is lost ------------------------------------------------------------------------------------------

def loses_its_session(start):
    """The session expires while the client is cut off. The same broker tells what changed since then."""
    broker = start()
    other, client = connected(broker, "other"), connected(broker, "client")
    sessions, = other.send(subscribe_command(SESSIONS))
    for topic in ("lost/a", "lost/b"):
        client.ask(set_command(topic, "old"))
    old, = client.send(subscribe_command("lost/*"))
    seen = wire.ResumePoint(instance_id=client.welcome.instance_id, revision=client.snapshot_end(old).revision)
    reconnect(client, SHORTEST_MS)
    client.drop()
    wait_for_expiry(other, sessions, client)
    other.ask(set_command("lost/b", "new"))

    client.session_timeout_ms = other.session_timeout_ms
    expect("whether a session is resumed that has expired", client.connect(), False)
    expect("first_connection of the next session", client.welcome.first_connection, 3)
    new, = client.send(subscribe_command("lost/*", resume=seen))
    expect("whether the snapshot is whole, at the same instance", client.snapshot_end(new).whole, False)
    expect("what changed since the resume point", texts(client.deliveries_of(new)), ["new"])


def begins_again_after_a_fatal(start):
    """The broker still has the session then, and must not mistake the client's next one for it."""
    broker = start()
    other = connected(broker, "other")
    for has_taken_a_frame in (True, False):
        client = connected(broker, "client")
        sessions, = other.send(subscribe_command(SESSIONS))
        other.snapshot_end(sessions)
        client.send(set_command("fatal", "before"))
        if has_taken_a_frame:
            client.take("the answer of a Set")
        send_a_gap(client)
        client.abandon()
        client.connect()
        if not has_taken_a_frame:
            expect("the code for a frame whose number was used before", refusal(
                lambda: client.ask(get_command("fatal"))).code, wire.ERROR_SESSION_LOST)
            client.abandon()
            client.connect()
        expect("whether the session before the fatal is resumed", client.welcome.resumed, False)
        wait_for_expiry(other, sessions, client)
        expect("a write in the next session", client.ask(set_command("fatal", "after")).set_done.changed, True)
        client.close()


def send_a_gap(client):
    client.send(set_command("fatal", "lost"), is_lost=True)
    client.send(set_command("fatal", "refused"))
    expect("the code for a gap", refusal(lambda: client.take_until(lambda: False, "a fatal")).code,
           wire.ERROR_PROTOCOL_VIOLATION)


def loses_its_broker(start):
    """The broker is killed, and another one starts: the monitor tells it, and the requests are sent again."""
    first = start()
    client = connected(first, "client")
    client.ask(set_command("lost/a", "old"))
    old, = client.send(subscribe_command("lost/*"))
    seen = wire.ResumePoint(instance_id=client.welcome.instance_id, revision=client.snapshot_end(old).revision)
    client.send(wait_command("lost/end"))
    client.wait_until_heard()
    first.kill()
    client.wait_for_break()

    second = start()
    other = connected(second, "other")
    other.ask(set_command("lost/b", "new"))
    expect("whether another broker resumes the session", client.connect(second.endpoint), False)
    check(client.welcome.instance_id != seen.instance_id, "two brokers have the same instance_id")
    new, wait = client.send(subscribe_command("lost/*", resume=seen), wait_command("lost/end"))
    expect("whether the snapshot is whole, at another instance", client.snapshot_end(new).whole, True)
    expect("the topics of the other broker", texts(client.deliveries_of(new)), ["new"])
    other.ask(set_command("lost/end", "now"))
    expect("the match of the wait", client.answer(wait).wait_done.match.value.text, b"now")
    client.close()


STORIES = [resumes_after_cuts, repeats_a_frame, stays_with_heartbeats, closes, loses_its_session,
           begins_again_after_a_fatal, loses_its_broker]
