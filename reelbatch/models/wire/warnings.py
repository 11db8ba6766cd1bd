"""Warnings about deviations from the design, the same in templates, jobs, results and webhooks."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TypedDict

from reelbatch.models.wire.base import Absent, ListOrAbsent, RecordModel, WireModel

MAX_PER_CODE = 5  # warnings; further ones are only counted
MAX_GLYPHS = 500  # that are reported for a job
_MAX_WARNINGS = 100
_MAX_MESSAGE_LENGTH = 300  # characters
_MAX_NAME_LENGTH = 500  # characters, of a layer or a composition


class WarningCode(StrEnum):
    """The codes of this version; docs/errors.md explains them."""

    MISSING_FONT = "MISSING_FONT"
    MISSING_GLYPHS = "MISSING_GLYPHS"
    TEXT_OVERFLOWS = "TEXT_OVERFLOWS"
    MISSING_PICTURE = "MISSING_PICTURE"
    PICTURE_INCOMPLETE = "PICTURE_INCOMPLETE"
    MISSING_SOUND = "MISSING_SOUND"
    FONT_NOT_READ = "FONT_NOT_READ"
    EXPRESSIONS_OFF = "EXPRESSIONS_OFF"
    EXPRESSION_FAILED = "EXPRESSION_FAILED"
    EXPRESSIONS_STOPPED = "EXPRESSIONS_STOPPED"
    CAMERA_NOT_DRAWN = "CAMERA_NOT_DRAWN"
    LAYER_IN_3D = "LAYER_IN_3D"
    LAYER_NOT_DRAWN = "LAYER_NOT_DRAWN"
    LAYER_STYLES_NOT_DRAWN = "LAYER_STYLES_NOT_DRAWN"
    EFFECT_NOT_DRAWN = "EFFECT_NOT_DRAWN"
    BLEND_MODE_WEAK = "BLEND_MODE_WEAK"
    MASKS_OUT_OF_ORDER = "MASKS_OUT_OF_ORDER"
    MASK_FEATHER_NOT_DRAWN = "MASK_FEATHER_NOT_DRAWN"
    SHAPE_NOT_DRAWN = "SHAPE_NOT_DRAWN"
    PATHS_NOT_MERGED = "PATHS_NOT_MERGED"
    TRIM_PATHS_TOGETHER = "TRIM_PATHS_TOGETHER"
    LETTERS_IN_3D = "LETTERS_IN_3D"
    SELECTOR_NOT_DRAWN = "SELECTOR_NOT_DRAWN"
    ADJUSTMENT_LAYER_NOT_DRAWN = "ADJUSTMENT_LAYER_NOT_DRAWN"
    BLEND_MODE_NOT_DRAWN = "BLEND_MODE_NOT_DRAWN"
    COLLAPSE_NOT_DRAWN = "COLLAPSE_NOT_DRAWN"
    ESSENTIAL_PROPERTIES_NOT_DRAWN = "ESSENTIAL_PROPERTIES_NOT_DRAWN"
    EXPRESSION_DIFFERS = "EXPRESSION_DIFFERS"
    FOOTAGE_NOT_DRAWN = "FOOTAGE_NOT_DRAWN"
    FRAME_RATE_NOT_KEPT = "FRAME_RATE_NOT_KEPT"
    FRAME_BLENDING_NOT_DRAWN = "FRAME_BLENDING_NOT_DRAWN"
    GRADIENT_NOT_DRAWN = "GRADIENT_NOT_DRAWN"
    MASK_NOT_DRAWN = "MASK_NOT_DRAWN"
    MATTE_NOT_DRAWN = "MATTE_NOT_DRAWN"
    MOTION_BLUR_NOT_DRAWN = "MOTION_BLUR_NOT_DRAWN"
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    PIXELS_NOT_SQUARE = "PIXELS_NOT_SQUARE"
    TEXT_STYLE_NOT_DRAWN = "TEXT_STYLE_NOT_DRAWN"
    TRANSPARENCY_NOT_PRESERVED = "TRANSPARENCY_NOT_PRESERVED"
    LAYER_NOT_FILLED = "LAYER_NOT_FILLED"
    STYLE_NOT_UNDERSTOOD = "STYLE_NOT_UNDERSTOOD"
    MISSING_FILE = "MISSING_FILE"
    REQUEST_REFUSED = "REQUEST_REFUSED"
    NAVIGATION_REFUSED = "NAVIGATION_REFUSED"
    PAGE_ERROR = "PAGE_ERROR"
    PAGE_WARNING = "PAGE_WARNING"
    COLUMN_LEFT_OUT = "COLUMN_LEFT_OUT"
    CELL_EMPTY = "CELL_EMPTY"


MISSING_FILES = (
    WarningCode.MISSING_PICTURE,
    WarningCode.MISSING_SOUND,
    WarningCode.FOOTAGE_NOT_DRAWN,
)
"""Codes that do not matter for a job that fills the layer."""


class RenderWarning(RecordModel):
    """Something that will not look as designed, or did not."""

    code: str  # a `WarningCode`, or the code of a third-party engine or a later version
    message: str
    layer: Absent[str] = None  # the name of the affected layer, if it is a single one
    composition: Absent[str] = None  # the one that contains the layer

    def __str__(self) -> str:
        """The warning in one line, for people."""
        place = " of ".join(filter(None, (self.layer, self.composition)))
        return f"{self.message} ({place})" if place else self.message


class WithWarnings(WireModel):
    """The fields of a job or a template that report what will not look as designed."""

    missing_fonts: ListOrAbsent[str] = []  # labels
    missing_glyphs: ListOrAbsent[str] = []  # characters that no font has
    warnings: ListOrAbsent[RenderWarning] = []  # all of them, including missing fonts and glyphs


def expressions_stopped(reason: str) -> RenderWarning:
    """The warning that a job is drawn as if its template had no expressions."""
    message = f"The template's expressions were left out: {reason}."
    return RenderWarning(code=WarningCode.EXPRESSIONS_STOPPED, message=message)


class Shortcomings(TypedDict):
    """The fields of `WithWarnings`."""

    missing_fonts: list[str]
    missing_glyphs: list[str]
    warnings: list[RenderWarning]


def shortcomings(
    missing_fonts: list[str], missing_glyphs: list[str], warnings: Iterable[RenderWarning]
) -> Shortcomings:
    """Return the fields, with missing glyphs and fonts before the bounded `warnings`."""
    missing = bounded([*glyph_warnings(missing_glyphs), *map(_font_warning, missing_fonts)])
    return Shortcomings(
        missing_fonts=missing_fonts,
        missing_glyphs=missing_glyphs,
        warnings=[*missing, *warnings],
    )


def glyph_warnings(characters: Sequence[str]) -> list[RenderWarning]:
    """One warning for all `characters`; an empty list if there are none."""
    if not characters:
        return []
    listed = ", ".join(f"{c} (U+{ord(c):04X})" for c in characters)
    message = f"No font has a glyph for {listed}"
    return [RenderWarning(code=WarningCode.MISSING_GLYPHS, message=message)]


def _font_warning(font: str) -> RenderWarning:
    message = f"The font {font} is missing: a similar one is drawn"
    return RenderWarning(code=WarningCode.MISSING_FONT, message=message)


def bounded(warnings: Iterable[RenderWarning]) -> list[RenderWarning]:
    """Return each warning once, shortened, and a few of each code; others are only counted."""
    by_code: dict[str, dict[RenderWarning, None]] = {}
    for warning in warnings:
        by_code.setdefault(warning.code, {})[_short(warning)] = None
    kept = [each for code, alike in by_code.items() for each in _first(code, list(alike))]
    return kept[:_MAX_WARNINGS]


def _first(code: str, alike: list[RenderWarning]) -> list[RenderWarning]:
    """The first few warnings and a count of the others; a list bounded before stays as it is."""
    if len(alike) <= MAX_PER_CODE + 1:
        return alike
    more = len(alike) - MAX_PER_CODE
    return [*alike[:MAX_PER_CODE], RenderWarning(code=code, message=f"{more} more like these")]


def _short(warning: RenderWarning) -> RenderWarning:
    texts = {
        "code": _cut(warning.code, _MAX_NAME_LENGTH),
        "message": _cut(warning.message, _MAX_MESSAGE_LENGTH),
        "layer": _cut(warning.layer, _MAX_NAME_LENGTH),
        "composition": _cut(warning.composition, _MAX_NAME_LENGTH),
    }
    return warning if texts == dict(warning) else warning.model_copy(update=texts)


def _cut(text: str | None, most: int) -> str | None:
    return text if text is None or len(text) <= most else f"{text[: most - 1]}…"
