"""rules.py: what is checked, and why. Each rule takes the tree (path -> text) and yields (path, line, sentence).

A new rule needs a fixture in fixtures/ that breaks it and one that keeps it; self_test.py fails without.
"""
import fnmatch
import os
import re

from cpp_scan import Scan, code_only, includes
from limits import LIMITS, TEXT, cpp

# ---- who may include whom --------------------------------------------------------------------------------------------

# The lists are transitive: a folder that may include another may also include what that one includes.
LAYERS = {
    "async": {"async"},
    "proto": {"proto"},
    "link": {"link", "proto", "async"},
    "broker": {"broker", "link", "proto", "async"},
    "broker/core": {"broker", "proto"},  # pure: no loop, no link
    "broker/store": {"broker", "proto"},
    "client": {"client", "link", "proto", "async"},
    "client/src/session": {"client", "proto", "hoiku/async/time.hpp"},  # pure: no loop, no link
    "services": {"services", "client", "link", "proto", "async"},
    "cli": {"cli", "client", "link", "proto", "async"},
    "testing": {"testing", "broker", "client", "link", "proto", "async"},
}
VIRTUAL_TIME = re.compile(r"testing/.*virtual_time")  # the part that tests of async/ use: it must not include the rest
UMBRELLAS = {
    "hoiku/async.hpp": "async",
    "hoiku/broker.hpp": "broker",
    "hoiku/hoiku.hpp": "client",
    "hoiku/testing.hpp": "testing",
}
ROOMS = {layer.split("/")[0] for layer in LAYERS} | {"tests", "bench"}

ONE_FILE_KNOWS = [  # (the header, as a pattern; the files that may include it; what it is)
    (r"zmq\.h(pp)?|zmq_addon\.hpp", ["link/src/zmq/*", "tests/wire/*", "bench/peers/zmq_*"], "ZeroMQ"),
    (r"toml\.h", ["broker/hoikud/config.cpp"], "the TOML library"),
    (r".*\.pb\.h",
     ["proto/src/codec/*.cpp", "proto/src/schema/descriptors.cpp", "proto/src/schema/well_known.cpp",
      "tests/proto/proto_text.cpp", "tests/client/topic_message_test.cpp", "tests/client/topic_schema_test.cpp",
      "tests/sim/judge/meaning.cpp", "tests/sim/players/bus_messages.cpp", "examples/messages.cpp"],
     "Protobuf's generated code"),
]


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def room_of(header):
    if header in UMBRELLAS:
        return UMBRELLAS[header]
    parts = header.split("/")
    room = parts[1] if parts[0] == "hoiku" and len(parts) > 2 else parts[0]
    return room if room in ROOMS else None


def layers(tree):
    for path, text in cpp(tree):
        above = [layer for layer in LAYERS if path.startswith(layer + "/")]
        if not above:
            continue
        own = max(above, key=len)
        alone = VIRTUAL_TIME.match(path)
        may = {"async"} if alone else LAYERS[own]
        for line, header in includes(text):
            room = room_of(header) if "/" in header else None
            if room and room not in may and header not in may and not (alone and "virtual_time" in header):
                yield path, line, f"{own}/ must not include {room}/ ({header}); it may include {', '.join(sorted(may))}"


# The folders of the core, from the lowest up: each may include those below it. The files beside them (types.hpp, ...)
# are the lowest floor; core.hpp and core.cpp build all modules, and are not checked.
CORE = "broker/core/"
CORE_FLOORS = {"": 0, "topics": 1, "readers": 2, "waits": 2, "outbox": 3, "sessions": 4, "commands": 5}


def core_floors(tree):
    def folder(path):
        return path[len(CORE):].rpartition("/")[0]

    for path, text in cpp(tree):
        if path.startswith(CORE) and path not in (CORE + "core.hpp", CORE + "core.cpp"):
            for line, header in includes(text):
                own, other = folder(path), folder(header) if header.startswith(CORE) else ""
                if header.startswith(CORE) and other != own and CORE_FLOORS.get(other, 6) >= CORE_FLOORS.get(own, 6):
                    yield path, line, f"{CORE}{own} must not include {header}: it may include the folders below it"


VISIBLE = 'namespace [[gnu::visibility("default")]] hoiku {'


def public_headers(tree):
    for path, text in cpp(tree):
        if re.match(r"\w+/include/", path):
            for line, header in includes(text):
                if "/" in header and not header.startswith("hoiku/") and header.split("/")[0] in ROOMS:
                    yield path, line, f"a public header is installed, {header} is not; move what is needed or hide it"
            for number, line in enumerate(text.split("\n"), 1):
                if re.match(r"namespace hoiku\b", line):
                    yield path, number, f"what a public header declares is visible in a shared library: '{VISIBLE}'"


