"""Every file of the repository that a page, a comment or a setting names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (
    *(".ci", ".github", "activities", "api", "bench", "deploy"),
    *("docs", "examples", "reelbatch", "tests", "typings", "workflows"),
)
_ENDINGS = "css|html|js|json|md|png|py|toml|txt|ya?ml|zip"
_PATH = re.compile(
    rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, FOLDERS))})(?:/[\w.-]+)*/[\w-]+\.(?:{_ENDINGS})\b"
)
_READ = {".md", ".py", ".toml", ".yml", ".yaml", ""}


def test_every_file_that_is_named_exists() -> None:
    missing = [
        f"{file.relative_to(ROOT)}: {named}"
        for file in _files()
        for named in _PATH.findall(file.read_text())
        if not (ROOT / named).exists()
    ]
    assert missing == []


def _files() -> Iterator[Path]:
    places = [ROOT.iterdir(), *((ROOT / folder).rglob("*") for folder in FOLDERS)]
    for place in places:
        yield from (file for file in place if file.is_file() and file.suffix in _READ)
