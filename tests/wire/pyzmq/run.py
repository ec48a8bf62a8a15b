#!/usr/bin/env python3
"""run.py HOIKUD PROTOC PROTO PAGE LINK LISTEN: Python speaks to hoikud as docs/wire.md says, and as nothing else does.

HOIKUD listens at LISTEN (tcp://127.0.0.1:0, or ipc for a socket in a new folder) with the kind of link LINK. PROTOC
makes hoiku_pb2 from the file PROTO. PAGE is docs/wire.md, whose own session is one of the stories.

Status 1 if a story fails, with a sentence for each; 77 (skipped) if python3-zmq or python3-protobuf is missing.
"""
import os
import subprocess
import sys
import tempfile
import traceback

SKIPPED = 77
sys.dont_write_bytecode = True


def skip_without_packages():
    try:
        import google.protobuf  # noqa: F401
        import zmq  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}; Debian's packages are python3-zmq and python3-protobuf")
        sys.exit(SKIPPED)


def generate(protoc, proto, folder):
    """Makes hoiku_pb2 in the folder, from which Python then imports it."""
    subprocess.run([protoc, "-I", os.path.dirname(proto), f"--python_out={folder}", proto], check=True)
    sys.path.insert(0, folder)


def tell(story, start):
    """Runs a story, and returns what went wrong."""
    from client import Dealer
    try:
        story(start)
        return None
    except Exception:  # a story's failure must not hide the others
        return traceback.format_exc()
    finally:
        Dealer.close_all()


def run(stories, hoikud, link, listen):
    """Returns how many stories failed."""
    from broker import Brokers
    failed = 0
    for story in stories:
        with Brokers(hoikud, link, listen) as brokers:
            wrong = tell(story, brokers.start)
        wrong = wrong or brokers.wrong
        failed += wrong is not None
        print(f"{'FAILED' if wrong else 'ok    '} {story.__name__}", flush=True)
        if wrong:
            print(f"{wrong}\nThe log of hoikud:\n{brokers.log()}", flush=True)
    return failed


def main():
    hoikud, protoc, proto, page, link, listen = sys.argv[1:]
    skip_without_packages()
    with tempfile.TemporaryDirectory(prefix="hoiku-pyzmq-") as folder:
        generate(protoc, proto, folder)
        import page_stories
        import request_stories
        import session_stories
        stories = request_stories.STORIES + session_stories.STORIES + page_stories.stories(page, folder)
        failed = run(stories, hoikud, link, f"ipc://{folder}/socket" if listen == "ipc" else listen)
    print(f"{failed} of {len(stories)} stories failed" if failed else f"all {len(stories)} stories hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
