#!/usr/bin/env python3
"""filter.py HEADER: the header as Doxygen wants it: whole-line // comments before a declaration become its description.

The first comment describes the file: "// topic.hpp: Topic<T>: a handle ..." and paragraphs such as
"// Limits   64 topics.". Lines that are indented beyond the text are code. A trailing comment describes the member
before it. The reference leaves out namespace detail: Doxygen would complain of definitions whose declarations it does
not read.
"""
import html
import re
import sys

COMMENT = re.compile(r"^(\s*)//(?: (.*))?$")
LABEL = re.compile(r"^([A-Z][A-Za-z ]{0,10}?) {2,}(\S.*)$")
TRAILING = re.compile(r"^(\s*[^/\s][^\"]*?[\w;,}])(\s{2,})// (.*)$")
MACHINERY = re.compile(r"^namespace detail \{$.*?^\}  // namespace detail$", re.MULTILINE | re.DOTALL)
SPECIAL = str.maketrans({c: "\\" + c for c in "\\@#%$"})


def plain(text):
    return html.escape(text, quote=False).translate(SPECIAL)


def escaped(text):
    """Escapes the text for Doxygen; text in backticks becomes code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return plain(text)
    return "".join(plain(part) if i % 2 == 0 else f"<code>{plain(part)}</code>" for i, part in enumerate(parts))


def described(lines, is_file):
    """Turns the lines of a comment into a description for Doxygen."""
    made, code = [], []

    def end_code():
        if code:
            made.extend(["@code{.cpp}", *code, "@endcode"])
            code.clear()

    in_label = False
    for line in lines:
        label = LABEL.match(line)
        if label and is_file:
            end_code()
            in_label = True
            made.extend(["", f"@par {label.group(1)}", escaped(label.group(2))])
        elif line.startswith(" " * 8) and in_label:
            made.append(escaped(line.strip()))
        elif line.startswith("  "):
            code.append(line[2:])
        elif not line and code:
            code.append("")
        else:
            end_code()
            made.append(escaped(line))
    end_code()
    return made


def filtered(text, name):
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        found = COMMENT.match(lines[i])
        if not found:
            trailing = TRAILING.match(lines[i])
            yield f"{trailing[1]}{trailing[2]}///< {escaped(trailing[3])}" if trailing else lines[i]
            i += 1
            continue
        first, indent, block = i, found.group(1), []
        while i < len(lines) and (found := COMMENT.match(lines[i])):
            block.append(found.group(2) or "")
            i += 1
        is_file = first == 0
        if is_file:
            block[0] = re.sub(r"^\S+: (.)", lambda found: found[1].upper(), block[0])
            yield f"/// @file {name}"
        if block[0].startswith("----") or (i < len(lines) and not lines[i].strip() and not is_file):
            yield from lines[first:i]  # a heading, or a remark about what follows as a whole
            continue
        for line in described(block, is_file):
            yield f"{indent}/// {line}".rstrip()


if __name__ == "__main__":
    path = sys.argv[1]
    with open(path, encoding="utf-8") as header:
        public = re.sub(r"^.*/include/", "", path)
        print("\n".join(filtered(MACHINERY.sub("", header.read()), public)), end="")
