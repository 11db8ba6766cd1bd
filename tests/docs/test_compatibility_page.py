"""The page on compatibility names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text()


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(test_\w+)::(test_\w+)`", PAGE)
    assert len(named) > 40
    for module, test in named:
        files = (ROOT / "tests").rglob(f"{module}.py")
        tests = "".join(file.read_text() for file in files)
        assert re.search(rf"def {test}\b", tests), f"{module}::{test}"


def test_every_row_has_all_its_cells() -> None:
    for row in re.findall(r"^\|.*\|$", PAGE, re.MULTILINE):
        assert len(re.split(r"(?<!\\)\|", row)) in (4, 5), row
