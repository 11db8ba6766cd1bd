"""Turns text layers into shape layers.

ThorVG's own text supports neither shaping, nor text directions, nor line-breaking rules, and
animates letters differently from lottie-web. So it gets no text: each text layer becomes a shape
layer with the outlines of its letters, which are placed and animated here
(docs/decisions/0001-thorvg-binding.md).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    is_object,
    layer_type,
    number,
    objects,
)
from reelbatch.engines.lottie.typesetting.animators import Animators, Layout
from reelbatch.engines.lottie.typesetting.case import TypeCase
from reelbatch.engines.lottie.typesetting.fontfile import FontUnreadable
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.lines import wrapped
from reelbatch.engines.lottie.typesetting.outlines import (
    DrawnText,
    PlacedPicture,
    Window,
    drawn_text,
)
from reelbatch.engines.lottie.typesetting.paths import text_path
from reelbatch.engines.lottie.typesetting.pictures import show_pictures
from reelbatch.engines.lottie.typesetting.style import read_style
from reelbatch.models.errors import AssetInvalid

_SHAPES = 4  # the layer type
_ONCE = 1  # a keyframe that holds


def typeset_layers(
    document: LottieDocument, layers: Iterable[Json], shelf: FontShelf
) -> list[Json]:
    """Turn text layers into shape layers, or into compositions if the text contains pictures.

    Returns the assets that the compositions refer to. Raises AssetInvalid.
    """
    case = TypeCase(document, shelf)
    assets: dict[str, Json] = {}
    for position, layer in enumerate(layers):
        if layer_type(layer) == "text":
            try:
                made = _set_layer(layer, case, f"text-{position}")
            except FontUnreadable as error:
                raise AssetInvalid(f"The font cannot be drawn: {error}.") from error
            assets.update((asset["id"], asset) for asset in made)
    return list(assets.values())


def _set_layer(layer: Json, case: TypeCase, identity: str) -> list[Json]:
    text = layer.pop("t", None)
    text = text if is_object(text) else {}
    keyframes = _documents(text)
    first, end = number(layer.get("ip"), 0.0), number(layer.get("op"), 0.0)
    starts = [first, *(number(keyframe.get("t"), 0.0) for keyframe in keyframes[1:]), end]
    groups: list[Json] = []
    pictures: list[PlacedPicture] = []
    for keyframe, (start, stop) in zip(keyframes, pairwise(starts), strict=False):
        window = Window(max(start, first), max(min(stop, end), first))
        drawn = _drawn(layer, text, keyframe["s"], case, window, identity)
        shown = drawn.groups
        if len(keyframes) > 1 and shown:
            begin = None if keyframe is keyframes[0] else start
            shown = [_shown_between(shown, begin, None if keyframe is keyframes[-1] else stop)]
        groups = [*shown, *groups]
        pictures.extend(drawn.pictures)
    if pictures:
        return show_pictures(layer, identity, groups, pictures)
    layer.update(ty=_SHAPES, shapes=groups)
    return []


def _documents(text: Json) -> list[Json]:
    """The keyframes of a text that have a document, in order of time."""
    source = text.get("d")
    keyframes = objects(source.get("k")) if is_object(source) else []
    documents = [keyframe for keyframe in keyframes if is_object(keyframe.get("s"))]
    return sorted(documents, key=lambda keyframe: number(keyframe.get("t"), 0.0))


def _drawn(
    layer: Json, text: Json, written: Json, case: TypeCase, window: Window, seed: str
) -> DrawnText:
    style = read_style(written)
    paragraphs = case.paragraphs(written, is_animated=bool(objects(text.get("a"))))
    lines = wrapped(paragraphs, style.box[0] if style.box is not None else None)
    layout = Layout(
        lines,
        style,
        grouping=_grouping(text.get("m")),
        ascent=case.ascent(written) * lines[0].size / 100,
    )
    animators = Animators(
        text=text, layout=layout, path=text_path(layer, text), seed=f"{seed}\0{written.get('t')}"
    )
    return drawn_text(layout, animators, window)


def _grouping(options: object) -> int:
    return int(number(options.get("g"), 1)) if is_object(options) else 1


def _shown_between(groups: Sequence[Json], start: float | None, stop: float | None) -> Json:
    """A group that is visible from `start` until `stop`; None: unlimited."""
    keyframes: list[Json] = []
    if start is not None:
        keyframes += [_hold(start - 1, 0), _hold(start, 100)]
    if stop is not None:
        keyframes += [_hold(stop - 1, 100)] if start is None or start < stop - 1 else []
        keyframes.append(_hold(stop, 0))
    transform: Json = {
        "ty": "tr",
        "a": {"a": 0, "k": [0, 0]},
        "p": {"a": 0, "k": [0, 0]},
        "s": {"a": 0, "k": [100, 100]},
        "r": {"a": 0, "k": 0},
        "o": {"a": 1, "k": keyframes},
    }
    return {"ty": "gr", "it": [*groups, transform]}


def _hold(time: float, opacity: float) -> Json:
    return {"t": time, "s": [opacity], "h": _ONCE}
