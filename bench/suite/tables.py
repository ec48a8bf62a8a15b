"""tables.py: the figures as Markdown, for a terminal and for docs/benchmarks.md."""
import os
import re

from plots import plot_name
from scenarios import SCENARIOS
from servers import ROWS

BASE_NAMES = {"nats": "NATS core", "redis-set": "Redis SET+PUBLISH", "redis": "Redis", "relay": "relay"}
BEGIN, END = "<!-- the suite's tables: bench.py --page writes them -->", "<!-- the end of the suite's tables -->"


def text(cell):
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return f"{cell:,.0f}" if cell >= 1000 else f"{cell:.0f}" if cell >= 100 else f"{cell:.1f}" if cell >= 20 else \
        f"{cell:.2f}"


def title_of(row, scenario):
    return ROWS[row].titles.get(scenario, ROWS[row].title)


def table(figures, name):
    """The lines of one scenario's table."""
    scenario = SCENARIOS[name]
    bases = [base for base in scenario.bases if scenario.ratio and base in figures.rows(name)]
    ratio_heading = scenario.columns.get(scenario.ratio, "")
    header = ["", *scenario.columns.values(), *(f"{ratio_heading} / {BASE_NAMES[base]}" for base in bases)]
    lines = [header, ["---"] * len(header)]
    for row in scenario.rows:
        if row not in figures.rows(name):
            continue
        cells = [title_of(row, name)]
        cells += [text(figures.median(name, row, figure)) for figure in scenario.columns]
        cells += [text(figures.ratio(name, row, scenario.ratio, base)) for base in bases]
        lines.append(cells)
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def section(figures, name, level, plots=""):
    scenario = SCENARIOS[name]
    title = scenario.title[0].upper() + scenario.title[1:]
    lines = [f"{level} {title}", "", *wrapped(f"`--only {name}`. {scenario.note}"), "", *table(figures, name), ""]
    for figure, heading in scenario.plots if plots else []:
        lines += [f"![{heading}]({plots}/{plot_name(name, figure)})", ""]
    for row, sentence in figures.failures.get(name, {}).items():
        lines += wrapped(f"Not measured: {title_of(row, name)}: {sentence}") + [""]
    return lines


def wrapped(sentence, width=120):
    lines = [""]
    for word in sentence.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def print_tables(figures):
    for name in SCENARIOS:
        if name in figures.rounds:
            print("\n".join(["", *section(figures, name, "##")]), flush=True)


def write_page(path, figures, about, plots):
    """Replaces what is between the two marks of a page. `plots` is the folder of the plots, or empty."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    found = re.search(re.escape(BEGIN) + ".*" + re.escape(END), page, re.DOTALL)
    if not found:
        raise SystemExit(f"bench.py: {path} has no marks; it needs a line '{BEGIN}' and a line '{END}'")
    folder = os.path.relpath(plots, os.path.dirname(os.path.abspath(path))) if plots else ""
    lines = [BEGIN, ""]
    for sentence in about:
        lines += wrapped(sentence) + [""]
    for name in SCENARIOS:
        if name in figures.rounds:
            lines += section(figures, name, "###", folder)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page[:found.start()] + "\n".join([*lines, END]) + page[found.end():])
