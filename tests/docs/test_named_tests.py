"""The tests that pages name as evidence exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {"compatibility.md": 40, "reliability.md": 15}  # the least number of tests that each names


@pytest.mark.parametrize(("page", "fewest"), PAGES.items())
def test_every_test_that_a_page_names_exists(page: str, fewest: int) -> None:
    named = re.findall(r"`(test_\w+)::(test_\w+)`", _text(page))
    assert len(named) > fewest
    for module, test in named:
        files = (ROOT / "tests").rglob(f"{module}.py")
        tests = "".join(file.read_text() for file in files)
        assert re.search(rf"def {test}\b", tests), f"{module}::{test}"


@pytest.mark.parametrize("page", sorted(file.name for file in (ROOT / "docs").glob("*.md")))
def test_every_row_has_the_cells_of_its_table(page: str) -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", _text(page), re.MULTILINE):
        widths = {len(re.split(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(widths) == 1, table


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text()
