"""figures.py: the figures of all rounds, by scenario and row; their medians; and their file (CSV)."""
import csv
import statistics


class Figures:
    def __init__(self):
        self.rounds = {}  # scenario: row: round: {figure: value}
        self.failures = {}  # scenario: row: sentence

    def add(self, scenario, row, number, values):
        self.rounds.setdefault(scenario, {}).setdefault(row, {}).setdefault(number, {}).update(values)

    def rows(self, scenario):
        return self.rounds.get(scenario, {})

    def median(self, scenario, row, figure):
        values = [values[figure] for values in self.rows(scenario).get(row, {}).values() if figure in values]
        return statistics.median(values) if values else None

    def ratio(self, scenario, row, figure, base):
        """The median of the ratios to another row in the same round."""
        mine, others = (self.rows(scenario).get(name, {}) for name in (row, base))
        ratios = [values[figure] / others[number][figure] for number, values in mine.items()
                  if figure in values and others.get(number, {}).get(figure)]
        return statistics.median(ratios) if ratios else None

    def write(self, path):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["scenario", "row", "round", "figure", "value"])
            for scenario, rows in self.rounds.items():
                for row, rounds in rows.items():
                    for number, values in sorted(rounds.items()):
                        writer.writerows([scenario, row, number, figure, f"{value:.6g}"]
                                         for figure, value in values.items())


def read_figures(path):
    figures = Figures()
    with open(path, newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            values = {line["figure"]: float(line["value"])}
            figures.add(line["scenario"], line["row"], int(line["round"]), values)
    return figures
