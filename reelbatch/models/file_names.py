"""File names for outputs: the names of their jobs, made unique and valid on every file system."""

import re
from collections.abc import Mapping
from unicodedata import normalize

_MAX_BYTES = 200  # bytes; file systems allow 255, and a number and an extension follow
# Characters that a common file system forbids, and those that change the direction of text.
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)  # on Windows


def file_stem(name: str) -> str:
    """Turn the name of a job into a file name without an extension; empty if nothing is left."""
    fit = _UNFIT.sub("_", normalize("NFC", name)).strip().rstrip(". ").lstrip(".")
    short = fit.encode()[:_MAX_BYTES].decode(errors="ignore").rstrip(". ")
    return f"_{short}" if _RESERVED.match(short) else short


def file_stems(names: Mapping[int, str | None], digits: int) -> dict[int, str]:
    """Return a file name for each index: the job's name, or else its index with `digits` digits.

    Repeated names get a number: `Ada`, `Ada (2)`. The files of a batch therefore have the same
    names every time, whichever of its jobs have ended.
    """
    taken: set[str] = set()
    numbers: dict[str, int] = {}  # the last number given to each name
    stems: dict[int, str] = {}
    for index, name in sorted(names.items()):
        wish = stem = file_stem(name or "") or f"{index:0{digits}d}"
        number = numbers.get(wish.casefold(), 1)
        while stem.casefold() in taken:
            number += 1
            stem = f"{wish} ({number})"
        numbers[wish.casefold()] = number
        taken.add(stem.casefold())
        stems[index] = stem
    return stems
