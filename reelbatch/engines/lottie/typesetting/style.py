"""Reads the style of a text document, limited to sensible values."""

from dataclasses import dataclass

from reelbatch.engines.lottie.document import Json, array, number, objects
from reelbatch.engines.lottie.typesetting.unicode import tidied

ALL_CAPS, SMALL_CAPS = 1, 2
LEFT, RIGHT, CENTRE = 0, 1, 2
_MAX_LENGTH = 1e6  # so that whatever is computed from it fits into JSON
_USUAL_LEADING = 1.2  # of the font size: After Effects' automatic leading
_JUSTIFIED_TO = {3: LEFT, 4: RIGHT, 5: CENTRE, 6: LEFT}  # the alignment of the last lines
_WHOLLY_JUSTIFIED = 6  # including the last line of a paragraph

Color = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""


@dataclass(frozen=True)
class TextStyle:
    size: float  # pixels, like all lengths here
    tracking: float  # between letters
    leading: float  # between baselines
    shift: float  # of the baseline, upwards
    justification: int  # the alignment of lines that are not justified
    is_justified: bool  # whether lines are stretched to the width of their box
    justifies_last: bool  # even the last line of each paragraph
    box: tuple[float, float] | None  # width and height
    place: tuple[float, float] | None  # of the box's corner
    caps: int
    fill: Color | None
    stroke: Color | None
    stroke_width: float
    stroke_is_below: bool


def read_style(text: Json) -> TextStyle:
    size = max(0.0, _bounded(text.get("s")))
    box = _pair(text.get("sz"))
    justification = int(number(text.get("j"), LEFT))
    return TextStyle(
        size=size,
        tracking=_bounded(text.get("tr")) / 1000 * size,
        leading=line_height(text),
        shift=_bounded(text.get("ls")),
        justification=_JUSTIFIED_TO.get(justification, justification),
        is_justified=justification in _JUSTIFIED_TO,
        justifies_last=justification == _WHOLLY_JUSTIFIED,
        box=box if box is not None and box[0] > 0 else None,
        place=_pair(text.get("ps")),
        caps=int(number(text.get("ca"), 0)),
        fill=_color(text.get("fc")),
        stroke=_color(text.get("sc")),
        stroke_width=max(0.0, _bounded(text.get("sw"))),
        stroke_is_below=text.get("of") is False,
    )


def _bounded(value: object) -> float:
    return min(max(number(value, 0.0), -_MAX_LENGTH), _MAX_LENGTH)


def styled_runs(text: Json) -> list[Json]:
    """A text document for each run of words with its own style, at least one.

    `runs` are not part of Lottie's specification: in `[{"t": words, "s": size, …}, …]` each has the
    style fields in which it differs from the document. Runs whose words are not the document's
    words are ignored: a job has replaced the words.
    """
    runs = [run for run in objects(text.get("runs")) if isinstance(run.get("t"), str) and run["t"]]
    if "".join(run["t"] for run in runs) != text.get("t"):
        return [text]
    return [{**text, **run} for run in runs] or [text]


def words_of(text: Json) -> str:
    """A text document's words, cleaned up."""
    words = text.get("t")
    return tidied(words) if isinstance(words, str) else ""


def line_height(text: Json) -> float:
    """The distance between baselines, in pixels."""
    height = _bounded(text.get("lh"))
    return height if height > 0 else _bounded(text.get("s")) * _USUAL_LEADING


def _pair(value: object) -> tuple[float, float] | None:
    sides = array(value)
    return (_bounded(sides[0]), _bounded(sides[1])) if len(sides) >= 2 else None


def _color(value: object) -> Color | None:
    channels = [number(channel, 0.0) for channel in array(value)[:3]]
    return (channels[0], channels[1], channels[2]) if len(channels) == 3 else None
