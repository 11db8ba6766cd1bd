"""Which fonts a job needs, which of the team's it takes along, and which nobody has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from api.job_checks import ReadyTemplate
from models.assets import FunctionAsset
from models.fonts import FontFace, FontRecord, find_face
from models.jobs import JobCreation

_TEXT_PARAMS = "nx:text-params-set"


@dataclass(frozen=True)
class JobFonts:
    found: list[FontRecord]  # of the team's
    missing: list[str]  # labels for the answer


@dataclass(frozen=True)
class _Wish:
    label: str
    face: FontFace


def needs_team_fonts(job: JobCreation, template: ReadyTemplate) -> bool:
    """Whether the engine and the template alone do not have all that the job needs."""
    return any(not _is_at_hand(wish, template) for wish in _wishes(job, template))


def resolve_fonts(
    job: JobCreation, template: ReadyTemplate, team_fonts: Sequence[FontRecord]
) -> JobFonts:
    """Find the job's fonts; of two that go by one name, the team's newest counts."""
    records: dict[str, FontRecord] = {}
    missing: dict[str, None] = {}
    newest_first = list(reversed(team_fonts))
    for wish in _wishes(job, template):
        if _is_at_hand(wish, template):
            continue
        found = _find_team_font(wish, newest_first)
        if found is None:
            missing[wish.label] = None
        else:
            records[found.id] = found
    return JobFonts(list(records.values()), list(missing))


def _wishes(job: JobCreation, template: ReadyTemplate) -> Iterator[_Wish]:
    for face in template.inspection.fonts:
        if find_face(face, template.inspection.embedded_fonts) is None:
            yield _Wish(face.label, face)
    for name in job.fonts:
        yield _Wish(name, FontFace(file_name=name, postscript_name=PurePath(name).stem))
    for asset in job.assets:
        if isinstance(asset, FunctionAsset) and asset.name == _TEXT_PARAMS:
            font = asset.params.get("font")
            if isinstance(font, str) and font:
                yield _Wish(font, FontFace(postscript_name=font, family=font))


def _is_at_hand(wish: _Wish, template: ReadyTemplate) -> bool:
    at_hand = (*template.inspection.embedded_fonts, *template.engine.fonts)
    return find_face(wish.face, at_hand) is not None


def _find_team_font(wish: _Wish, fonts: Iterable[FontRecord]) -> FontRecord | None:
    by_face = {font.face: font for font in fonts}
    face = find_face(wish.face, by_face)
    return by_face[face] if face else None
