"""rounds.py: the rounds of a scenario: its rows take turns, in an order that turns too: none is always first."""
import contextlib
import statistics
import sys
from types import SimpleNamespace

from programs import Failure
from servers import Server


def say(sentence):
    print(f"bench.py: {sentence}", file=sys.stderr, flush=True)


def turned(names, number):
    first = number % max(len(names), 1)
    return names[first:] + names[:first]


def run_scenario(name, scenario, rows, options, figures):
    """Measures all rounds of one scenario. A row that fails is left out of that round, with a sentence."""
    own = SimpleNamespace(programs=options.programs, seconds=scenario.seconds * options.pace)
    rounds = min(options.rounds, scenario.rounds_max)
    for number in range(rounds):
        say(f"{name}, round {number + 1} of {rounds}")
        measured = turns_of(scenario, turned(rows, number), own) if scenario.turns > 1 else \
            once_each(scenario, turned(rows, number), own)
        for row, values in measured:
            note(name, row, number, values, figures)
    if scenario.extra:
        for row, values in each_or_failure(rows, lambda row: scenario.extra(row, own)):
            note(name, row, 0, values, figures)


def note(name, row, number, values, figures):
    if isinstance(values, Failure):
        say(f"{name}: {row}: not measured: {values}")
        figures.failures.setdefault(name, {})[row] = values.sentence
    else:
        figures.add(name, row, number, values)


def each_or_failure(rows, measure):
    for row in rows:
        try:
            yield row, measure(row)
        except Failure as failure:
            yield row, failure


def once_each(scenario, rows, options):
    yield from each_or_failure(rows, lambda row: scenario.measure(row, options))


def turns_of(scenario, rows, options):
    """One round in many short turns of servers that all run: the rate depends on the cores on which the scheduler
    happens to put writer and server, and on what keeps these awake, by more than on the server."""
    values, failures = {row: [] for row in rows}, {}
    with contextlib.ExitStack() as stack:
        servers = {}
        for row, server in each_or_failure(rows, lambda row: stack.enter_context(Server(options.programs, row))):
            (failures if isinstance(server, Failure) else servers)[row] = server
        for number in range(scenario.turns):
            names = turned([row for row in rows if row in servers], number)
            seconds = options.seconds / scenario.turns
            for row, figures in each_or_failure(names, lambda row: scenario.measure(servers[row], options, seconds)):
                if isinstance(figures, Failure):
                    failures[row] = figures
                    servers.pop(row)
                else:
                    values[row].append(figures)
    yield from failures.items()
    for row, taken in values.items():
        if row not in failures and taken:
            yield row, {figure: statistics.median(each[figure] for each in taken) for figure in taken[0]}
