"""page_stories.py: what docs/wire.md shows is run: its session in Python, and its frames in hexadecimal."""
import os
import re
import subprocess
import sys

import hoiku_pb2 as wire
from checks import check, connected, expect
from client import PATIENCE_S, Dealer, get_command

PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^\$ python3 first_session\.py \S+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FRAMES = re.compile(r"^```\n((?:[0-9a-f]{2} ?)+)\n((?:[0-9a-f]{2} ?)+)\n```$", re.MULTILINE)


def the_one(pattern, page, what):
    found = pattern.findall(page)
    check(len(found) == 1, f"docs/wire.md shows {len(found)} times {what}; this test wants one")
    return found[0]


def stories(path, folder):
    """The stories of the page at `path`; `folder` has hoiku_pb2."""
    with open(path, encoding="utf-8") as file:
        page = file.read()

    def shows_a_session(start):
        broker = start()
        program = os.path.join(folder, "first_session.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(the_one(PROGRAM, page, "a program in Python"))
        ran = subprocess.run([sys.executable, program, broker.endpoint], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False)
        expect("the output of the page's program", ran.stdout, the_one(OUTPUT, page, "its output"))
        check_value_of_the_page(broker)

    def shows_two_frames(start):
        broker = start()
        dealer = Dealer(broker.endpoint)
        hello, command = map(bytes.fromhex, the_one(FRAMES, page, "two frames in hexadecimal"))
        dealer.socket.send(hello)
        check(dealer.receive(PATIENCE_S).HasField("welcome"), "the first frame of the page is answered by no welcome")
        dealer.socket.send(command)
        answers = dealer.receive(PATIENCE_S).answers
        expect("the version that the second frame of the page makes", answers[0].set_done.version.number, 1)
        dealer.close()
        check_value_of_the_page(broker)

    return [shows_a_session, shows_two_frames]


def check_value_of_the_page(broker):
    topic = connected(broker, "reader").ask(get_command("wire/a")).get_done.current
    expect("wire/a, as the page sets it", (topic.value, topic.writer), (wire.Value(text=b"x"), b"py"))
