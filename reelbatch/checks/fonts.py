"""Which fonts a job needs, which of the team's it takes along, and which nobody has."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from reelbatch.engines.characters import LAST_OF_LATIN, from_ranges, missing_characters
from reelbatch.engines.faces import find_face
from reelbatch.models.stored.fonts import FontRecord
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.assets import Asset, DataAsset, FunctionAsset, TextAsset
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.warnings import MOST_GLYPHS, Shortcomings, shortcomings

_TEXT_PARAMS = "nx:text-params-set"
# `Font`, also behind the groups that After Effects shows around it, as in `Source Text.font`.
_FONT_PROPERTY = re.compile(r"\s*((text|source\s*text)\s*(\.|->)\s*)*font\s*", re.IGNORECASE)


@dataclass(frozen=True)
class JobFonts:
    found: list[FontRecord]  # of the team's
    missing: list[str] = field(default_factory=list[str])  # labels for the answer
    missing_glyphs: list[str] = field(default_factory=list[str])  # characters that no font has

    @property
    def keys(self) -> list[str]:
        """Object keys of the team's fonts."""
        return [font.source for font in self.found]

    @property
    def ids(self) -> list[str]:
        return [font.id for font in self.found]

    @property
    def faces(self) -> list[FontFace]:
        return [_face_of(font) for font in self.found]


@dataclass(frozen=True)
class _Wish:
    label: str
    face: FontFace


@dataclass(frozen=True)
class TemplateFonts:
    """What a template and its engine have, as a thousand jobs of the template ask for it."""

    inspection: TemplateInspection
    engine_fonts: Sequence[FontFace]

    @cached_property
    def wanting(self) -> Sequence[_Wish]:
        """What the template itself asks for and does not bring along."""
        wishes = [_Wish(face.label, face) for face in self.inspection.fonts]
        return [wish for wish in wishes if not self.brings(wish)]

    @cached_property
    def alone(self) -> JobFonts:
        """What its jobs have that ask for nothing else, if the team has no fonts."""
        missing = [wish.label for wish in self.wanting if not self.engine_has(wish)]
        return JobFonts([], [*dict.fromkeys(missing)])

    def brings(self, wish: _Wish) -> bool:
        return find_face(wish.face, self.inspection.embedded_fonts) is not None

    def engine_has(self, wish: _Wish) -> bool:
        return find_face(wish.face, self.engine_fonts) is not None


@dataclass(frozen=True)
class FontNeeds:
    """What a job asks for, and what is there without the team's fonts."""

    names: Sequence[str]  # that the job lists
    assets: Sequence[Asset]
    template: TemplateFonts
    words: Sequence[str] = ()  # beside those of `assets`


def needs_team_fonts(needs: FontNeeds) -> bool:
    """Whether the template alone does not bring all that the job needs: the team's fonts come
    before the engine's."""
    return any(True for _ in _wanting(needs)) or bool(_rare_characters(needs, []))


def resolve_fonts(needs: FontNeeds, team_fonts: Sequence[FontRecord]) -> JobFonts:
    """Find the job's fonts; of two that go by one name, the team's newest counts."""
    if not team_fonts and not _asks_for_more(needs):
        return needs.template.alone
    records: dict[str, FontRecord] = {}
    missing: dict[str, None] = {}
    newest_first = list(reversed(team_fonts))
    for wish in _wanting(needs):
        found = _find_team_font(wish, newest_first)
        if found is not None:
            records[found.id] = found
        elif not needs.template.engine_has(wish):
            missing[wish.label] = None
    lacking: list[str] = []
    for character in _rare_characters(needs, list(records.values())):
        has = (font for font in newest_first if ord(character) in from_ranges(font.characters))
        lender = next(has, None)
        if lender is not None:
            records.setdefault(lender.id, lender)
        else:
            lacking.append(character)
    found = list(records.values())
    return JobFonts(found, list(missing), _drawn_by_none(lacking, found, needs.template.inspection))


