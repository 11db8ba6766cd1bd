"""Matching the fonts that templates name to the fonts that are available."""

import re
from collections.abc import Iterable
from functools import lru_cache

from reelbatch.models.wire.fonts import FontFace


def find_face(requested: FontFace, available: Iterable[FontFace]) -> FontFace | None:
    """Find a font by file name, by PostScript name, or by family and style, in this order.

    Spaces, hyphens, underscores and case don't matter. A missing style means `Regular`.
    """
    faces = list(available)
    for match in (_same_file, _same_postscript_name, _same_family_and_style):
        for face in faces:
            if match(requested, face):
                return face
    return None


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).casefold()


def _same_file(requested: FontFace, face: FontFace) -> bool:
    return bool(requested.file_name) and requested.file_name.casefold() == face.file_name.casefold()


def _same_postscript_name(requested: FontFace, face: FontFace) -> bool:
    name = _key(requested.postscript_name)
    return bool(name) and name == _key(face.postscript_name)


def _same_family_and_style(requested: FontFace, face: FontFace) -> bool:
    family = _key(requested.family)
    if not family or family not in (_key(face.family), _key(face.alias)):
        return False
    if family == _key(face.alias) and not requested.style:
        return True
    return _key(requested.style or "Regular") == _key(face.style or "Regular")