def one_file(tree):
    for path, text in cpp(tree):
        for line, header in includes(text):
            for pattern, allowed, what in ONE_FILE_KNOWS:
                if re.fullmatch(pattern, header.split("/")[-1]) and not matches(path, allowed):
                    yield path, line, f"only {allowed[0]} knows {what}"


# ---- time ------------------------------------------------------------------------------------------------------------

CLOCK_FILES = ["async/src/clock.cpp", "bench/*"]
CLOCKS = re.compile(
    r"\b(steady_clock|system_clock|high_resolution_clock)\s*::\s*now\s*\("
    r"|\bsleep_for\s*\(|\bthis_thread\s*::\s*sleep_until\b"
    r"|\b(usleep|nanosleep|clock_nanosleep|clock_gettime|gettimeofday)\s*\(|\bstd\s*::\s*time\s*\("
)


def clocks(tree):
    for path, text in cpp(tree):
        if matches(path, CLOCK_FILES):
            continue
        for line, code in enumerate(code_only(text).split("\n"), 1):
            found = CLOCKS.search(code)
            if found:
                call = found.group().strip(" (")
                yield path, line, f"'{call}': only {CLOCK_FILES[0]} reads real time; use hoiku::now(), hoiku::sleep()"


# ---- coroutines, as g++ 12 can stand them ----------------------------------------------------------------------------

# EXPECT_EQ(co_await ...) expands to an `if` too, but to one that declares a variable, which g++ 12 compiles correctly.
CONDITIONS = {"if", "while", "for", "switch"}
TRIVIAL = {"int", "bool", "char", "double", "float", "unsigned", "size_t", "int64_t", "uint64_t", "Duration",
           "TimePoint", "*"}
HARMLESS_BRACES = {"int", "int64_t", "uint64_t", "double", "bool", "string", "string_view", "optional", "Duration",
                   "TimePoint", "seconds", "milliseconds"}


def awaits(tree):
    for path, text in cpp(tree):
        if "co_await" in text:
            scan = Scan(text)
            yield path, scan, [i for i, token in enumerate(scan.text) if token == "co_await"]


def await_in_condition(tree):
    for path, scan, _ in awaits(tree):
        for i, token in enumerate(scan.text):
            opener = i + 2 if scan.at(i + 1) == "constexpr" else i + 1
            if token in CONDITIONS and scan.at(opener) == "(" and opener in scan.mate:
                for k in scan.inside(opener, scan.mate[opener]):
                    if scan.text[k] == "co_await":
                        sentence = "is miscompiled by g++ 12; name the result first"
                        yield path, scan.line[k], f"co_await inside {token}(...) {sentence}"


def closure_in_await(tree):
    for path, scan, found in awaits(tree):
        told = set()
        for i in found:
            for k in scan.inside(*scan.full_expression(i)):
                if k in told or not scan.is_lambda(k) or k not in scan.mate:
                    continue
                owned = [text for text in scan.captures(k) if not (text.startswith("&") or text == "this")]
                owned = [text for text in owned if not scan.is_declared_as(text, TRIVIAL, k)]
                if owned:
                    told.add(k)
                    sentence = "may be destroyed twice by g++ 12; capture by reference, or name the lambda first"
                    yield path, scan.line[k], f"[{', '.join(owned)}] in a co_await expression {sentence}"


def braces_in_await(tree):
    for path, scan, found in awaits(tree):
        told = set()
        for i in found:
            _, last = scan.full_expression(i)
            for k in scan.inside(i, last):
                if scan.braces.get(k) == "init" and k not in told and scan.type_before(k) not in HARMLESS_BRACES:
                    told.add(k)
                    what = f"'{scan.type_before(k)}{{' in a co_await expression makes a temporary"
                    yield path, scan.line[k], f"{what} that g++ 12 may destroy twice; use parentheses, or name it first"


# ---- the tree --------------------------------------------------------------------------------------------------------

UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
ELSEWHERE = re.compile(r"\.\./sha" r"red\b|/wo" r"rk/(main|sha" r"red)\b|/tmp/hoi" r"ku/")


def undone(tree):
    for path, text in sorted(tree.items()):
        if path.endswith(TEXT):
            for number, line in enumerate(text.split("\n"), 1):
                if UNDONE.search(line):
                    yield path, number, f"'{UNDONE.search(line).group()}': do it, or write an issue"
                if ELSEWHERE.search(line):
                    yield path, number, f"'{ELSEWHERE.search(line).group()}' is outside of this tree"


