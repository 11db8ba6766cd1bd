"""Finds the fonts that a job needs among its team's fonts, and reports those that nobody has."""

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
from reelbatch.models.wire.warnings import MAX_GLYPHS, Shortcomings, shortcomings

_TEXT_PARAMS = "nx:text-params-set"
# `Font`, optionally behind the groups that After Effects shows around it: `Source Text.font`.
_FONT_PROPERTY = re.compile(r"\s*((text|source\s*text)\s*(\.|->)\s*)*font\s*", re.IGNORECASE)


@dataclass(frozen=True)
class JobFonts:
    found: list[FontRecord]  # the team's fonts that the job uses
    missing: list[str] = field(default_factory=list[str])  # labels for the response
    missing_glyphs: list[str] = field(default_factory=list[str])  # characters that no font has

    @property
    def keys(self) -> list[str]:
        """The object keys of the fonts in `found`."""
        return [font.source for font in self.found]

    @property
    def ids(self) -> list[str]:
        return [font.id for font in self.found]

    @property
    def faces(self) -> list[FontFace]:
        return [_face_of(font) for font in self.found]


@dataclass(frozen=True)
class _RequestedFont:
    label: str
    face: FontFace


@dataclass(frozen=True)
class TemplateFonts:
    """The fonts of a template and its engine, looked up once for all jobs of the template."""

    inspection: TemplateInspection
    engine_fonts: Sequence[FontFace]

    @cached_property
    def not_embedded(self) -> Sequence[_RequestedFont]:
        """The fonts that the template itself requests and does not embed."""
        requested = [_RequestedFont(face.label, face) for face in self.inspection.fonts]
        return [font for font in requested if not self.embeds(font)]

    @cached_property
    def of_plain_jobs(self) -> JobFonts:
        """The fonts of jobs that request nothing more, if the team has no fonts."""
        return _resolve(FontNeeds([], [], self), [])

    def embeds(self, font: _RequestedFont) -> bool:
        return find_face(font.face, self.inspection.embedded_fonts) is not None

    def engine_has(self, font: _RequestedFont) -> bool:
        return find_face(font.face, self.engine_fonts) is not None


@dataclass(frozen=True)
class FontNeeds:
    """The fonts and characters that a job needs, and its template, which has some of them."""

    names: Sequence[str]  # fonts that the job lists
    assets: Sequence[Asset]
    template: TemplateFonts
    words: Sequence[str] = ()  # texts in addition to those of `assets`


def needs_team_fonts(needs: FontNeeds) -> bool:
    """Whether the job needs more than its template has: the team's fonts take precedence over the
    engine's."""
    return any(True for _ in _not_embedded(needs)) or bool(_rare_characters(needs, []))


def resolve_fonts(needs: FontNeeds, team_fonts: Sequence[FontRecord]) -> JobFonts:
    """Find the job's fonts. Of team fonts with the same name, the newest is used."""
    if not team_fonts and not _requests_more(needs):
        return needs.template.of_plain_jobs
    return _resolve(needs, team_fonts)


def _resolve(needs: FontNeeds, team_fonts: Sequence[FontRecord]) -> JobFonts:
    records: dict[str, FontRecord] = {}
    missing: dict[str, None] = {}
    newest_first = list(reversed(team_fonts))
    for requested in _not_embedded(needs):
        found = _find_team_font(requested, newest_first)
        if found is not None:
            records[found.id] = found
        elif not needs.template.engine_has(requested):
            missing[requested.label] = None
    without_glyph: list[str] = []
    for character in _rare_characters(needs, list(records.values())):
        has = (font for font in newest_first if ord(character) in from_ranges(font.characters))
        lender = next(has, None)
        if lender is not None:
            records.setdefault(lender.id, lender)
        else:
            without_glyph.append(character)
    found = list(records.values())
    glyphs = _missing_glyphs(without_glyph, found, needs.template.inspection)
    return JobFonts(found, list(missing), glyphs)


