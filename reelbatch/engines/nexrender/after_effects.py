"""After Effects on this machine: where its `aerender` is, and of which year."""

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
    """The one on the PATH, else that of the newest After Effects in its usual place, or None."""
    found = shutil.which("aerender")
    return Path(found) if found else next(iter(sorted(_installed(), key=_year, reverse=True)), None)


def version_of(aerender: Path) -> str:
    """Its year, as in `After Effects 2026`: its folder's name has it."""
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
    """Zero where the name has none: a beta."""
    found = _YEAR.search(version_of(aerender))
    return int(found[1]) if found else 0
