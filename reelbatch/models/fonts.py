"""Fonts by their names, and how a template's wish meets what is there."""

import re
from collections.abc import Iterable
from functools import lru_cache

from pydantic import Field

from reelbatch.models.wire import RecordModel, Timestamp, WireModel


class FontFace(RecordModel):
    """One font by every name that it goes by; an unknown name is empty."""

    family: str = ""
    style: str = ""
    postscript_name: str = ""
    file_name: str = ""

    @property
    def label(self) -> str:
        """How a missing font is reported: its file's name, or `Soleil (Regular)`."""
        if self.file_name:
            return self.file_name
        if self.family:
            return f"{self.family} ({self.style or 'Regular'})"
        return self.postscript_name


class Font(WireModel):
    """A team's font as the endpoints answer it (contract 7)."""

    id: str
    family_name: str
    style_name: str
    file_name: str
    created_at: Timestamp


class FontRecord(RecordModel):
    """A team's font as the object store keeps it."""

    id: str
    file_name: str
    family_name: str = Field(description="as the client named it, else as the file does")
    face: FontFace
    source: str  # object key
    created_at: Timestamp


def find_face(wanted: FontFace, available: Iterable[FontFace]) -> FontFace | None:
    """Find a font by file name, PostScript name, or family with style, in this order.

    Spaces, hyphens and letter case do not matter, and `Regular` is the style of a family without.
    """
    faces = list(available)
    for match in (_same_file, _same_postscript_name, _same_family_and_style):
        for face in faces:
            if match(wanted, face):
                return face
    return None


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).casefold()


def _same_file(wanted: FontFace, face: FontFace) -> bool:
    return bool(wanted.file_name) and wanted.file_name.casefold() == face.file_name.casefold()


def _same_postscript_name(wanted: FontFace, face: FontFace) -> bool:
    name = _key(wanted.postscript_name)
    return bool(name) and name == _key(face.postscript_name)


def _same_family_and_style(wanted: FontFace, face: FontFace) -> bool:
    family = _key(wanted.family)
    if not family or family != _key(face.family):
        return False
    return _key(wanted.style or "Regular") == _key(face.style or "Regular")
