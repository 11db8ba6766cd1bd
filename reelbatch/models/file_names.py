"""Names of outputs as files: as their jobs are called, fit for every file system, none twice."""

import re
from collections.abc import Mapping
from unicodedata import normalize

_LONGEST = 200  # bytes; file systems take 255, and an ending and a number come after it
# What one of the usual systems does not take, and what turns the direction of the text around it.
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)  # on Windows


def file_stem(name: str) -> str:
    """A name of a job as that of a file, without its ending; empty where nothing of it is left."""
    fit = _UNFIT.sub("_", normalize("NFC", name)).strip().rstrip(". ").lstrip(".")
    short = fit.encode()[:_LONGEST].decode(errors="ignore").rstrip(". ")
    return f"_{short}" if _RESERVED.match(short) else short


def file_stems(names: Mapping[int, str | None], digits: int) -> dict[int, str]:
    """For each job by its index: its name, else its index in so many `digits`.

    The later ones of equal names get a number: `Ada`, `Ada (2)`. So the names of a batch's files
    are the same each time, whichever of its jobs have ended.
    """
    taken: set[str] = set()
    numbers: dict[str, int] = {}  # the last one that each name got
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
