"""What will not look as designed: one shape in templates, jobs, results and webhooks."""

from collections.abc import Iterable
from enum import StrEnum

from reelbatch.models.wire.base import Absent, AnyOf, RecordModel, WireModel

MOST_OF_A_CODE = 5  # warnings; what is beyond is counted
_MOST_WARNINGS = 100
_LONGEST_MESSAGE = 300  # characters
_LONGEST_NAME = 120  # characters, of a layer or a composition


class WarningCode(StrEnum):
    """The codes of this version, which docs/api.md lists with their meanings."""

    EXPRESSION_FAILED = "EXPRESSION_FAILED"
    EXPRESSIONS_OFF = "EXPRESSIONS_OFF"
    EXPRESSIONS_STOPPED = "EXPRESSIONS_STOPPED"
    MISSING_FONT = "MISSING_FONT"
    MISSING_GLYPHS = "MISSING_GLYPHS"
    MISSING_PICTURE = "MISSING_PICTURE"


class RenderWarning(RecordModel):
    """Something that will not look as designed, or did not."""

    code: str  # a `WarningCode`, or one that an engine of others or a later version gives
    message: str
    layer: Absent[str] = None  # its name, where one layer is to blame
    composition: Absent[str] = None  # in which it is


class Warned(WireModel):
    """What an answer about a job says of what will not look as designed, or did not."""

    missing_fonts: AnyOf[str] = []  # labels
    missing_glyphs: AnyOf[str] = []  # characters that no font has
    warnings: AnyOf[RenderWarning] = []  # these too, and all else


def expressions_stopped(reason: str) -> RenderWarning:
    """The job is drawn as if its template had no expressions."""
    message = f"The template's expressions were left out: {reason}."
    return RenderWarning(code=WarningCode.EXPRESSIONS_STOPPED, message=message)


def bounded(warnings: Iterable[RenderWarning]) -> list[RenderWarning]:
    """Each once, with short texts, and the first few of each code: the others are counted."""
    by_code: dict[str, dict[RenderWarning, None]] = {}
    for warning in warnings:
        by_code.setdefault(warning.code, {})[_short(warning)] = None
    kept = [each for code, alike in by_code.items() for each in _first(code, list(alike))]
    return kept[:_MOST_WARNINGS]


def _first(code: str, alike: list[RenderWarning]) -> list[RenderWarning]:
    """A list that was bounded before stays as it is."""
    if len(alike) <= MOST_OF_A_CODE + 1:
        return alike
    more = len(alike) - MOST_OF_A_CODE
    return [*alike[:MOST_OF_A_CODE], RenderWarning(code=code, message=f"{more} more like these")]


def _short(warning: RenderWarning) -> RenderWarning:
    return RenderWarning(
        code=warning.code[:_LONGEST_NAME],
        message=_cut(warning.message, _LONGEST_MESSAGE) or "",
        layer=_cut(warning.layer, _LONGEST_NAME),
        composition=_cut(warning.composition, _LONGEST_NAME),
    )


def _cut(text: str | None, most: int) -> str | None:
    return text if text is None or len(text) <= most else f"{text[: most - 1]}…"
