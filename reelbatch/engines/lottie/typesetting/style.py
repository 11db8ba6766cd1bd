"""The style of a text document, read and held to what makes sense."""

from dataclasses import dataclass

from reelbatch.engines.lottie.document import Json, array, number, objects
from reelbatch.engines.lottie.typesetting.unicode import tidied

ALL_CAPS, SMALL_CAPS = 1, 2
LEFT, RIGHT, CENTRE = 0, 1, 2
_MOST = 1e6  # of a length: what is computed of it stays a number that JSON can say
_USUAL_LEADING = 1.2  # of the font size: After Effects' automatic leading
_JUSTIFIED_TO = {3: LEFT, 4: RIGHT, 5: CENTRE, 6: LEFT}  # justified: where other lines stand
_WHOLLY_JUSTIFIED = 6  # the last line of a paragraph too

Color = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""


@dataclass(frozen=True)
class TextStyle:
    size: float  # pixels, as all lengths here
    tracking: float  # between letters
    leading: float  # between base lines
    shift: float  # of the base line, up
    justification: int  # where lines stand that are not justified
    is_justified: bool  # whether the lines of a box are made as wide as it
    justifies_last: bool  # also the last one of each paragraph
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
    return min(max(number(value, 0.0), -_MOST), _MOST)


def styled_runs(text: Json) -> list[Json]:
    """A text document for each stretch of its words that has a style of its own, at least one.

    `runs` are not in Lottie's specification: `[{"t": words, "s": size, …}, …]`, where each has the
    fields of the style in which it differs from the document. Those of other words than the
    document's are left from words that a job has replaced.
    """
    runs = [run for run in objects(text.get("runs")) if isinstance(run.get("t"), str) and run["t"]]
    if "".join(run["t"] for run in runs) != text.get("t"):
        return [text]
    return [{**text, **run} for run in runs] or [text]


def words_of(text: Json) -> str:
    """A text document's words, tidied."""
    words = text.get("t")
    return tidied(words) if isinstance(words, str) else ""


def line_height(text: Json) -> float:
    """Pixels between base lines."""
    height = _bounded(text.get("lh"))
    return height if height > 0 else _bounded(text.get("s")) * _USUAL_LEADING


def _pair(value: object) -> tuple[float, float] | None:
    sides = array(value)
    return (_bounded(sides[0]), _bounded(sides[1])) if len(sides) >= 2 else None


def _color(value: object) -> Color | None:
    channels = [number(channel, 0.0) for channel in array(value)[:3]]
    return (channels[0], channels[1], channels[2]) if len(channels) == 3 else None
