"""cpp_scan.py: as much of C++ as the lint needs: tokens, brackets, and where a full expression begins and ends.

Not a parser. It tells three kinds of braces apart (a lambda's body, an initialiser, any other block) by what stands
before them, which is right for this tree's style; what it gets wrong shows as a false alarm, and then as a fixture.
"""
import re
from bisect import bisect_right

TOKEN = re.compile(
    r"""
    (?P<skip>//[^\n]*|/\*.*?\*/|\s+)
  | (?P<directive>(?<![^\n])[ \t]*\#(?:[^\n\\]|\\.)*)
  | (?P<string>(?:u8|[uUL])?R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*')
  | (?P<number>\.?\d(?:[\w.]|'\w|[eEpP][+-])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark2>::|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)

PAIRS = {"(": ")", "[": "]", "{": "}"}
BEFORE_BLOCK = {")", ";", "{", "}", ":", "else", "do", "try", "const", "override", "final", "noexcept", "mutable"}
BEFORE_CLASS = {"namespace", "struct", "class", "enum", "union", "concept", "extern"}


def code_only(text):
    """The text without comments and the insides of strings, with its line breaks."""

    def blank(match):
        if match.lastgroup == "skip":
            return re.sub(r"[^\n]", " ", match.group())
        if match.lastgroup in ("string", "char"):
            return '"' + re.sub(r"[^\n]", " ", match.group()[1:-1]) + '"'
        return match.group()

    return TOKEN.sub(blank, text)


def includes(text):
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if found:
            yield number, found.group(1)


class Scan:
    """The tokens of one file: text[i], line[i]; mate[i] is the bracket that closes or opens at i."""

    def __init__(self, source):
        breaks = [found.start() for found in re.finditer("\n", source)]
        self.text, self.line = [], []
        for match in TOKEN.finditer(source):
            if match.lastgroup in ("skip", "directive"):
                continue
            self.text.append('""' if match.lastgroup in ("string", "char") else match.group())
            self.line.append(bisect_right(breaks, match.start()) + 1)
        self.mate = {}
        opened = []
        for i, token in enumerate(self.text):
            if token in PAIRS:
                opened.append(i)
            elif token in PAIRS.values() and opened and PAIRS[self.text[opened[-1]]] == token:
                self.mate[i] = opened[-1]
                self.mate[opened.pop()] = i
        self.braces = {}  # by position: lambda, init or block; in order, since each looks at those before it
        for i, token in enumerate(self.text):
            if token == "{":
                self.braces[i] = self._kind_of_brace(i)

    def at(self, i):
        return self.text[i] if 0 <= i < len(self.text) else ""

    def is_lambda(self, i):
        """Does a lambda's capture list open at i?"""
        if self.at(i) != "[" or self.at(i + 1) == "[" or self.at(i - 1) == "[":
            return False
        before = self.at(i - 1)
        if before in ("return", "co_return", "co_await", "co_yield"):
            return True
        return not re.match(r"\w", before) and before not in (")", "]")  # those would make it a subscript

    def _kind_of_brace(self, i):
        k = i - 1  # backwards over a lambda's return type, specifiers and parameters
        while k > 0 and self.at(k) in ("mutable", "noexcept", "constexpr"):
            k -= 1
        if self.at(k) == "]" and self.is_lambda(self.mate.get(k, -1)):
            return "lambda"
        if self.at(k) == ")" and k in self.mate and self.is_lambda(self.mate.get(self.mate[k] - 1, -1)):
            return "lambda"
        start = i - 1  # backwards to where the declaration or the expression begins
        while start >= 0 and self.text[start] not in (";", "{", "(", ","):
            token = self.text[start]
            if token == "->" and self.at(start - 1) in (")", "const", "noexcept", "mutable", "]"):
                k = start - 1
                while self.at(k) in ("const", "noexcept", "mutable"):
                    k -= 1
                opener = self.mate.get(k, k)
                is_lambda = self.is_lambda(opener) or self.is_lambda(self.mate.get(opener - 1, -1))
                return "lambda" if is_lambda else "block"
            if token in (")", "]", "}") and start in self.mate:
                if token == "}" and self.braces[self.mate[start]] != "init":
                    break
                start = self.mate[start]
            start -= 1
        if self.at(i - 1) in BEFORE_BLOCK or i == 0:
            return "block"
        if BEFORE_CLASS & set(self.text[start + 1 : i]):
            return "block"
        return "init"

    def full_expression(self, i):
        """The first and last token of the full expression around token i, roughly: up to the statement's ends."""
        first = i
        while first > 0:
            token = self.text[first - 1]
            if token == ";" or (token == "{" and self.braces.get(first - 1) != "init"):
                break
            if token == "}" and self.braces.get(self.mate.get(first - 1)) == "block":
                break
            first = self.mate[first - 1] if token in (")", "]", "}") and first - 1 in self.mate else first - 1
        last = i
        while last + 1 < len(self.text):
            token = self.text[last + 1]
            if token == ";" or (token == "{" and self.braces.get(last + 1) == "block"):
                break
            if token == "}" and self.braces.get(self.mate.get(last + 1)) != "init":
                break
            last = self.mate[last + 1] if token in PAIRS and last + 1 in self.mate else last + 1
        return first, last

    def inside(self, first, last):
        """The positions of first..last that are not inside a lambda's body (those are statements of their own)."""
        i = first
        while i <= last:
            yield i
            if self.braces.get(i) in ("lambda", "block") and i in self.mate:
                i = self.mate[i]
            i += 1

    def is_declared_as(self, name, types, before):
        """Is the nearest declaration of `name` that looks like one of these types? `[number]` may own nothing."""
        for k in range(before - 1, 0, -1):
            declares = re.match(r"[A-Za-z_*&>]", self.text[k - 1]) and self.at(k + 1) in ("=", ",", ")", ";", "{", ":")
            if self.text[k] == name and declares:
                return self.text[k - 1] in types
        return False

    def captures(self, i):
        """The captures of the lambda whose list opens at i, as texts."""
        parts, part, k = [], [], i + 1
        while k < self.mate[i]:
            if self.text[k] == ",":
                parts.append(" ".join(part))
                part = []
            elif k in self.mate and self.text[k] in PAIRS:
                part += self.text[k : self.mate[k] + 1]
                k = self.mate[k]
            else:
                part.append(self.text[k])
            k += 1
        return [text for text in parts + [" ".join(part)] if text]

    def type_before(self, i):
        """The last name of the type before the brace at i: `string` for `std::string{`; nothing for `({`."""
        k = i - 1
        if self.at(k) == ">":
            depth = 0
            while k > 0:
                depth += {">": 1, "<": -1}.get(self.text[k], 0)
                k -= 1
                if depth == 0:
                    break
        return self.at(k) if re.match(r"[A-Za-z_]", self.at(k)) else ""