def _asks_for_more(needs: FontNeeds) -> bool:
    """Whether the job asks for more than its template does, which few do."""
    return bool(needs.names or needs.words or _rare_words(needs)) or any(
        map(_font_in, needs.assets)
    )


def own_needs(template: TemplateFonts) -> FontNeeds:
    """What a template asks for by itself: its fonts, and the letters of its own words."""
    words = [layer.text for layer in template.inspection.layers if layer.text]
    return FontNeeds([], [], template, words=words)


def template_shortcomings(needs: FontNeeds, team_fonts: Sequence[FontRecord]) -> Shortcomings:
    """What of a template will not look as designed, by its `own_needs`."""
    fonts = resolve_fonts(needs, team_fonts)
    return shortcomings(fonts.missing, fonts.missing_glyphs, needs.template.inspection.warnings)


def _drawn_by_none(
    characters: Sequence[str], fonts: Sequence[FontRecord], inspection: TemplateInspection
) -> list[str]:
    """Those that the worker's fonts do not lend either; none where that cannot be known."""
    lent = inspection.lent_characters
    if not characters or lent is None or not all(font.characters for font in fonts):
        return []
    return missing_characters(characters, [from_ranges(lent)])[:MOST_GLYPHS]


def _rare_characters(needs: FontNeeds, fonts: Sequence[FontRecord]) -> list[str]:
    """The characters of the job's words that neither the template nor `fonts` have, but for those
    that every font has: others of the team's may lend them."""
    rare = _rare_words(needs)
    if not rare:  # as of most jobs: the rest is dear for a thousand of them
        return []
    at_hand = [needs.template.inspection.characters, *(font.characters for font in fonts)]
    missing = missing_characters(rare, [from_ranges(each) for each in at_hand])
    return [character for character in missing if character > LAST_OF_LATIN]


def _rare_words(needs: FontNeeds) -> list[str]:
    words = chain(needs.words, _words(needs.assets))
    return [text for text in words if not text.isascii() and max(text) > LAST_OF_LATIN]


def _words(assets: Iterable[Asset]) -> Iterator[str]:
    """All that assets write into text layers."""
    for asset in assets:
        if isinstance(asset, (TextAsset, DataAsset)):
            yield asset.value if isinstance(asset.value, str) else ""
        elif isinstance(asset, FunctionAsset) and asset.name == _TEXT_PARAMS:
            yield str(asset.params.get("text") or "")


def _wanting(needs: FontNeeds) -> Iterator[_Wish]:
    """What the template does not bring along."""
    yield from needs.template.wanting
    for wish in _own_wishes(needs):
        if not needs.template.brings(wish):
            yield wish


def _own_wishes(needs: FontNeeds) -> Iterator[_Wish]:
    """The job's, beside its template's."""
    for name in needs.names:
        yield _Wish(name, FontFace(file_name=name, postscript_name=_without_ending(name)))
    for asset in needs.assets:
        font = _font_in(asset)
        if isinstance(font, str) and font:
            yield _Wish(font, FontFace(postscript_name=font, family=font))


def _font_in(asset: Asset) -> object:
    """What the asset says is a text's font: a name, if it is right."""
    if isinstance(asset, FunctionAsset) and asset.name == _TEXT_PARAMS:
        return asset.params.get("font")
    if isinstance(asset, DataAsset) and _FONT_PROPERTY.fullmatch(asset.property):
        return asset.value
    return None


def _find_team_font(wish: _Wish, fonts: Iterable[FontRecord]) -> FontRecord | None:
    by_face = {_face_of(font): font for font in fonts}
    face = find_face(wish.face, by_face)
    return by_face[face] if face else None


def _face_of(font: FontRecord) -> FontFace:
    """The font's names, with the family that it was uploaded as."""
    return font.face.model_copy(update={"alias": font.family_name})


def _without_ending(file_name: str) -> str:
    base = file_name.rpartition("/")[2]
    return base.rpartition(".")[0] or base
