"""plots.py: bars of the medians, as SVG that needs nothing else: one file for each figure that a scenario plots."""
import os
from xml.sax.saxutils import escape

from scenarios import SCENARIOS
from servers import ROWS

WIDTH, LABELS, RIGHT = 900, 400, 90
BAR, GAP, TOP = 18, 8, 40
COLOURS = {"hoiku": "#c0392b", "hoiku-latest": "#e08a80", "hoiku-libzmq": "#e08a80", "relay": "#b8b8b8"}
OTHERS = "#4a6fa5"


def plot_name(scenario, figure):
    return f"{scenario}_{figure}.svg".replace("-", "_")


def bars(title, rows):
    """An SVG of horizontal bars. Each row: its name, its label, its value."""
    height = TOP + len(rows) * (BAR + GAP) + GAP
    longest = max(value for _, _, value in rows) or 1
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
             f'<text x="{GAP}" y="24" font-size="16" fill="#222222">{escape(title)}</text>']
    for place, (name, label, value) in enumerate(rows):
        top = TOP + place * (BAR + GAP)
        length = max(1.0, (WIDTH - LABELS - RIGHT) * value / longest)
        parts += [
            f'<text x="{LABELS - GAP}" y="{top + 14}" text-anchor="end" fill="#222222">{escape(label)}</text>',
            f'<rect x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{COLOURS.get(name, OTHERS)}"/>',
            f'<text x="{LABELS + length + 5:.1f}" y="{top + 14}" fill="#222222">{shown(value)}</text>']
    return "\n".join([*parts, "</svg>", ""])


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def write_plots(figures, folder):
    os.makedirs(folder, exist_ok=True)
    for name in figures.rounds:
        for figure, heading in SCENARIOS[name].plots:
            rows = [(row, ROWS[row].titles.get(name, ROWS[row].title), figures.median(name, row, figure))
                    for row in SCENARIOS[name].rows if figures.median(name, row, figure) is not None]
            if rows:
                with open(os.path.join(folder, plot_name(name, figure)), "w", encoding="utf-8") as file:
                    file.write(bars(heading, rows))
