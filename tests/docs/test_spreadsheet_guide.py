"""The numbers and names in the tutorial match its files."""

import csv
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
RUNNERS = ROOT / "examples" / "tables" / "runners.csv"


def test_the_table_of_runners_is_what_its_script_writes() -> None:
    made = runpy.run_path(str(ROOT / "examples" / "make_tables.py"))["runners"]()
    assert RUNNERS.read_text() == made


def test_the_runners_have_the_number_that_the_tutorial_says_and_unique_names() -> None:
    with RUNNERS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = re.findall(r"(\d{3}) (?:films|runners|of \d+ jobs|jobs finished)", TUTORIAL)
    assert len(told) >= 3
    assert {int(number) for number in told} == {len(rows)}
    names = [f"{row['number']} {row['label']}" for row in rows]
    assert len(set(names)) == len(rows)
    assert f"`{names[0]}.mp4` is the first of them" in TUTORIAL


def test_the_small_table_has_as_many_rows_as_the_tutorial_says() -> None:
    [table] = re.findall(r"^```csv\n(.*?)^```", TUTORIAL, re.DOTALL | re.MULTILINE)
    assert "for each of three people" in TUTORIAL
    assert len(list(csv.DictReader(table.splitlines()))) == 3