def header_comment(tree):
    for path, text in cpp(tree):
        if path.endswith(".hpp") and not text.startswith(f"// {os.path.basename(path)}: "):
            yield path, 1, f"a header begins with what it is: '// {os.path.basename(path)}: ...'"


def unlisted_source(tree):
    lists = [(os.path.dirname(path) or ".", set(re.split(r"[\s()\";]+", text)))
             for path, text in tree.items() if path.endswith("CMakeLists.txt")]
    for path, _ in cpp(tree):
        if path.endswith(".cpp") and not path.startswith("cmake/"):
            if not any(os.path.relpath(path, folder) in words for folder, words in lists):
                yield path, 1, "no CMakeLists.txt names this file, so nobody compiles it"


def suppressions(tree):
    for path, text in sorted(tree.items()):
        if path.endswith(".supp"):
            for number, line in enumerate(text.split("\n"), 1):
                if line.strip() and not line.startswith("#") and line != "called_from_lib:libzmq.so.5":
                    yield path, number, f"'{line}': only libzmq, which is not instrumented, may be suppressed"


# ---- documents -------------------------------------------------------------------------------------------------------

def folders(tree):
    return {path[:i] for path in tree for i, letter in enumerate(path) if letter == "/"}


def doc_paths(tree):
    exist = set(tree) | folders(tree)
    tops = {path.split("/")[0] for path in exist}
    for path, text in sorted(tree.items()):
        if not re.fullmatch(r"(README|CHANGELOG|CONTRIBUTING)\.md|docs/.*\.md", path):
            continue
        fenced = False
        for number, line in enumerate(text.split("\n"), 1):
            fenced ^= line.startswith("```")
            if fenced:
                continue
            named = re.findall(r"`([^`\s]+)`", line)
            named = [name for name in named if "/" in name and name.split("/")[0] in tops]  # topics have slashes too
            linked = [name for name in re.findall(r"\]\(([^)\s#]+)", line) if not re.match(r"[a-z]+:", name)]
            for name in named + [os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in linked]:
                clean = re.sub(r"(:\d+)?$", "", name).rstrip("/")
                if not (clean in exist or fnmatch.filter(exist, clean)):
                    yield path, number, f"'{name}' does not exist"


def doc_snippets(tree):
    """A fence below `<!-- from: path -->` is a part of that file, line by line, except for its indentation."""
    for path, text in sorted(tree.items()):
        if not path.endswith(".md"):
            continue
        for found in re.finditer(r"^<!-- from: (\S+) -->\n+```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            strip = lambda whole: "\n".join(line.strip() for line in whole.strip("\n").split("\n"))
            if strip(found.group(2)) not in strip(tree.get(found.group(1), "")):
                line = text.count("\n", 0, found.start()) + 1
                yield path, line, f"this snippet is not (or no longer) in {found.group(1)}"


PROMISES = range(1, 13)
TEST_LINK = re.compile(r"\[`(\w+)\.(\w+)`\]\(([^)\s#]+)\)")


def tested(tree):
    """[`Suite.Name`](file) names a test that is in that file; each promise is a row with at least one."""
    for path, text in sorted(tree.items()):
        if not re.fullmatch(r"README\.md|docs/.*\.md", path):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for suite, name, file in TEST_LINK.findall(line):
                there = tree.get(os.path.normpath(os.path.join(os.path.dirname(path), file)), "")
                if not re.search(rf"^(?:SIM_)?TEST(?:_F|_P)?\({suite}, {name}\b", there, re.MULTILINE):
                    yield path, number, f"there is no test {suite}.{name} in {file}"
    page = "docs/promises.md" if "docs/promises.md" in tree else "README.md"
    numbered = enumerate(tree.get(page, "").split("\n"), 1)
    rows = [(number, line) for number, line in numbered if re.match(r"\| \d+ \|", line)]
    for number, line in rows:
        if not TEST_LINK.search(line):
            yield page, number, "a promise that names no test: [`Suite.Name`](file)"
    promised = [int(line.split("|")[1]) for _, line in rows]
    if rows and promised != list(PROMISES):
        yield page, rows[0][0], f"the promises are {promised}; those of the design are 1 to 12"


RULES = {
    rule.__name__: rule
    for rule in (layers, core_floors, public_headers, one_file, clocks, await_in_condition, closure_in_await,
                 braces_in_await, undone, header_comment, unlisted_source, suppressions, doc_paths, doc_snippets,
                 tested) + LIMITS
}
