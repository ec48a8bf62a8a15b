#!/usr/bin/env python3
"""check.py SOURCE COMPILER FLAG...: compiles SOURCE, which must fail.

Each line with `// says: TEXT` has a static_assert whose sentence begins with TEXT, and no other line has an error."""
import re
import subprocess
import sys

source, command = sys.argv[1], sys.argv[2:]
name = source.rsplit("/", 1)[-1]
with open(source, encoding="utf-8") as file:
    lines = list(enumerate(file, 1))
wanted = {number: text.strip() for number, line in lines for text in line.split("// says:")[1:]}

command += ["-fsyntax-only", "-x", "c++", source]
output = subprocess.run(command, capture_output=True, text=True, check=False).stderr
# An error in a header belongs to the line that g++ names just before it: "mistakes.txt:12:3:   required from here".
line, told = 0, {}
for text in output.splitlines():
    if here := re.search(rf"{re.escape(name)}:(\d+):\d+:\s+required from here", text):
        line = int(here[1])
    if error := re.search(r"error: (?:static assertion failed: )?(.*)", text):
        direct = re.search(rf"{re.escape(name)}:(\d+):", text)
        told.setdefault(int(direct[1]) if direct else line, []).append(error[1])

failures = [f"{name}:{number}: not told '{text}', but {told.get(number, 'nothing')}"
            for number, text in wanted.items()
            if not any(sentence.startswith(text) for sentence in told.get(number, []))]
failures += [f"{name}:{number}: told {errors}" for number, errors in told.items() if number not in wanted]
if not wanted:
    failures.append(f"{name} expects nothing")
print("\n".join(failures) or f"{len(wanted)} sentences")
sys.exit(1 if failures else 0)
