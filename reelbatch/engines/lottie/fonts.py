"""Which font a text layer is drawn with, and the glyphs that it needs.

ThorVG draws text from outlines in the document (`chars`) or from fonts that are loaded into the
process under a name. The first way is used always: nothing of one team's render stays behind for
the next, each letter can be animated on its own, lines break and align as Lottie says, and any
outline format that fontTools reads will do.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reelbatch.engines.faces import find_face
from reelbatch.engines.lottie.bundled_fonts import BUNDLED, bundled, closest_style, stand_in
from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.fontfile import FontFile, FontUnreadable, open_font
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.stored.fonts import FontFace


class FontShelf:
    """The fonts that a render can use: the template's own, then the team's, then the bundled."""

    def __init__(self, own: Sequence[FontFile], team: Sequence[FontFile]) -> None:
        self._files = [*own, *team]
        self._shelves = [[font.face for font in fonts] for fonts in (own, team)]

    def choose(self, wanted: FontFace) -> FontFile:
        """By its names, else another style of its family, else a bundled one much like it."""
        for faces in (*self._shelves, BUNDLED):
            face = find_face(wanted, faces)
            if face is not None:
                return self._open(face)
        for faces in (*self._shelves, BUNDLED):
            family = [face for face in faces if _same_name(face.family, wanted.family)]
            if family:
                return self._open(closest_style(family, wanted))
        return self._open(stand_in(wanted))

    def glyphs(self, font: FontFile, characters: Iterable[str]) -> list[Json]:
        """The glyphs of `characters`; another font lends those that `font` lacks.

        Raises AssetInvalid where an outline of the font is broken.
        """
        found: list[Json] = []
        spare = bundled(stand_in(font.face))
        lenders = (font, spare, *self._files, *(bundled(face) for face in BUNDLED))
        for character in sorted(set(characters)):
            try:
                glyph = _glyph(lenders, spare, character)
            except FontUnreadable as error:
                raise AssetInvalid(f"The font cannot be drawn: {error}.") from error
            if glyph is not None:
                found.append(glyph)
        return found

    def _open(self, face: FontFace) -> FontFile:
        return next((font for font in self._files if font.face is face), None) or bundled(face)


def _glyph(lenders: Sequence[FontFile], spare: FontFile, character: str) -> Json | None:
    for lender in lenders:
        if lender.has(character):
            return lender.glyph(character)
    return spare.box(character) if character.isprintable() else None


def open_own_fonts(files: Mapping[str, bytes]) -> list[FontFile]:
    """A template's fonts by file name; those that cannot be read are left out."""
    fonts: list[FontFile] = []
    for name, content in sorted(files.items()):
        try:
            fonts.append(open_font(content, name))
        except FontUnreadable:
            continue
    return fonts


def open_team_fonts(paths: Sequence[Path]) -> list[FontFile]:
    """Raises AssetInvalid where one of the files is no font."""
    try:
        return [open_font(path.read_bytes(), path.name) for path in paths]
    except FontUnreadable as error:
        raise AssetInvalid(f"The font cannot be used: {error}.") from error


def _same_name(first: str, second: str) -> bool:
    return bool(first) and first.casefold().replace(" ", "") == second.casefold().replace(" ", "")
