"""request_stories.py: what a foreign client asks of a broker, and what docs/wire.md says the broker answers.

Each story has a broker of its own and fails with a sentence.
"""
import hoiku_pb2 as wire
from checks import check, connected, expect, refusal, texts, versions
from client import (Client, commit_command, equals, get_command, post_command, set_command, subscribe_command,
                    wait_command)


def sets_and_gets(start):
    client = connected(start(), "py")
    expect("first_connection", client.welcome.first_connection, 1)
    check(client.welcome.instance_id, "the welcome has no instance_id")
    first = client.ask(set_command("set/a", "x")).set_done
    expect("changed and version of a first Set", (first.changed, first.version.number), (True, 1))
    again = client.ask(set_command("set/a", "x")).set_done
    expect("changed and version of a Set of the equal value", (again.changed, again.version.number), (False, 1))
    topic = client.ask(get_command("set/a")).get_done.current
    expect("value and writer of the topic", (topic.value.text, topic.writer), (b"x", b"py"))
    unset = client.ask(get_command("set/b")).get_done.current
    check(unset.value.HasField("null"), f"a topic that was never set has a value: {unset}")
    expect("version of a topic that was never set", unset.version.number, 0)
    client.close()


def fails_alone(start):
    """A command that fails does not harm the others of its frame."""
    client = connected(start(), "py")
    good, bad, late = client.send(set_command("a", "x"), set_command("not//a/name", "x"), set_command("a", "y"))
    expect("the code for a name that is not one", client.answer(bad).failed.failure.code, wire.ERROR_INVALID_TOPIC)
    expect("version of the Set before it", client.answer(good).set_done.version.number, 1)
    expect("version of the Set after it", client.answer(late).set_done.version.number, 2)


def posts(start):
    """Only what is refused is answered; `settled` says when the outcome of all is known."""
    client = connected(start(), "py")
    _, refused, _ = client.send(post_command("post/a", "x"), post_command("not//a/name", "x"),
                                post_command("post/a", "y"))
    client.wait_until_settled()
    expect("the posts that are answered", [answer.id for answer in client.answers], [refused])
    expect("the code for a name that is not one", client.answer(refused).failed.failure.code, wire.ERROR_INVALID_TOPIC)
    topic = client.ask(get_command("post/a")).get_done.current
    expect("value and version after two posts", (topic.value.text, topic.version.number), (b"y", 2))


def is_refused_in_words(start):
    broker = start()
    refused = refusal(lambda: Client(broker.endpoint, "py").connect(version=1))
    expect("the code for another version", refused.code, wire.ERROR_UNSUPPORTED_VERSION)
    check("version 1" in str(refused), f"the sentence does not name the version: {refused}")
    client = connected(broker, "py")
    client.send(set_command("gap", "1"), is_lost=True)
    client.send(set_command("gap", "2"))
    expect("the code for a gap", refusal(lambda: client.take("a fatal")).code, wire.ERROR_PROTOCOL_VIOLATION)


def waits(start):
    broker = start()
    waiter, writer = connected(broker, "waiter"), connected(broker, "writer")
    wait, = waiter.send(wait_command("wait/a", equals("go")))
    waiter.wait_until_heard()
    for value in ("stay", "go", "stay", "go"):
        writer.ask(set_command("wait/a", value))
    match = waiter.answer(wait).wait_done.match
    expect("value and version of the match", (match.value.text, match.version.number), (b"go", 2))
    waiter.ask(get_command("wait/a"))
    expect("how many answers a Wait has whose predicate was true twice", len(waiter.answers_of(wait)), 1)


def subscribes(start):
    broker = start()
    writer, reader = connected(broker, "writer"), connected(broker, "reader")
    writer.ask(set_command("sub/a", "before"))
    pattern, = reader.send(subscribe_command("sub/*"))
    check(reader.snapshot_end(pattern).whole, "the snapshot end of a new subscription is not whole")
    expect("the snapshot", texts(reader.deliveries_of(pattern)), ["before"])
    writer.ask(set_command("sub/b", "after"))
    expect("snapshot and transition", texts(reader.wait_for_deliveries(pattern, 2)), ["before", "after"])
    reader.send(wire.Command(unsubscribe=wire.Unsubscribe(subscription=pattern)))
    reader.wait_until_heard()
    writer.ask(set_command("sub/b", "too late"))
    reader.ask(get_command("sub/b"))
    expect("what an Unsubscribe left", len(reader.deliveries_of(pattern)), 2)


