"""Which fonts a job needs, which of the team's it takes along, and which nobody has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.assets import Asset, FunctionAsset
from models.fonts import FontFace, FontRecord, find_face
from models.templates import TemplateInspection

_TEXT_PARAMS = "nx:text-params-set"


@dataclass(frozen=True)
class FontNeeds:
    """What a job asks for, and what its template and its engine have."""

    names: Sequence[str]  # that the job lists
    assets: Sequence[Asset]
    inspection: TemplateInspection
    engine_fonts: Sequence[FontFace]


@dataclass(frozen=True)
class JobFonts:
    found: list[FontRecord]  # of the team's
    missing: list[str]  # labels for the answer

    @property
    def keys(self) -> list[str]:
        """Object keys of the team's fonts."""
        return [font.source for font in self.found]

    @property
    def ids(self) -> list[str]:
        return [font.id for font in self.found]


@dataclass(frozen=True)
class _Wish:
    label: str
    face: FontFace


def needs_team_fonts(needs: FontNeeds) -> bool:
    """Whether the engine and the template alone do not have all that the job needs."""
    return any(not _is_at_hand(wish, needs) for wish in _wishes(needs))


def resolve_fonts(needs: FontNeeds, team_fonts: Sequence[FontRecord]) -> JobFonts:
    """Find the job's fonts; of two that go by one name, the team's newest counts."""
    records: dict[str, FontRecord] = {}
    missing: dict[str, None] = {}
    newest_first = list(reversed(team_fonts))
    for wish in _wishes(needs):
        if _is_at_hand(wish, needs):
            continue
        found = _find_team_font(wish, newest_first)
        if found is None:
            missing[wish.label] = None
        else:
            records[found.id] = found
    return JobFonts(list(records.values()), list(missing))


def _wishes(needs: FontNeeds) -> Iterator[_Wish]:
    for face in needs.inspection.fonts:
        if find_face(face, needs.inspection.embedded_fonts) is None:
            yield _Wish(face.label, face)
    for name in needs.names:
        yield _Wish(name, FontFace(file_name=name, postscript_name=_without_ending(name)))
    for asset in needs.assets:
        if isinstance(asset, FunctionAsset) and asset.name == _TEXT_PARAMS:
            font = asset.params.get("font")
            if isinstance(font, str) and font:
                yield _Wish(font, FontFace(postscript_name=font, family=font))


def _is_at_hand(wish: _Wish, needs: FontNeeds) -> bool:
    at_hand = (*needs.inspection.embedded_fonts, *needs.engine_fonts)
    return find_face(wish.face, at_hand) is not None


def _find_team_font(wish: _Wish, fonts: Iterable[FontRecord]) -> FontRecord | None:
    by_face = {font.face: font for font in fonts}
    face = find_face(wish.face, by_face)
    return by_face[face] if face else None


def _without_ending(file_name: str) -> str:
    base = file_name.rpartition("/")[2]
    return base.rpartition(".")[0] or base
