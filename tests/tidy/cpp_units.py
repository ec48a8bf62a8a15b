"""cpp_units.py: finds the functions and classes of a C++ file by its brackets.

This is not a parser either. A macro with a body (TEST_F(...) {...}) is a function; a lambda belongs to the function
around it.
"""
import re

from cpp_scan import Scan

CLASSES = {"class", "struct", "union"}
TRANSPARENT = {"namespace", "extern"}  # their braces hold declarations, and are neither a class nor a function
NO_FUNCTION = {"using", "typedef", "friend", "static_assert", "enum", "concept", "namespace"} | CLASSES


def _skip_angles(scan, i, end):
    """The position after the angle brackets that open at i."""
    depth = 0
    while i < end:
        token = scan.text[i]
        if token in scan.mate and token in "([{":
            i = scan.mate[i]
        elif token == "<":
            depth += 1
        elif token == ">" and scan.at(i - 1) != "-":
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    return end


def _head(scan, first, last):
    """The tokens first..last without the contents of angle brackets, and without attributes."""
    tokens, i = [], first
    while i <= last:
        token = scan.text[i]
        if token == "operator":
            return tokens + ["operator", "("]
        if token == "<" and re.match(r"[A-Za-z_]", scan.at(i - 1)):
            i = _skip_angles(scan, i, last + 1)
            continue
        if token == "[" and scan.at(i + 1) == "[" and i in scan.mate:
            i = scan.mate[i] + 1
            continue
        if token in "({" and i in scan.mate:
            tokens.append(token)
            i = scan.mate[i] + 1
            continue
        tokens.append(token)
        i += 1
    return tokens


def _declarations(scan, first, last):
    """(first token, opening brace or None, last token) of each declaration between two positions."""
    start = i = first
    while i < last:
        token = scan.text[i]
        if token in "([" and i in scan.mate:
            i = scan.mate[i]
        elif token == "{" and i in scan.mate:
            if _is_body(scan, start, i):
                yield start, i, scan.mate[i]
                start = scan.mate[i] + 1
            i = scan.mate[i]
        elif token == ";":
            if i > start:
                yield start, None, i
            start = i + 1
        elif token == ":" and i == start + 1 and scan.text[start] in ("public", "private", "protected"):
            start = i + 1
        i += 1


def _is_body(scan, start, brace):
    """Does the declaration that begins at start end with the block that opens here, and not with an initialiser?"""
    if scan.braces.get(brace) != "block":
        return False
    tokens = _head(scan, start, brace - 1)
    if TRANSPARENT & set(tokens) or CLASSES & set(tokens) or "enum" in tokens:
        return True
    # A member initialiser with braces, `: a_{1} {`, is followed by another brace or by a comma.
    return "(" in tokens and scan.at(scan.mate[brace] + 1) not in (",", "{")


def _kind(scan, start, brace):
    tokens = _head(scan, start, brace - 1)
    if "enum" in tokens:
        return "enum"
    if CLASSES & set(tokens) and "(" not in tokens[: _first(tokens, CLASSES)] and not _returns_class(tokens):
        return "class"
    if "(" in tokens:
        return "function"
    return "open" if TRANSPARENT & set(tokens) else "other"


def _first(tokens, wanted):
    return next((i for i, token in enumerate(tokens) if token in wanted), len(tokens))


def _returns_class(tokens):
    """`struct stat get() {` is a function; `struct alignas(8) X : Y<f(1)> {` is not."""
    behind = tokens[_first(tokens, CLASSES) + 1 :]
    return "(" in behind and ":" not in behind and "alignas" not in behind


class Units:
    """functions: (name, first line, last line). classes: (name, line, number of functions it declares)."""

    def __init__(self, text):
        self.scan = Scan(text)
        self.functions, self.classes = [], []
        self._walk(0, len(self.scan.text))

    def _walk(self, first, last):
        scan = self.scan
        for start, brace, end in _declarations(scan, first, last):
            if brace is None:
                continue
            kind = _kind(scan, start, brace)
            if kind == "function":
                self.functions.append((self._name(start, brace), scan.line[start], scan.line[end]))
            elif kind == "class":
                self.classes.append((self._class_name(start, brace), scan.line[start], self._count(brace + 1, end)))
                self._walk(brace + 1, end)
            elif kind == "open":
                self._walk(brace + 1, end)

    def _count(self, first, last):
        count = 0
        for start, brace, end in _declarations(self.scan, first, last):
            if brace is not None:
                count += _kind(self.scan, start, brace) == "function"
                continue
            tokens = _head(self.scan, start, end)
            if tokens[0] == "template":
                tokens = tokens[1:]
            if "(" not in tokens or NO_FUNCTION & set(tokens[:1]):
                continue
            head = tokens[: tokens.index("(")]
            count += "=" not in head and tokens[-2:-1] != ["delete"]
        return count

    def _name(self, start, brace):
        names = []
        for i in range(start, brace):
            if self.scan.text[i] == "(" and names:
                break
            names.append(self.scan.text[i])
        name = names[-1] if names else "?"
        if name.isupper() or name in ("TEST_F", "TEST_P", "SIM_TEST"):
            inside = [token for token in self.scan.text[start:brace] if re.match(r"\w", token)]
            return ".".join(inside[1:3])
        return name

    def _class_name(self, start, brace):
        tokens = self.scan.text[start:brace]
        behind = tokens[_first(tokens, CLASSES) + 1 :]
        names = [token for token in behind if re.match(r"[A-Za-z_]", token) and token not in ("final", "alignas")]
        return names[0] if names else "?"
