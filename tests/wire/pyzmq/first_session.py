#!/usr/bin/env python3
"""first_session.py: the shortest session in Python. docs/wire.md shows it, and page_stories.py runs what that shows."""
import os
import sys

import hoiku_pb2
import zmq

socket = zmq.Context().socket(zmq.DEALER)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.RECONNECT_IVL, 3_600_000)
socket.connect(sys.argv[1])


def exchange(frame):
    socket.send(frame.SerializeToString())
    if not socket.poll(5000):
        sys.exit(f"no broker answers at {sys.argv[1]}")
    answer = hoiku_pb2.ServerFrame.FromString(socket.recv())
    if answer.HasField("fatal"):
        sys.exit(answer.fatal.message.decode())
    return answer


hello = hoiku_pb2.ClientFrame(connection_number=1)
hello.hello.version = 2
hello.hello.token = os.urandom(16)
hello.hello.client_name = b"py"
exchange(hello)

frame = hoiku_pb2.ClientFrame(connection_number=1, number=1)
command = frame.commands.add(id=1)
command.set.topic = b"wire/a"
command.set.value.text = b"x"
done = exchange(frame).answers[0].set_done
print(f"wire/a has the version {done.version.number}")
