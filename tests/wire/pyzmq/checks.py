"""checks.py: sentences for what a test expects, and what both files of stories need."""
from client import Broken, Client, Refused


def check(is_true, sentence):
    if not is_true:
        raise Broken(sentence)


def expect(what, actual, wanted):
    check(actual == wanted, f"{what}: {actual!r}, and docs/wire.md promises {wanted!r}")


def connected(broker, name):
    client = Client(broker.endpoint, name)
    expect(f"whether {name} resumes a session at its first connection", client.connect(), False)
    return client


def refusal(do):
    """Returns the fatal that ends `do`."""
    try:
        do()
    except Refused as refused:
        return refused
    raise Broken("the broker does not send the fatal that docs/wire.md promises")


def versions(deliveries):
    return [delivery.transition.version.number for delivery in deliveries]


def texts(deliveries):
    """The values, which are strings or null."""
    values = [delivery.transition.value for delivery in deliveries]
    return [None if value.HasField("null") else value.text.decode() for value in values]
