"""tidy.py ROOT: reads the tree below ROOT and prints what breaks a rule of rules.py. Status 0: nothing does."""
import os
import sys

sys.dont_write_bytecode = True
from rules import RULES  # noqa: E402

SKIPPED = {".git", ".cache", "build", "fixtures"}


def read_tree(root):
    tree = {}
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for name in files:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, encoding="utf-8", errors="replace") as file:
                tree[os.path.relpath(path, root).replace(os.sep, "/")] = file.read()
    return tree


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: tidy.py ROOT")
    tree = read_tree(sys.argv[1])
    broken = [(path, line, name, text) for name, rule in RULES.items() for path, line, text in rule(tree)]
    for path, line, name, text in sorted(broken):
        print(f"{path}:{line}: {name}: {text}")
    print(f"{len(tree)} files, {len(RULES)} rules, {len(broken)} breaches")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
