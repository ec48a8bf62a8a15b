#!/usr/bin/env python3
"""guide.py EXAMPLES FOLDER PAGE...: copies EXAMPLES to FOLDER, with each program as the pages show it to a reader.

A page says "Save this as `behaviour.cpp`:" and shows a block; that block alone becomes the file. The lines that a page
adds to `CMakeLists.txt` must be in that of EXAMPLES. So FOLDER has the programs as a reader of the guide copies them.
"""
import os
import re
import sys

BLOCK = re.compile(r"`([\w.]+)`:\n\n<!-- from: \S+ -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The programs that the guide must show whole: a behaviour, a sensor with a lease, a decision over four topics, a test.
PROMISED = {"behaviour.cpp", "owner.cpp", "decision.cpp", "behaviour_test.cpp"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def as_shown(examples, pages):
    """Returns the examples' files by name, with the contents that the pages show; and the names of those shown."""
    files = {name: read(os.path.join(examples, name)) for name in os.listdir(examples)}
    shown, recipe = set(), ""
    for page in pages:
        for name, block in BLOCK.findall(read(page)):
            if name != "CMakeLists.txt":
                files[name] = block
                shown.add(name)
                continue
            recipe += block
            if block not in files[name]:
                sys.exit(f"guide.py: {page} shows lines that are not in {examples}/{name}")
    missing = sorted(PROMISED - shown) + sorted(name for name in shown if name.endswith(".cpp") and name not in recipe)
    if missing:
        sys.exit(f"guide.py: the pages do not show, or not how to build, {', '.join(missing)}")
    return files, shown


def save(files, folder):
    os.makedirs(folder, exist_ok=True)
    for name in set(os.listdir(folder)) - set(files):
        os.remove(os.path.join(folder, name))
    for name, content in files.items():
        path = os.path.join(folder, name)
        if not os.path.exists(path) or read(path) != content:  # an unchanged file is not built again
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)


if __name__ == "__main__":
    made, told = as_shown(sys.argv[1], sys.argv[3:])
    save(made, sys.argv[2])
    print(f"as in the guide: {', '.join(sorted(told))}")
