"""limits.py: the rules about size and language: lines, functions, classes, files, README; comments and commit subjects.

They have the form of the rules in rules.py.
"""
import os
import re

from cpp_scan import includes
from cpp_units import Units

# ---- sizes -----------------------------------------------------------------------------------------------------------

COLUMNS_MAX = 120
FUNCTION_MAX = 60
CLASS_MAX = 40
LINES_MAX = 500
FOLDER_MAX = 30
README_LINES_MAX, README_WORDS_MAX = 150, 900

CODE = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".proto", ".yml")
CODE += ("CMakeLists.txt", "dev", "run", "commit-msg", "Dockerfile")
TEXT = CODE + (".md", ".in", ".json", ".supp")


def cpp(tree):
    return ((path, text) for path, text in sorted(tree.items()) if path.endswith((".cpp", ".hpp")))


def units(text, seen={}):
    """The functions and classes of a text, which two rules ask for."""
    if text not in seen:
        seen[text] = Units(text)
    return seen[text]


def columns(tree):
    for path, text in sorted(tree.items()):
        if path.endswith(CODE):
            for number, line in enumerate(text.split("\n"), 1):
                if len(line) > COLUMNS_MAX:
                    yield path, number, f"the line has {len(line)} characters; {COLUMNS_MAX} is the limit"


def functions(tree):
    for path, text in cpp(tree):
        for name, first, last in units(text).functions:
            if last - first + 1 > FUNCTION_MAX:
                yield path, first, f"{name} has {last - first + 1} lines; split it: {FUNCTION_MAX} is the limit"


def classes(tree):
    for path, text in cpp(tree):
        for name, line, count in units(text).classes:
            if count > CLASS_MAX:
                yield path, line, f"{name} declares {count} functions; split it: {CLASS_MAX} is the limit"


def lines(tree):
    for path, text in sorted(tree.items()):
        # Whoever writes a client in another language finds the protocol in one file.
        if path.endswith(TEXT) and path != "proto/hoiku.proto" and text.count("\n") > LINES_MAX:
            yield path, LINES_MAX, f"the file has {text.count(chr(10))} lines; split it: {LINES_MAX} is the limit"


def folder_sizes(tree):
    counts = {}
    for path, _ in cpp(tree):
        counts[os.path.dirname(path)] = counts.get(os.path.dirname(path), 0) + 1
    for folder, count in sorted(counts.items()):
        if count > FOLDER_MAX:
            yield folder, 1, f"the folder has {count} source files; divide it: {FOLDER_MAX} is the limit"


def private_headers(tree):
    """A header below X/src belongs to X."""
    for path, text in cpp(tree):
        for line, header in includes(text):
            owner = re.match(r"(\w+)/src/", header)
            if owner and not path.startswith((owner.group(1) + "/", "tests/", "bench/")):
                yield path, line, f"{header} is private to {owner.group(1)}/ and its tests; include a public header"


def readme(tree):
    text = tree.get("README.md", "")
    if text.count("\n") > README_LINES_MAX:
        yield "README.md", README_LINES_MAX, f"README has {text.count(chr(10))} lines; {README_LINES_MAX} is the limit"
    if len(text.split()) > README_WORDS_MAX:
        yield "README.md", 1, f"README has {len(text.split())} words; {README_WORDS_MAX} is the limit"


# ---- language --------------------------------------------------------------------------------------------------------

RIDDLES = {"of", "its", "those", "they", "it", "who", "what", "where", "likewise", "whoever", "whatever", "nobody",
           "somebody", "nothing", "that", "this", "as"}
RIDDLES_SHARE = 0.03


def openings(text):
    """The line and the first word of each comment on lines of its own, except for the one that opens the file."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        comment = re.match(r"\s*///?(?!/)\s*(\S*)", line)
        if comment and not inside and number > 1 and not comment.group(1).startswith("---"):
            word = re.match(r"[A-Za-z]*", comment.group(1)).group()
            yield number, word
        inside = bool(comment)


def comment_openings(tree):
    """Less than 3 % of the comments may open with a word that names no subject."""
    found = [(path, line, word) for path, text in cpp(tree) for line, word in openings(text)]
    riddles = [(path, line, word) for path, line, word in found if word.lower() in RIDDLES]
    if len(riddles) >= RIDDLES_SHARE * len(found):
        for path, line, word in riddles:
            yield path, line, f"the comment opens with '{word}'; name its subject, or begin with a verb"


SUBJECT_MAX = 72
SUBJECT = re.compile(r"(Revert \"|[\w./-]+: \S)")
COMMITS = "COMMITS"  # stands in the tree for the subjects of the newest commits, one a line


def subjects(tree):
    for number, subject in enumerate(tree.get(COMMITS, "").split("\n"), 1):
        if not subject:
            continue
        if len(subject) > SUBJECT_MAX:
            yield COMMITS, number, f"the subject has {len(subject)} characters, {SUBJECT_MAX} is the limit: '{subject}'"
        if not SUBJECT.match(subject):
            yield COMMITS, number, f"the subject names no area, as in 'broker: keep the history': '{subject}'"


LIMITS = (columns, functions, classes, lines, folder_sizes, private_headers, readme, comment_openings, subjects)
