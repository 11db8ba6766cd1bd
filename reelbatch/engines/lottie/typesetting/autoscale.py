"""Scales text to fit its space, and finds text that does not fit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    array,
    at_rest,
    is_object,
    number,
    text_documents,
)
from reelbatch.engines.lottie.properties import set_font_size
from reelbatch.engines.lottie.typesetting.case import TypeCase
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.lines import Line, wrapped
from reelbatch.models.wire.warnings import RenderWarning, WarningCode

_MARGIN = 0.05  # of a composition's width, on either side of a text without a box
_SPARE = 0.995  # of the width: the drawing's sums differ in the last digits
_PRECISION = 0.05  # pixels of a font size
_LEFT, _RIGHT = 0, 1  # values of a text's justification `j`; the rest is centred


@dataclass(frozen=True)
class TextFit:
    """A layer whose text must fit, and the bounds of its font size in pixels."""

    composition: LottieComposition
    layer: Json
    smallest: float
    largest: float | None  # None: the template's font size


def fit_text(document: LottieDocument, fit: TextFit, shelf: FontShelf) -> None:
    """Choose the largest font size at which each of the layer's texts fits.

    A text in a box is wrapped at the box's width and must fit its height. A text without a box must
    fit the composition's width minus margins. Raises AssetInvalid.
    """
    case = TypeCase(document, shelf)
    texts = text_documents(fit.layer)
    set_font_size(fit.layer, min(_fitting_size(fit, text, case) for text in texts))


def overflows(
    document: LottieDocument, layers: Iterable[tuple[LottieComposition, Json]], shelf: FontShelf
) -> Iterator[RenderWarning]:
    """A warning for each layer whose text does not fit its box. Raises AssetInvalid."""
    case = TypeCase(document, shelf)
    for composition, layer in layers:
        if not all(_fits_box(text, case) for text in text_documents(layer)):
            yield RenderWarning(
                code=WarningCode.TEXT_OVERFLOWS,
                message="The text is too long for its box.",
                layer=str(layer.get("nm", "")),
                composition=composition.name,
            )


def _fits_box(text: Json, case: TypeCase) -> bool:
    box = _box(text)
    if box is None:
        return True
    size = number(text.get("s"), 0.0)
    return _Measure(case.paragraphs(text), size).fits(size, *box)


def _fitting_size(fit: TextFit, text: Json, case: TypeCase) -> float:
    measure = _Measure(case.paragraphs(text), number(text.get("s"), 0.0))
    width, height = _room(fit, text)
    low, high = fit.smallest, max(fit.smallest, fit.largest or number(text.get("s"), 1.0))
    if measure.fits(high, width, height):
        return high
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if measure.fits(middle, width, height):
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True)
class _Measure:
    """Measures the paragraphs of a text document at any font size."""

    paragraphs: list[Line]
    size: float  # the document's font size, to which its other sizes are proportional

    def fits(self, size: float, width: float, height: float | None) -> bool:
        """Whether the text fits at a font size; `height` None: lines are not wrapped."""
        ratio = size / self.size if self.size > 0 else 1.0
        room = width * _SPARE / ratio
        lines = self.paragraphs
        if height is not None:
            lines = wrapped(lines, room, break_words=False)
        if any(line.width > room for line in lines):
            return False
        first, *others = lines
        whole = first.size + sum(line.leading for line in others)
        return height is None or whole * ratio <= height


def _room(fit: TextFit, text: Json) -> tuple[float, float | None]:
    """The available width, and for a text in a box the height, in pixels of the layer."""
    return _box(text) or (_width_without_box(fit, text), None)


def _box(text: Json) -> tuple[float, float | None] | None:
    box = [number(side, 0.0) for side in array(text.get("sz"))]
    if len(box) == 2 and box[0] > 0:
        return box[0], box[1] if box[1] > 0 else None
    return None


def _width_without_box(fit: TextFit, text: Json) -> float:
    """The width from the text's start to the margin; between both if it starts outside."""
    whole = float(fit.composition.width)
    margin = whole * _MARGIN
    transform = fit.layer.get("ks")
    transform = transform if is_object(transform) else {}
    scale = abs(_first(at_rest(transform.get("s")), 100.0)) / 100 or 1.0
    x = _first(at_rest(transform.get("p")), -1.0) - _first(at_rest(transform.get("a")), 0.0) * scale
    left, right = x - margin, whole - margin - x
    between = whole - 2 * margin
    if fit.layer.get("parent") is not None or left < 0 or right < 0:
        return between / scale
    justification = text.get("j", _LEFT)
    room = {_LEFT: right, _RIGHT: left}.get(justification, 2 * min(left, right))
    return (room or between) / scale


def _first(value: object, default: float) -> float:
    return number((array(value) or [value])[0], default)
