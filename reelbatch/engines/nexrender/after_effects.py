"""After Effects on this machine: the path of its `aerender`, and its version."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

_YEAR = re.compile(r"(\d{4})\b[^/\\]*$")
if sys.platform == "win32":
    _PROGRAM = Path("Support Files", "aerender.exe")
else:
    _PROGRAM = Path("aerender")


def find_aerender() -> Path | None:
    """Return the `aerender` on the PATH, otherwise that of the newest After Effects, or None."""
    found = shutil.which("aerender")
    return Path(found) if found else next(iter(sorted(_installed(), key=_year, reverse=True)), None)


def version_of(aerender: Path) -> str:
    """Return the name with the year, such as `After Effects 2026`, from the folder's name."""
    folder = next((one for one in aerender.resolve().parents if "After Effects" in one.name), None)
    return folder.name.removeprefix("Adobe ") if folder else "After Effects"


def _installed() -> Iterator[Path]:
    for folder in _applications().glob("Adobe After Effects*"):
        if (folder / _PROGRAM).is_file():
            yield folder / _PROGRAM


def _applications() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMFILES", r"C:\Program Files"), "Adobe")
    return Path("/Applications")


def _year(aerender: Path) -> int:
    """Return the year; zero for a beta, whose name has none."""
    found = _YEAR.search(version_of(aerender))
    return int(found[1]) if found else 0
