"""The numbers and names in docs/spreadsheet.md are those of its files."""

import csv
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "spreadsheet.md").read_text()
RUNNERS = ROOT / "examples" / "tables" / "runners.csv"


def test_the_table_of_runners_is_what_its_script_writes() -> None:
    made = runpy.run_path(str(ROOT / "examples" / "make_tables.py"))["runners"]()
    assert RUNNERS.read_text() == made


def test_the_guide_gives_the_number_of_runners_and_each_has_a_unique_name() -> None:
    with RUNNERS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = re.findall(r"(\d{3}) (?:films|runners|of \d+ jobs|jobs finished)", GUIDE)
    assert len(numbers) >= 3
    assert {int(number) for number in numbers} == {len(rows)}
    names = [f"{row['number']} {row['label']}" for row in rows]
    assert len(set(names)) == len(rows)
    assert f"`{names[0]}.mp4` is the first of them" in GUIDE


def test_the_small_table_has_as_many_rows_as_the_guide_says() -> None:
    [table] = re.findall(r"^```csv\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    assert "for each of three people" in GUIDE
    assert len(list(csv.DictReader(table.splitlines()))) == 3
