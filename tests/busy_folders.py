"""Folders in which programs are at work while a test looks."""

import os
from contextlib import suppress
from fnmatch import filter as matching
from pathlib import Path


def found_below(folder: Path, pattern: str) -> list[Path]:
    """Files and folders of such names, at any depth. Where a folder vanishes, `rglob` raises."""
    return [
        Path(parent, name)
        for parent, folders, files in os.walk(folder)
        for name in matching([*folders, *files], pattern)
    ]


def contents_below(folder: Path) -> dict[Path, bytes]:
    """All files that stay for long enough to be read."""
    contents: dict[Path, bytes] = {}
    for path in found_below(folder, "*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                contents[path] = path.read_bytes()
    return contents
