"""Footage by the names in a project, wherever its paths pointed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reelbatch.projects.model import LayerOfFile

_DESIGNS = frozenset({".psd", ".psb", ".ai", ".pdf"})
_PICTURES = _DESIGNS | {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
_VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".webm", ".avi", ".mkv", ".mpg", ".mpeg"})
_SEPARATORS = re.compile(r"[/\\:]+")  # of POSIX, of Windows, of old Macs and drives


@dataclass(frozen=True)
class ShownFile:
    """A file beside the project that a document shows."""

    path: PurePosixPath
    layer: LayerOfFile | None = None  # None: all of it


@dataclass(frozen=True)
class FootageFiles:
    """The files that came with a project, by their paths in its archive."""

    files: Mapping[PurePosixPath, bytes] = field(default_factory=dict[PurePosixPath, bytes])

    def find(self, path: str) -> PurePosixPath | None:
        """The file that a project means: of those with its name, the one whose folders are most
        like the project's."""
        wanted = comparable_parts(path)
        if not wanted:
            return None
        named = [known for known in self.files if comparable_parts(str(known))[-1:] == wanted[-1:]]
        return max(
            named, key=lambda known: _alike(comparable_parts(str(known)), wanted), default=None
        )


def comparable_parts(path: str) -> list[str]:
    """The folders and the name of a path of any system, whatever case and accents it is in."""
    plain = unicodedata.normalize("NFC", path).casefold()
    return [part for part in _SEPARATORS.split(plain) if part]


def name_of(path: str) -> str:
    """The file's name, of a path of any system."""
    return next((part for part in reversed(_SEPARATORS.split(path)) if part), "")


def is_picture(path: str) -> bool:
    return _suffix(path) in _PICTURES


def is_design(path: str) -> bool:
    """Whether a file has layers or pages, of which a document shows a picture."""
    return _suffix(path) in _DESIGNS


def is_video(path: str) -> bool:
    return _suffix(path) in _VIDEOS


def _suffix(path: str) -> str:
    return PurePosixPath(name_of(path)).suffix.casefold()


def _alike(found: list[str], wanted: list[str]) -> int:
    """How many parts at the end are the same."""
    pairs = zip(reversed(found), reversed(wanted), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(wanted)))
