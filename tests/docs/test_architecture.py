"""The tree that docs/architecture.md draws is the tree of the repository."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
DRAWN_WHOLE = ("", "activities", "api", "reelbatch", "reelbatch/models")
GENERATED = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]


def test_the_drawn_tree_has_every_folder_and_no_other() -> None:
    drawn = set(drawn_paths())
    assert [path for path in drawn if not (ROOT / path).exists()] == []
    expected = {folder for parent in DRAWN_WHOLE for folder in folders_in(ROOT / parent)}
    assert expected - drawn == set()


def drawn_paths() -> Iterator[str]:
    page = (ROOT / "docs" / "architecture.md").read_text()
    [drawing] = re.findall(r"^```\n(worker\.py  .*?)^```", page, re.DOTALL | re.MULTILINE)
    above: list[str] = []
    for line in drawing.splitlines():
        branch, name = re.findall(r"^([│├└─ ]*)([\w.]+)", line)[0]
        above = [*above[: len(branch) // 4], name]
        yield "/".join(above)


def folders_in(parent: Path) -> Iterator[str]:
    for folder in parent.iterdir():
        name = folder.name
        if name[0] == "." or any(fnmatch(name, pattern) for pattern in GENERATED):
            continue
        if any(file.suffix not in ("", ".pyc") for file in folder.rglob("*")):
            yield str(PurePosixPath(folder.relative_to(ROOT)))
