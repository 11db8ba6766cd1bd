"""`python -m bench`: prints a table and writes bench-output/figures.json."""

import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.efficiency import efficiency
from bench.figures import Figure
from bench.pipeline import pipeline
from connection import end_process

OUTPUT = Path("bench-output")
_ROUNDS = 3
_JOBS = 24  # films in a batch: about half a minute a round on two slow cores


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelbatch-bench-") as folder:
        figures = [
            pipeline(Path(folder), _ROUNDS),
            efficiency(Path(folder), _JOBS, _ROUNDS),
        ]
    Console().print(_table(figures))
    OUTPUT.mkdir(exist_ok=True)
    file = OUTPUT / "figures.json"
    file.write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    print(f"Written to {file}.")


def _table(figures: list[Figure]) -> Table:
    table = Table(title="our speed as a share of the other's; 1.00 is as fast")
    for title in ("figure", "ours", "other", "ratio", "spread", "goal"):
        table.add_column(title, overflow="fold")
    for figure in figures:
        low, high = figure.spread
        table.add_row(
            figure.name,
            figure.ours,
            figure.other,
            f"{figure.ratio:.2f}",
            f"{low:.2f} to {high:.2f}",
            f"at least {figure.goal:.2f}",
        )
    return table


if __name__ == "__main__":  # render processes of the bare loop import this module too
    main()
    end_process(0)
