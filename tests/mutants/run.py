#!/usr/bin/env python3
"""run.py FOLDER [--table FILE] [NAME...]: breaks a copy of the tree in each of the ways of mutants.py, and runs random
histories on it, or the hand-written test that the mutant names.

Each processor (or HOIKU_JOBS of them) has a copy and its build, which stay in FOLDER for the next time, and have the
layout of the tree, so that ccache finds them. Prints one line for each mutant. Status 1 if a mutant survived
HOIKU_MUTANT_HISTORIES (500; a fifth of them of the Bus) histories or its hand-written test, or does not compile
(warnings are errors), or if the tree itself does not pass. With --table, and if all mutants were run and found, the
results replace the lines of FILE between `<!-- mutants -->` and `<!-- end of mutants -->`.
"""
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

import client_mutants
import mutants

MUTANTS = mutants.MUTANTS + client_mutants.MUTANTS
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JUDGE = "core_histories"  # of a mutant that names no other
HISTORIES = int(os.environ.get("HOIKU_MUTANT_HISTORIES", "500"))
SECONDS_MAX = 300  # a mutant that hangs is noticed too
WORKERS = int(os.environ.get("HOIKU_JOBS", "0")) or os.cpu_count() or 1


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          **options)


def copy_tree(tree):
    """Copies the files that git knows from the work tree. Equal files keep their times, so little is built again."""
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


def build(tree, folder, programs, jobs=1):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        made = run(["cmake", "--preset", "dev", "-DHOIKU_UNITY=tests"], cwd=tree)  # one file changes at a time
        if made.returncode != 0:
            return made.stdout
    made = run(["ninja", "-C", folder, "-j", str(jobs), *programs])
    return None if made.returncode == 0 else made.stdout


def complaint_of(output):
    """Returns the first failure in one line: a complaint of the judge, a comparison, or an exception. The next failure
    begins with the path of its file."""
    said = re.search(r": Failure\n(?:Failed\n(.*)|(Expected (?:(?!/).+\n?)+))"
                     r"|exception with description \"(.*)\" thrown", output)
    return said and " ".join(next(filter(None, said.groups())).split())