def reads_a_composite(start):
    broker = start()
    writer, reader = connected(broker, "writer"), connected(broker, "reader")
    both, = reader.send(subscribe_command("left", "right"))
    reader.snapshot_end(both)
    expect("the snapshot of two unset topics", texts(reader.deliveries_of(both)), [None, None])
    for step in ("1", "2", "3"):
        reader.deliveries.clear()
        writer.ask(commit_command(left=step, right=step))
        left, right = reader.wait_for_deliveries(both, 1)  # they come in one frame
        expect("the members of one commit", {left.member, right.member}, {0, 1})
        expect("their values", texts([left, right]), [step, step])
        expect("the revision of the second member", right.transition.revision, left.transition.revision)


def reads_every_transition(start):
    """Only a client that renews its credit is sent more than `credit_transitions`."""
    broker = start()
    writer, reader = connected(broker, "writer"), connected(broker, "reader")
    every, = reader.send(subscribe_command("every", mode=wire.MODE_EVERY))
    reader.snapshot_end(every)
    credit, batch = reader.welcome.credit_transitions, 32  # half of a history
    renewed, written = 0, 0
    while written < 2 * credit:
        for command in writer.send(*[set_command("every", str(written + i)) for i in range(1, batch + 1)]):
            writer.answer(command)
        written += batch
        taken = len(reader.wait_for_deliveries(every, 1 + written))  # the unset topic of the snapshot is one
        if taken - renewed >= credit / 2:
            reader.send(wire.Command(renew=wire.Renew(subscription=every, taken=taken)))
            reader.wait_until_heard()
            renewed = taken
    read = reader.deliveries_of(every)
    check(versions(read) == list(range(written + 1)), f"a transition of {written} is missing: {versions(read)}")
    expect("how many were lagged", sum(delivery.lagged for delivery in read), 0)
    check(reader.runs > 0, "nothing travelled in a run")
    writers = {delivery.transition.writer for delivery in read if delivery.transition.version.number > 0}
    expect("the writers", writers, {b"writer"})
    revisions = [delivery.transition.revision for delivery in read]
    check(revisions == sorted(revisions), "the revisions are not in order")


def reads_runs_of_several_writers(start):
    """A name may be empty, which is not the same as the name before."""
    broker = start()
    writers = [connected(broker, name) for name in ("robot", "", "hand")]
    reader = connected(broker, "reader")
    every, = reader.send(subscribe_command("shared", mode=wire.MODE_EVERY))
    reader.snapshot_end(every)
    for round in range(6):
        writers[round % 3].ask(set_command("shared", str(round)))
    read = reader.wait_for_deliveries(every, 7)[1:]
    expect("the writers", [delivery.transition.writer for delivery in read], 2 * [b"robot", b"", b"hand"])
    check(reader.runs > 0, "nothing travelled in a run")


def writes_by_numbers(start):
    broker = start()
    writer, reader = connected(broker, "writer"), connected(broker, "reader")
    every, = reader.send(subscribe_command("packed/*", mode=wire.MODE_EVERY))
    reader.snapshot_end(every)
    ids = writer.sets([("packed/a", "1"), ("packed/b", "2"), ("packed/a", "3")])
    versions_of = [writer.answer(command).set_done.version.number for command in ids]
    expect("the versions of packed writes", versions_of, [1, 1, 2])
    writer.sets([("packed/a", "4"), ("packed/c", "5")], post=True)
    writer.wait_until_settled()
    expect("what was written", texts(reader.wait_for_deliveries(every, 5)), ["1", "2", "3", "4", "5"])
    unnamed = wire.Command()
    unnamed.sets.topics.append(4096)
    unnamed.sets.lengths.append(2)
    unnamed.sets.values = wire.Value(null=wire.NULL_VALUE).SerializeToString()
    refused, = writer.send(unnamed)
    expect("a number without a name", writer.answer(refused).failed.failure.code, wire.ERROR_INVALID_ARGUMENT)


STORIES = [sets_and_gets, fails_alone, posts, is_refused_in_words, waits, subscribes, reads_a_composite,
           reads_every_transition, reads_runs_of_several_writers, writes_by_numbers]
