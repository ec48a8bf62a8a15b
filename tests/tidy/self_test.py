"""self_test.py: shows that every rule can fail, and does not where it should not.

fixtures/<rule>.txt holds small files below headings: `=== bad PATH` breaks the rule, once per line that ends in
`<-- bad` (or at least once where no line says so), `=== good PATH` keeps it, `=== with PATH` stands beside each of them.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
from rules import RULES  # noqa: E402

MARK = re.compile(r"[ \t]*(// |# )?<-- bad$", re.MULTILINE)


def sections(name):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "fixtures", name + ".txt"), encoding="utf-8") as file:
        parts = re.split(r"^=== (bad|good|with) (\S+)\n", file.read(), flags=re.MULTILINE)
    return list(zip(parts[1::3], parts[2::3], parts[3::3]))


def complaints():
    for name, rule in RULES.items():
        found = sections(name)
        beside = {path: text for kind, path, text in found if kind == "with"}
        kinds = [kind for kind, _, _ in found]
        if "bad" not in kinds or "good" not in kinds:
            yield f"{name}: the fixture needs a bad and a good part"
        for kind, path, text in found:
            if kind == "with":
                continue
            marked = {number for number, line in enumerate(text.split("\n"), 1) if MARK.search(line)}
            tree = {**beside, path: MARK.sub("", text)}
            if name == "lines" and kind == "bad":
                tree[path] = text * 600
            told = [(where, line) for where, line, _ in rule(tree)]
            if kind == "good" and told:
                yield f"{name}: {path} is good, but line {told[0][1]} was reported"
            if kind == "bad" and not told:
                yield f"{name}: {path} is bad, and nothing was reported"
            if kind == "bad" and marked and {line for _, line in told} != marked:
                yield f"{name}: {path} is bad in {sorted(marked)}, reported were {sorted(line for _, line in told)}"


def main():
    wrong = list(complaints())
    print("\n".join(wrong) if wrong else f"{len(RULES)} rules can fail, and spare what is good")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
