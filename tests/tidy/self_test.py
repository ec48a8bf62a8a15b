"""self_test.py: shows that every rule finds what breaks it, and nothing else.

fixtures/<rule>.txt holds small files below headings: `=== bad PATH` breaks the rule, once per line that ends in
`<-- bad` (or at least once if no line does), `=== good PATH` keeps it, `=== with PATH` stands beside each of them, and
`=== with a{1..9}.cpp` nine times. A line `@9 text` is there nine times, and \\n in it is a line break.
"""
import contextlib
import io
import os
import re
import sys

sys.dont_write_bytecode = True
from rules import RULES  # noqa: E402
from tidy import RATCHETS, check  # noqa: E402

MARK = re.compile(r"[ \t]*(// |# )?<-- bad$", re.MULTILINE)


def sections(name):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "fixtures", name + ".txt"), encoding="utf-8") as file:
        parts = re.split(r"^=== (bad|good|with) (\S+)\n", file.read(), flags=re.MULTILINE)
    return [(kind, path, repeated(text)) for kind, path, text in zip(parts[1::3], parts[2::3], parts[3::3])]


def repeated(text):
    def expand(found):
        return found.group(2).replace(r"\n", "\n") * int(found.group(1))

    return re.sub(r"^@(\d+) (.*\n)", expand, text, flags=re.MULTILINE)


def paths(pattern):
    found = re.search(r"\{(\d+)\.\.(\d+)\}", pattern)
    if not found:
        return [pattern]
    return [pattern.replace(found.group(), str(i)) for i in range(int(found.group(1)), int(found.group(2)) + 1)]


def complaints():
    for name, rule in RULES.items():
        found = sections(name)
        beside = {path: text for kind, pattern, text in found if kind == "with" for path in paths(pattern)}
        kinds = [kind for kind, _, _ in found]
        if "bad" not in kinds or "good" not in kinds:
            yield f"{name}: the fixture needs a bad and a good part"
        for kind, path, text in found:
            if kind == "with":
                continue
            marked = {number for number, line in enumerate(text.split("\n"), 1) if MARK.search(line)}
            told = [(where, line) for where, line, _ in rule({**beside, path: MARK.sub("", text)})]
            if kind == "good" and told:
                yield f"{name}: {path} is good, but line {told[0][1]} was reported"
            if kind == "bad" and not told:
                yield f"{name}: {path} is bad, and nothing was reported"
            if kind == "bad" and marked and {line for _, line in told} != marked:
                yield f"{name}: {path} is bad in {sorted(marked)}, reported were {sorted(line for _, line in told)}"


def ratchet_complaints():
    breaches = {"columns": [("a.cpp", 1, "too long"), ("a.cpp", 2, "too long")]}
    for ratchets, broken in (("columns 1\n", 1), ("columns 2\n", 0), ("columns 3\n", 0), ("", 2), ("no_rule 5\n", 3)):
        with contextlib.redirect_stdout(io.StringIO()):
            told = check({RATCHETS: ratchets}, breaches)
        if told != broken:
            yield f"ratchets: of {ratchets!r} and two breaches {told} are too many, not {broken}"


def main():
    wrong = list(complaints()) + list(ratchet_complaints())
    print("\n".join(wrong) if wrong else f"{len(RULES)} rules can fail, and spare what is good")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
