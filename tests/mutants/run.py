#!/usr/bin/env python3
"""run.py FOLDER [NAME...]: breaks a copy of the tree in each of the ways of mutants.py, and runs random histories on it.

The copy and its build stand in FOLDER and are kept for the next time. One line for each mutant; status 1 where one survived
HOIKU_MUTANT_HISTORIES (500) histories, where one does not compile, or where the tree itself does not pass.
"""
import os
import re
import shutil
import subprocess
import sys
import time

from mutants import MUTANTS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = "core_histories"
HISTORIES = os.environ.get("HOIKU_MUTANT_HISTORIES", "500")
SECONDS_MAX = 300  # a mutant that hangs is noticed too


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)


def copy_tree(tree):
    """What git knows, as it is in the work tree; a file that is the same keeps its time, so little is built again."""
    listed = run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).stdout
    names = [name for name in listed.split("\0") if name and os.path.exists(os.path.join(ROOT, name))]
    for name in names:
        source, target = os.path.join(ROOT, name), os.path.join(tree, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(source, "rb") as file:
            content = file.read()
        if os.path.exists(target):
            with open(target, "rb") as file:
                if file.read() == content:
                    continue
        shutil.copyfile(source, target)


def build(tree, folder):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        made = run(["cmake", "--preset", "dev", "-B", folder, "-DHOIKU_WERROR=OFF"], cwd=tree)
        if made.returncode != 0:
            return made.stdout
    made = run(["ninja", "-C", folder, TARGET])
    return None if made.returncode == 0 else made.stdout


def histories(folder):
    """The seed of the first history that fails, with what it says; or None."""
    program = os.path.join(folder, "bin", TARGET)
    try:
        ran = run([program, "--gtest_brief=1"], env={**os.environ, "HOIKU_SIM_HISTORIES": HISTORIES}, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return "?", "it hangs"
    if ran.returncode == 0:
        return None
    seed = re.search(r"HOIKU_SEED=(\d+)", ran.stdout)
    said = re.search(r"Failed\n(.*)", ran.stdout)
    if ran.returncode < 0 and not said:
        return "?", f"it dies of signal {-ran.returncode}"
    return (seed.group(1) if seed else "?"), (said.group(1) if said else "it fails")


def try_mutant(tree, folder, mutant):
    name, what, path, text, becomes = mutant
    file = os.path.join(tree, path)
    with open(file, encoding="utf-8") as source:
        original = source.read()
    if original.count(text) != 1:
        return False, f"its text is {original.count(text)} times in {path}: the mutant has to follow the code"
    with open(file, "w", encoding="utf-8") as source:
        source.write(original.replace(text, becomes))
    try:
        complaint = build(tree, folder)
        if complaint:
            error = re.search(r"error: .*", complaint)
            return False, "it does not compile: " + (error.group(0) if error else "")
        found = histories(folder)
    finally:
        with open(file, "w", encoding="utf-8") as source:
            source.write(original)
    if found is None:
        return False, f"SURVIVED {HISTORIES} histories"
    return True, f"found, seed {found[0]}: {found[1][:110]}"


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: run.py FOLDER [NAME...]")
    folder, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    unknown = set(wanted) - {mutant[0] for mutant in MUTANTS}
    if unknown:
        sys.exit(f"there is no mutant {', '.join(sorted(unknown))}; mutants.py has them")
    tree, build_folder = os.path.join(folder, "tree"), os.path.join(folder, "build")
    copy_tree(tree)
    complaint = build(tree, build_folder)
    if complaint:
        print(complaint[-4000:])
        sys.exit("the tree itself does not build")
    if histories(build_folder):
        sys.exit("the tree itself does not pass: mutants would say nothing")
    survivors = 0
    for mutant in MUTANTS:
        if wanted and mutant[0] not in wanted:
            continue
        start = time.monotonic()
        found, line = try_mutant(tree, build_folder, mutant)
        survivors += not found
        print(f"{'ok' if found else 'NOT OK':<7}{mutant[0]:<32}{line}  ({time.monotonic() - start:.0f} s)", flush=True)
    build(tree, build_folder)
    count = len(wanted) or len(MUTANTS)
    print(f"{count - survivors} of {count} mutants were found")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