def _requests_more(needs: FontNeeds) -> bool:
    """Whether the job requests more than its template does, which few jobs do."""
    return bool(needs.names or needs.words or _rare_texts(needs)) or any(
        map(_font_in, needs.assets)
    )


def own_needs(template: TemplateFonts) -> FontNeeds:
    """The needs of a template itself: its fonts, and glyphs for its own texts."""
    words = [layer.text for layer in template.inspection.layers if layer.text]
    return FontNeeds([], [], template, words=words)


def template_shortcomings(needs: FontNeeds, team_fonts: Sequence[FontRecord]) -> Shortcomings:
    """List what will not look as designed in a template, given its `own_needs`."""
    fonts = resolve_fonts(needs, team_fonts)
    return shortcomings(fonts.missing, fonts.missing_glyphs, needs.template.inspection.warnings)


def _missing_glyphs(
    characters: Sequence[str], fonts: Sequence[FontRecord], inspection: TemplateInspection
) -> list[str]:
    """The characters that the worker's fonts do not have either; empty if that is unknown."""
    lent = inspection.lent_characters
    if not characters or lent is None or not all(font.characters for font in fonts):
        return []
    return missing_characters(characters, [from_ranges(lent)])[:MAX_GLYPHS]


def _rare_characters(needs: FontNeeds, fonts: Sequence[FontRecord]) -> list[str]:
    """The characters of the job's texts that neither the template nor `fonts` have, except those
    that every font has. Other fonts of the team may supply them."""
    rare = _rare_texts(needs)
    if not rare:  # most jobs; the rest is slow for a thousand of them
        return []
    available = [needs.template.inspection.characters, *(font.characters for font in fonts)]
    missing = missing_characters(rare, [from_ranges(each) for each in available])
    return [character for character in missing if character > LAST_OF_LATIN]


def _rare_texts(needs: FontNeeds) -> list[str]:
    words = chain(needs.words, _words(needs.assets))
    return [text for text in words if not text.isascii() and max(text) > LAST_OF_LATIN]


def _words(assets: Iterable[Asset]) -> Iterator[str]:
    """The texts that assets write into text layers."""
    for asset in assets:
        if isinstance(asset, (TextAsset, DataAsset)):
            yield asset.value if isinstance(asset.value, str) else ""
        elif isinstance(asset, FunctionAsset) and asset.name == _TEXT_PARAMS:
            yield str(asset.params.get("text") or "")


def _not_embedded(needs: FontNeeds) -> Iterator[_RequestedFont]:
    """The fonts that template and job request and the template does not embed."""
    yield from needs.template.not_embedded
    for font in _requested_by_job(needs):
        if not needs.template.embeds(font):
            yield font


def _requested_by_job(needs: FontNeeds) -> Iterator[_RequestedFont]:
    """The fonts that the job requests in addition to its template."""
    for name in needs.names:
        yield _RequestedFont(name, FontFace(file_name=name, postscript_name=_without_ending(name)))
    for asset in needs.assets:
        font = _font_in(asset)
        if isinstance(font, str) and font:
            yield _RequestedFont(font, FontFace(postscript_name=font, family=font))


def _font_in(asset: Asset) -> object:
    """The font that the asset sets on a text: a name, if the asset is valid."""
    if isinstance(asset, FunctionAsset) and asset.name == _TEXT_PARAMS:
        return asset.params.get("font")
    if isinstance(asset, DataAsset) and _FONT_PROPERTY.fullmatch(asset.property):
        return asset.value
    return None


def _find_team_font(requested: _RequestedFont, fonts: Iterable[FontRecord]) -> FontRecord | None:
    by_face = {_face_of(font): font for font in fonts}
    face = find_face(requested.face, by_face)
    return by_face[face] if face else None


def _face_of(font: FontRecord) -> FontFace:
    """The font's names, including the family that it was uploaded as."""
    return font.face.model_copy(update={"alias": font.family_name})


def _without_ending(file_name: str) -> str:
    base = file_name.rpartition("/")[2]
    return base.rpartition(".")[0] or base
