"""Reads folders that other programs are changing."""

import os
from contextlib import suppress
from fnmatch import filter as matching
from pathlib import Path


def found_below(folder: Path, pattern: str) -> list[Path]:
    """Files and folders with matching names, at any depth. `rglob` raises if a folder vanishes."""
    return [
        Path(parent, name)
        for parent, folders, files in os.walk(folder)
        for name in matching([*folders, *files], pattern)
    ]


def contents_below(folder: Path) -> dict[Path, bytes]:
    """The contents of all files that exist for long enough to be read."""
    contents: dict[Path, bytes] = {}
    for path in found_below(folder, "*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                contents[path] = path.read_bytes()
    return contents
