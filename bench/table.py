"""Shows a run's figures as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from statistics import median

from rich.table import Table

from bench.figures import Figure, Kind


def table_of(figures: Sequence[Figure]) -> Table:
    table = Table(
        title="Medians, and the spread of single rounds; bench/README.md explains each figure"
    )
    table.add_column("figure")
    for title in ("ours", "other", "value", "spread", "goal", "met"):
        table.add_column(title, justify="right", no_wrap=True)
    for figure in figures:
        low, high = figure.spread
        table.add_row(
            figure.name,
            quantity(median(figure.our_values), figure.unit),
            quantity(median(figure.other_values), figure.unit) if figure.other_values else "",
            value_text(figure, figure.value),
            f"{low:.2f} to {high:.2f}",
            goal_text(figure),
            {True: "yes", False: "no", None: ""}[figure.is_met],
        )
    return table


def json_of(figures: Sequence[Figure]) -> str:
    return json.dumps([figure.as_json() for figure in figures], indent=1) + "\n"


def quantity(number: float, unit: str) -> str:
    """Three digits and the unit, such as `12.3 ms`; milliseconds below a second."""
    if unit == "s" and number < 1:
        number, unit = 1000 * number, "ms"
    return f"{number:.3g} {unit}" if number < 1000 else f"{number:.0f} {unit}"


def value_text(figure: Figure, value: float) -> str:
    if figure.kind is Kind.ALONE:
        return quantity(value, figure.unit)
    return f"{value:.2f}" if figure.kind is Kind.SHARE else f"{value:.2f} x"


def goal_text(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    side = "at least" if figure.kind is Kind.SHARE else "at most"
    return f"{side} {value_text(figure, figure.goal)}"
