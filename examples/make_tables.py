"""Writes `tables/runners.csv`: 300 runners, with a row for each film, the same on every run."""

import csv
import io
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
FIRST_NAMES = (
    *("Ada", "Amélie", "Björn", "Chloé", "Dušan", "Emma", "Françoise", "Grace", "Håkon", "Ines"),
    *("Jürgen", "Katherine", "Łukasz", "Maria", "Noor", "Óscar", "Petra", "Rosa", "Søren", "Zoë"),
)
LAST_NAMES = (
    *("Almeida", "Bergström", "Čapek", "Dubois", "Evans", "Fernández", "García", "Hopper"),
    *("Ito", "Jackson", "Kowalski", "Lovelace", "Müller", "Nguyen", "Oliveira"),
)
COLOURS = ("#2F5DDE", "#0F766E", "#B45309", "#9D174D")  # of the waves in which runners start


def runners() -> str:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["number", "label", "data:background.Color"])
    for place in range(len(FIRST_NAMES) * len(LAST_NAMES)):
        wave, first = divmod(place, len(FIRST_NAMES))
        last = (wave + first) % len(LAST_NAMES)  # so that every name is unique
        name = f"{FIRST_NAMES[first]} {LAST_NAMES[last]}"
        table.writerow([f"{place + 1:03d}", name, COLOURS[wave % len(COLOURS)]])
    return text.getvalue()


if __name__ == "__main__":
    (TABLES / "runners.csv").write_text(runners(), encoding="utf-8")