def play(folder, judge, count):
    """Runs the histories of the seeds 1 to `count`, or the hand-written test. Returns None, or the failed seed (0:
    unknown) and the failure."""
    program, _, test = judge.partition(" ")
    command = [os.path.join(folder, "bin", program), "--gtest_brief=1"]
    if test:
        command.append(f"--gtest_filter={test}")
    try:
        environment = {**os.environ, "HOIKU_SIM_HISTORIES": str(count)}
        ran = run(command, env=environment, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return 0, "it hangs"
    if ran.returncode == 0:
        return None
    seed = re.search(r"HOIKU_SEED=(\d+)", ran.stdout)
    said = complaint_of(ran.stdout)
    if ran.returncode < 0 and not said:
        return 0, f"it dies of signal {-ran.returncode}"
    return (int(seed.group(1)) if seed else 0), (said or "it fails")


def judged(folder, judge):
    """Returns the seed of the first history that fails (of a hand-written test: its name), with its failure; or
    None."""
    program, _, test = judge.partition(" ")
    count = HISTORIES // 5 if program == "histories" else HISTORIES  # those of the Bus take five times as long
    found = play(folder, judge, count)
    if test and found:
        return test, found[1]
    if found is None or found[0] or found[1] == "it hangs":
        return found
    high = 1  # a crash does not name its seed: search for it
    while high < count and play(folder, judge, high) is None:
        high *= 2
    low, high = high // 2 + 1, min(high, count)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if play(folder, judge, middle) else (middle + 1, high)
    return low, found[1]


def judge_of(mutant):
    return mutant[5] if len(mutant) > 5 else JUDGE


def program_of(judge):
    return judge.partition(" ")[0]


def has_tests(folder, judge):
    """Whether the hand-written tests that a mutant names exist: none of them would find nothing."""
    program, _, test = judge.partition(" ")
    if not test:
        return True
    listed = run([os.path.join(folder, "bin", program), "--gtest_list_tests", f"--gtest_filter={test}"]).stdout
    return re.search(r"^  \S", listed, re.MULTILINE) is not None


def try_mutant(tree, folder, mutant):
    name, what, path, text, becomes, *_ = mutant
    judge = judge_of(mutant)
    file = os.path.join(tree, path)
    with open(file, encoding="utf-8") as source:
        original = source.read()
    if original.count(text) != 1:
        return False, f"its text is {original.count(text)} times in {path}: the mutant has to follow the code"
    with open(file, "w", encoding="utf-8") as source:
        source.write(original.replace(text, becomes))
    try:
        complaint = build(tree, folder, [program_of(judge)])
        if complaint:
            error = re.search(r"error: .*", complaint)
            return False, "it does not compile: " + (error.group(0) if error else "")
        found = judged(folder, judge)
    finally:
        with open(file, "w", encoding="utf-8") as source:
            source.write(original)
    if found is None:
        return False, f"SURVIVED {judge}"
    return True, found


class Copy:
    """A copy of the tree, in which one mutant is tried after the other."""

    def __init__(self, tree):
        self.tree = tree
        self.build = os.path.join(tree, "build", "dev")


def try_all(copies, mutants):
    """Tries the mutants, in each copy one at a time, and prints a line for each. Returns what found each, by its name;
    None if nothing did."""
    waiting = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    results = {}

    def work(copy):
        while True:
            try:
                mutant = waiting.get_nowait()
            except queue.Empty:
                return
            start = time.monotonic()
            found, line = try_mutant(copy.tree, copy.build, mutant)
            results[mutant[0]] = line if found else None
            said = f"found by {line[0]}: {line[1][:110]}" if found else line
            took = time.monotonic() - start
            print(f"{'ok' if found else 'NOT OK':<7}{mutant[0]:<32}{said}  ({took:.0f} s)", flush=True)

    threads = [threading.Thread(target=work, args=(copy,)) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


BEGIN, END = "<!-- mutants -->\n", "<!-- end of mutants -->"


def check_table(file):
    """Exits before the mutants are tried if the table could not be written afterwards."""
    try:
        with open(file, encoding="utf-8") as source:
            text = source.read()
    except OSError as error:
        sys.exit(f"the table cannot be written: {error}")
    if BEGIN not in text or END not in text:
        sys.exit(f"the table cannot be written: {file} has no lines {BEGIN.strip()} and {END}")


def write_table(file, rows):
    """Writes the rows (mutant, seed and failure) as a Markdown table between the two marks."""
    lines = ["| mutant | what it breaks | found by history, or by test | which says |", "|---|---|---|---|"]
    for mutant, (seed, said) in rows:
        name, what = mutant[:2]
        if judge_of(mutant) == "histories":
            seed = f"{seed} of the Bus"
        said = said.replace("|", "\\|")
        said = re.sub(r"^[\d.]+ s ", "", said)  # by the history's clock
        lines.append(f"| {name} | {what} | {seed} | {said[:90]}{'…' if len(said) > 90 else ''} |")
    with open(file, encoding="utf-8") as source:
        text = source.read()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    with open(file, "w", encoding="utf-8") as source:
        source.write(before + BEGIN + "\n".join(lines) + "\n" + END + after)


def main():
    arguments = sys.argv[1:]
    table = None
    if "--table" in arguments[:-1]:
        place = arguments.index("--table")
        table = arguments[place + 1]
        del arguments[place:place + 2]
        check_table(table)
    if not arguments or arguments[0].startswith("-"):
        sys.exit("usage: run.py FOLDER [--table FILE] [NAME...]")
    folder, wanted = os.path.abspath(arguments[0]), arguments[1:]
    unknown = set(wanted) - {mutant[0] for mutant in MUTANTS}
    if unknown:
        sys.exit(f"there is no mutant {', '.join(sorted(unknown))}; tests/mutants has them")
    chosen = [mutant for mutant in MUTANTS if not wanted or mutant[0] in wanted]
    judges = sorted({judge_of(mutant) for mutant in chosen})
    programs = sorted({program_of(judge) for judge in judges})
    copies = [Copy(os.path.join(folder, f"tree-{number}")) for number in range(min(WORKERS, len(chosen)))]
    for copy in copies:  # one after the other: ccache then knows what the first has compiled
        copy_tree(copy.tree)
        complaint = build(copy.tree, copy.build, programs, WORKERS)
        if complaint:
            print(complaint[-4000:])
            sys.exit("the tree itself does not build")
    for judge in judges:
        if not has_tests(copies[0].build, judge):
            sys.exit(f"there is no test {judge}: the mutants that name it have to follow the tests")
        if judged(copies[0].build, judge):
            sys.exit(f"the tree itself does not pass {judge}: mutants would say nothing")
    results = try_all(copies, chosen)
    rows = [(mutant, results[mutant[0]]) for mutant in chosen if results[mutant[0]]]
    survivors = len(chosen) - len(rows)
    for copy in copies:
        build(copy.tree, copy.build, programs, WORKERS)
    count = len(wanted) or len(MUTANTS)
    print(f"{count - survivors} of {count} mutants were found")
    if table and len(rows) == len(MUTANTS):
        write_table(table, rows)
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
