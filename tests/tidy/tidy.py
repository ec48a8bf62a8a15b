"""tidy.py ROOT [RULE]: reads the tree below ROOT and prints what breaks a rule. Status 0: nothing does.

A rule that the tree cannot keep yet is a ratchet: ratchets.txt says how many breaches it may have. More of them fail;
fewer of them print a hint, and --lower writes the new number down.

    tidy.py ROOT             all rules; the breaches of a ratchet are counted only
    tidy.py ROOT RULE        every breach of that rule
    tidy.py ROOT --lower     lowers each ratchet to what the tree has
    tidy.py --message FILE   whether the commit message in FILE has a good subject: for tools/hooks/commit-msg
"""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from limits import COMMITS  # noqa: E402
from rules import RULES  # noqa: E402

SKIPPED = {".git", ".cache", "build", "fixtures"}
RATCHETS = "tests/tidy/ratchets.txt"
NEWEST_COMMITS = 10  # are looked at where there is no branch to compare with


def read_tree(root):
    tree = {COMMITS: newest_subjects(root)}
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for name in files:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, encoding="utf-8", errors="replace") as file:
                tree[os.path.relpath(path, root).replace(os.sep, "/")] = file.read()
    return tree


def newest_subjects(root):
    """The subjects of the commits that are not on main, or else of the newest ones. Empty without git."""
    if not os.path.exists(os.path.join(root, ".git")):
        return ""
    ranges = [["origin/main..HEAD"], ["main..HEAD"], [f"--max-count={NEWEST_COMMITS}", "HEAD"]]
    for commits in ranges:
        try:
            log = subprocess.run(["git", "-C", root, "log", "--no-merges", "--format=%s", *commits],
                                 text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        except OSError:
            return ""
        if log.returncode == 0 and log.stdout:
            return log.stdout
    return ""


def read_ratchets(tree):
    return {name: int(number) for name, number in re.findall(r"^(\w+) (\d+)$", tree.get(RATCHETS, ""), re.MULTILINE)}


def lower(root, tree, found):
    ratchets = read_ratchets(tree)
    text = tree[RATCHETS]
    for name, allowed in ratchets.items():
        now = len(found[name])
        if now == 0:
            text = re.sub(rf"^{name} \d+\n", "", text, flags=re.MULTILINE)
        elif now < allowed:
            text = re.sub(rf"^{name} \d+$", f"{name} {now}", text, flags=re.MULTILINE)
    with open(os.path.join(root, RATCHETS), "w", encoding="utf-8") as file:
        file.write(text)


def print_breaches(name, breaches):
    for path, line, text in sorted(breaches):
        print(f"{path}:{line}: {name}: {text}")


def check(tree, found):
    """Prints the breaches that are too many, and returns their number."""
    ratchets = read_ratchets(tree)
    broken = 0
    for name in sorted(set(ratchets) - set(found)):
        print(f"{RATCHETS}: there is no rule {name}")
        broken += 1
    for name, breaches in found.items():
        allowed = ratchets.get(name, 0)
        if allowed == 0:
            print_breaches(name, breaches)
            broken += len(breaches)
        elif len(breaches) > allowed:
            print(f"{RATCHETS}: {name}: {len(breaches)} breaches, {allowed} are allowed; tidy.py . {name} lists them")
            broken += len(breaches) - allowed
        elif len(breaches) < allowed:
            print(f"hint: {name}: {len(breaches)} breaches, {allowed} are allowed; tidy.py . --lower lowers the number")
    return broken


def check_message(file):
    with open(file, encoding="utf-8", errors="replace") as message:
        subject = next((line for line in message.read().splitlines() if not line.startswith("#")), "")
    if re.match(r"(fixup|squash|amend)! |Merge ", subject):
        return 0
    breaches = list(RULES["subjects"]({COMMITS: subject}))
    for _, _, text in breaches:
        print(text)
    return len(breaches)


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[0] == "--message":
        sys.exit(1 if check_message(arguments[1]) else 0)
    if len(arguments) not in (1, 2) or arguments[1:] and arguments[1] not in [*RULES, "--lower"]:
        sys.exit("usage: tidy.py ROOT [RULE | --lower], or tidy.py --message FILE; the rules are " + ", ".join(RULES))
    tree = read_tree(arguments[0])
    found = {name: list(rule(tree)) for name, rule in RULES.items()}
    if arguments[1:] == ["--lower"]:
        lower(arguments[0], tree, found)
    elif arguments[1:]:
        print_breaches(arguments[1], found[arguments[1]])
    else:
        broken = check(tree, found)
        print(f"{len(tree) - 1} files, {len(RULES)} rules, {broken} breaches")
        sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
