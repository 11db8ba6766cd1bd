"""Comments such as "contract 3.5" refer to a section of docs/compatibility.md that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("activities", "api", "reelbatch", "tests", "workflows")

_SECTION = r"\d+(?:\.\d+)?"
_REFERENCE = re.compile(rf"contract ({_SECTION}(?: and {_SECTION})*)")


def test_every_section_of_the_contract_that_the_code_names_exists() -> None:
    page = (ROOT / "docs" / "compatibility.md").read_text()
    sections = set(re.findall(rf"^##+ ({_SECTION})\.? ", page, re.MULTILINE))
    files = [file for folder in CODE for file in (ROOT / folder).rglob("*.py")]
    named = {
        (section, str(file.relative_to(ROOT)))
        for file in files
        for reference in _REFERENCE.findall(file.read_text())
        for section in re.findall(_SECTION, reference)
    }
    assert len(named) > 10
    assert [reference for reference in sorted(named) if reference[0] not in sections] == []
