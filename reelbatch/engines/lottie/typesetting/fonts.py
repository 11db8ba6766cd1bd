"""Chooses the font of a text, and the fonts for letters that it lacks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from unicodedata import normalize

from reelbatch.engines.characters import needs_glyph
from reelbatch.engines.faces import find_face
from reelbatch.engines.lottie.typesetting.bundled_fonts import (
    BUNDLED,
    bundled,
    closest_style,
    stand_in,
)
from reelbatch.engines.lottie.typesetting.fontfile import FontFile, FontUnreadable, open_font
from reelbatch.engines.lottie.typesetting.system_fonts import closest_lender, coloured_lender
from reelbatch.engines.lottie.typesetting.unicode import is_emoji, is_ignorable, is_space
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.fonts import FontFace

_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\u1100-\u11ff\uac00-\ud7af]")


class FontShelf:
    """The fonts that a render can use: the template's, the team's, the bundled, the machine's."""

    def __init__(self, own: Sequence[FontFile], team: Sequence[FontFile]) -> None:
        self._files = [*own, *team]
        self._shelves = [[font.face for font in fonts] for fonts in (own, team)]
        self._lenders: dict[tuple[object, ...], FontFile | None] = {}
        self.missing_glyphs: dict[str, None] = {}
        """The requested characters that no font has, in the order of the requests."""

    def choose(self, requested: FontFace) -> FontFile:
        """The font with one of the requested names.

        If there is none, another style of its family, or else a similar bundled font.
        """
        for faces in (*self._shelves, BUNDLED):
            face = find_face(requested, faces)
            if face is not None:
                return self._open(face)
        for faces in (*self._shelves, BUNDLED):
            family = [
                face
                for face in faces
                if _same_name(face.family, requested.family)
                or _same_name(face.alias, requested.family)
            ]
            if family:
                return self._open(closest_style(family, requested))
        return self._open(stand_in(requested))

    def font_for(self, letter: str, font: FontFile, requested: FontFace, text: str) -> FontFile:
        """The font for a letter of `text`: `font` if it has the letter, else one that lends it.

        A letter is never split between fonts, so that its marks stay with it. If no font has all of
        its characters, the font with its first one is used, or else `font`, which shows a box.
        """
        if letter.isascii() and font.has(letter[0]):
            return font
        language = _language(text)
        key = (letter, id(font), requested, language)
        if key not in self._lenders:
            lender = self._lenders[key] = self._lender(letter, font, requested, language)
            drawn = (c for c in letter if _can_draw(lender or font, c))
            lost = filter(needs_glyph, set(letter).difference(drawn))
            self.missing_glyphs.update(dict.fromkeys(sorted(lost)))
        return self._lenders[key] or font

    def _lender(
        self, letter: str, font: FontFile, requested: FontFace, language: str
    ) -> FontFile | None:
        shown = [c for c in letter if not is_ignorable(c)]
        if not shown:
            return font
        if is_emoji(letter):
            coloured = self._coloured(shown)
            if coloured is not None:
                return coloured
        near = list(self._near(font, requested))
        for needed in dict.fromkeys((tuple(shown), (shown[0],))):
            for lender in near:
                if all(_can_draw(lender, character) for character in needed):
                    return lender
            lender = closest_lender(frozenset(map(ord, needed)), requested, language)  # pyright: ignore[reportArgumentType]  # frozen
            if lender is not None:
                return lender
        return None

    def _near(self, font: FontFile, requested: FontFace) -> Iterator[FontFile]:
        yield font
        yield from self._files
        yield bundled(stand_in(requested))
        yield from (bundled(face) for face in BUNDLED)

    def _coloured(self, shown: Sequence[str]) -> FontFile | None:
        for font in self._files:
            if font.is_coloured and all(font.has(character) for character in shown):
                return font
        return coloured_lender(frozenset(map(ord, shown)))

    def _open(self, face: FontFace) -> FontFile:
        return next((font for font in self._files if font.face is face), None) or bundled(face)


def open_own_fonts(files: Mapping[str, bytes]) -> list[FontFile]:
    """Open a template's fonts, given by file name; unreadable ones are skipped."""
    fonts: list[FontFile] = []
    for name, content in sorted(files.items()):
        try:
            fonts.append(open_font(content, name))
        except FontUnreadable:
            continue
    return fonts


def open_team_fonts(paths: Sequence[Path], faces: Sequence[FontFace] = ()) -> list[FontFile]:
    """Open a team's fonts. `faces` replace the names in the files.

    Raises AssetInvalid if one of the files is not a font.
    """
    try:
        return [
            open_font(path.read_bytes(), path.name, face)
            for path, face in zip_longest(paths, faces[: len(paths)])
        ]
    except FontUnreadable as error:
        raise AssetInvalid(f"The font cannot be used: {error}.") from error


def _can_draw(font: FontFile, character: str) -> bool:
    """HarfBuzz composes characters from their parts, and other spaces from the plain one."""
    if font.has(character):
        return True
    if is_space(character):
        return font.has(" ")
    parts = normalize("NFD", character)
    return len(parts) > 1 and all(font.has(part) for part in parts)


@lru_cache(16)
def _language(text: str) -> str:
    """Which East Asian fonts a text needs: SC, JP or KR."""
    if _KANA.search(text):
        return "JP"
    return "KR" if _HANGUL.search(text) else "SC"


def _same_name(first: str, second: str) -> bool:
    return bool(first) and first.casefold().replace(" ", "") == second.casefold().replace(" ", "")
