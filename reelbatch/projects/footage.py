"""Finds footage by the names in a project, wherever its paths pointed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reelbatch.projects.model import LayerOfFile

_DESIGNS = frozenset({".psd", ".psb", ".ai", ".pdf"})
_PICTURES = _DESIGNS | {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
_VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".webm", ".avi", ".mkv", ".mpg", ".mpeg"})
_SEPARATORS = re.compile(r"[/\\:]+")  # of POSIX, Windows, classic Mac OS and drive letters


@dataclass(frozen=True)
class ShownFile:
    """A file in the project's archive that a document shows."""

    path: PurePosixPath
    layer: LayerOfFile | None = None  # None: the whole file


@dataclass(frozen=True)
class FootageFiles:
    """The files that came with a project, by their paths in its archive."""

    files: Mapping[PurePosixPath, bytes] = field(default_factory=dict[PurePosixPath, bytes])

    def find(self, path: str) -> PurePosixPath | None:
        """The file for a project's path: of the files with that name, the one whose folders match
        the path best."""
        parts = comparable_parts(path)
        if not parts:
            return None
        named = [file for file in self.files if comparable_parts(str(file))[-1:] == parts[-1:]]
        return max(
            named, key=lambda file: _common_end(comparable_parts(str(file)), parts), default=None
        )


def comparable_parts(path: str) -> list[str]:
    """The folders and name of a path from any system, with case and Unicode form unified."""
    plain = unicodedata.normalize("NFC", path).casefold()
    return [part for part in _SEPARATORS.split(plain) if part]


def name_of(path: str) -> str:
    """The file's name in a path from any system."""
    return next((part for part in reversed(_SEPARATORS.split(path)) if part), "")


def is_picture(path: str) -> bool:
    return _suffix(path) in _PICTURES


def is_design(path: str) -> bool:
    """Whether a file has layers or pages that are shown as a picture."""
    return _suffix(path) in _DESIGNS


def is_video(path: str) -> bool:
    return _suffix(path) in _VIDEOS


def _suffix(path: str) -> str:
    return PurePosixPath(name_of(path)).suffix.casefold()


def _common_end(first: list[str], second: list[str]) -> int:
    """The number of equal parts at the end."""
    pairs = zip(reversed(first), reversed(second), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
