"""How a template's wish for a font meets what is there."""

import re
from collections.abc import Iterable
from functools import lru_cache

from reelbatch.models.wire.fonts import FontFace


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
    if not family or family not in (_key(face.family), _key(face.alias)):
        return False
    if family == _key(face.alias) and not wanted.style:
        return True
    return _key(wanted.style or "Regular") == _key(face.style or "Regular")
