"""Rejects templates that would crash the renderer or exhaust it, before anything is drawn.

Templates are untrusted and can ask for anything.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    array,
    at_rest,
    is_object,
    layer_name,
    number,
    objects,
    reference,
    text_documents,
)
from reelbatch.models.errors import LimitExceeded, TemplateInvalid

MAX_NESTING = 32  # levels of precompositions
MAX_LAYERS = 50_000  # counting every use of a precomposition
MAX_COPIES = 10_000  # of a shape by nested repeaters; ThorVG needs minutes for a million
MAX_STAR_POINTS = 10_000  # measured: ThorVG takes 9 seconds for 100 million
MAX_FRAME_RATE = 1000
MIN_FRAME_RATE = 0.01
MAX_CHARACTERS = 20_000  # in all texts; ThorVG needs seconds per frame for ten times as many
MAX_DASHES = 1_000_000  # per path; each costs ThorVG a hundred bytes
_FINEST_DASH = 0.01  # pixels; ThorVG cuts a path into all of its dashes
_ROOT = ""  # the root's key among the asset ids of precompositions


def check_document(document: LottieDocument, limits: RenderLimits) -> None:
    """Raise TemplateInvalid or LimitExceeded if the document must not be drawn."""
    _check_header(document.root)
    _check_nesting(document)
    _check_compositions(document, limits)
    _check_parents(document)
    check_shapes(document.all_layers())
    check_texts(document.all_layers())


def check_shapes(layers: Iterable[Json]) -> None:
    """Raise TemplateInvalid or LimitExceeded if shapes would crash or stall ThorVG."""
    for position, layer in enumerate(layers, start=1):
        name = layer_name(layer, position)
        shapes = objects(layer.get("shapes"))
        _check_shapes(shapes, name)
        _check_dashes(shapes, name)


def check_texts(layers: Iterable[Json]) -> None:
    """Raise LimitExceeded if there is more text than can be drawn in time."""
    if sum(_max_characters(layer) for layer in layers) > MAX_CHARACTERS:
        raise LimitExceeded(f"The texts have more than {MAX_CHARACTERS} characters in total.")


def _max_characters(layer: Json) -> int:
    """The most characters that the layer shows in any frame: each keyframe has its own words."""
    words = (text.get("t") for text in text_documents(layer))
    return max((len(written) for written in words if isinstance(written, str)), default=0)


def _check_header(root: Json) -> None:
    for key, meaning in (("w", "width"), ("h", "height"), ("fr", "frame rate")):
        if not number(root.get(key), 0.0) > 0:
            raise TemplateInvalid(f"The template's {meaning} ({key}) is not a number above 0.")
    for key, meaning in (("ip", "first frame"), ("op", "end frame")):
        if root.get(key) is None or number(root[key], -1.0) != number(root[key], -2.0):
            raise TemplateInvalid(f"The template's {meaning} ({key}) is not a number.")
    if not root["op"] > root["ip"]:
        raise TemplateInvalid(
            "The template has no frames: its end frame (op) is not after its first frame (ip)."
        )
    if root["fr"] > MAX_FRAME_RATE:
        raise TemplateInvalid(f"The template's frame rate is above {MAX_FRAME_RATE}.")
    if root["fr"] < MIN_FRAME_RATE:
        raise TemplateInvalid(f"The template's frame rate is below {MIN_FRAME_RATE}.")


def _check_nesting(document: LottieDocument) -> None:
    layers = {**document.precompositions, _ROOT: objects(document.root["layers"])}
    measured: dict[str, tuple[int, int]] = {}

    def measure(identity: str, path: tuple[str, ...]) -> tuple[int, int]:
        """The number of layers that the composition draws, and of its levels of compositions."""
        if identity in path:
            raise TemplateInvalid(f"The precomposition {identity!r} contains itself.")
        if identity not in measured:
            if len(path) > MAX_NESTING:
                raise _nested_too_deeply()
            used = (reference(layer.get("refId")) for layer in layers[identity])
            inner = [measure(name, (*path, identity)) for name in used if name in layers]
            measured[identity] = (
                len(layers[identity]) + sum(count for count, _ in inner),
                1 + max((levels for _, levels in inner), default=0),
            )
        return measured[identity]

    for identity in layers:
        count, levels = measure(identity, ())
        if levels > MAX_NESTING:
            raise _nested_too_deeply()
        if count > MAX_LAYERS:
            raise LimitExceeded(
                f"The template draws more than {MAX_LAYERS} layers, "
                "counting every use of a precomposition."
            )


def _nested_too_deeply() -> LimitExceeded:
    return LimitExceeded(f"Precompositions are nested deeper than {MAX_NESTING} levels.")


def _check_compositions(document: LottieDocument, limits: RenderLimits) -> None:
    """Only the main composition's size matters: a larger precomposition is cropped to it."""
    main = document.main
    check_size(main.name, main.width, main.height, limits)
    for composition in document.compositions.values():
        if composition.frames > limits.frames:
            raise LimitExceeded(
                f"The composition {composition.name!r} has {composition.frames} frames; "
                f"this server renders at most {limits.frames} (REELBATCH_MAX_FRAMES)."
            )


def check_size(name: str, width: int, height: int, limits: RenderLimits) -> None:
    if width * height > limits.pixels_per_frame:
        raise LimitExceeded(
            f"The composition {name!r} is {width}x{height} pixels; "
            f"this server renders at most {limits.pixels_per_frame} pixels per frame"
            " (REELBATCH_MAX_FRAME_PIXELS)."
        )


def _check_parents(document: LottieDocument) -> None:
    """A layer that is its own ancestor crashes ThorVG."""
    for composition in document.compositions.values():
        parents = {
            index: _whole(layer.get("parent"))
            for layer in composition.layers
            if (index := _whole(layer.get("ind"))) is not None
        }
        safe: set[Any] = set()
        for start in parents:
            chain: dict[Any, None] = {}
            index: Any = start
            while isinstance(index, int) and index in parents and index not in safe:
                if index in chain:
                    raise TemplateInvalid(
                        f"Layers of {composition.name!r} are each other's parents (ind {index})."
                    )
                chain[index] = None
                index = parents[index]
            safe.update(chain)


def _whole(value: object) -> int | None:
    """A layer's number as ThorVG reads it: truncated to a whole number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value)


def _check_shapes(shapes: list[Json], layer: str, copies: float = 1.0) -> None:
    for shape in shapes:
        if shape.get("ty") == "rp":
            copies *= max(1.0, _largest(shape.get("c")))
    if copies > MAX_COPIES:
        raise LimitExceeded(f"The layer {layer!r} repeats shapes more than {MAX_COPIES} times.")
    for shape in shapes:
        if _largest(shape.get("pt")) > MAX_STAR_POINTS:
            raise LimitExceeded(f"The layer {layer!r} has a star with too many points.")
        if min(_values_of(shape.get("pt")), default=0.0) < 0:
            raise TemplateInvalid(f"The layer {layer!r} has a star with fewer than 0 points.")
        _check_gradient(shape, layer)
        _check_shapes(objects(shape.get("it")), layer, copies)


def _check_gradient(shape: Json, layer: str) -> None:
    """ThorVG reads four numbers for each declared stop, even beyond the end of the array."""
    gradient = shape.get("g")
    if not is_object(gradient):
        return
    stated = number(gradient.get("p"), 0.0)
    colors = gradient.get("k")
    content = colors.get("k") if is_object(colors) else None
    states = [keyframe.get(key) for keyframe in objects(content) for key in ("s", "e")]
    lengths = [len(array(state)) for state in states or [content] if state is not None]
    if not 0 <= stated * 4 <= min(lengths, default=0):
        raise TemplateInvalid(
            f"The layer {layer!r} has a gradient that declares {stated:g} stops, but does not have "
            "as many colours."
        )


def _check_dashes(shapes: list[Json], layer: str) -> None:
    dashes = [length for shape in _all_shapes(shapes) if (length := _dash_length(shape)) > 0]
    if not dashes:
        return
    finest = min(dashes)
    reach = max((_reach(shape) for shape in _all_shapes(shapes)), default=0.0)
    if finest < _FINEST_DASH or reach / finest > MAX_DASHES:
        raise LimitExceeded(f"The layer {layer!r} has a stroke with dashes that are too fine.")


def _dash_length(shape: Json) -> float:
    """The length of the dashes and gaps together; 0 means an unbroken line."""
    return sum(
        number(_first(at_rest(part.get("v"))), 0.0)
        for part in objects(shape.get("d"))
        if part.get("n") != "o"
    )


def _reach(shape: Json) -> float:
    """An upper bound of a path's length, in its own pixels."""
    if shape.get("ty") == "sh":
        outline = at_rest(shape.get("ks"))
        return sum(_length(path) for path in array(outline) or [outline] if is_object(path))
    sizes = (shape.get(key) for key in ("s", "or", "ir"))
    lines = 2 * max(2.0, _largest(shape.get("pt")))  # of a star; other shapes have at most four
    return lines * sum(abs(value) for size in sizes for value in _values_of(size))


def _length(path: Json) -> float:
    """The length along the points and their handles, which are relative to the points."""
    points = [_place(point) for point in array(path.get("v"))]
    handles = [_place(handle) for key in ("i", "o") for handle in array(path.get(key))]
    steps = [
        (b[0] - a[0], b[1] - a[1]) for a, b in zip(points, [*points[1:], *points[:1]], strict=True)
    ]
    return sum(abs(x) + abs(y) for x, y in steps) + 2 * sum(abs(x) + abs(y) for x, y in handles)


def _place(point: object) -> tuple[float, float]:
    x, y = (*array(point), None, None)[:2]
    return number(x, 0.0), number(y, 0.0)


def _all_shapes(shapes: list[Json]) -> Iterator[Json]:
    for shape in shapes:
        yield shape
        yield from _all_shapes(objects(shape.get("it")))


def _largest(value: object) -> float:
    """The largest value of a numeric property; 0.0 if it has none."""
    return max(_values_of(value), default=0.0)


def _values_of(value: object) -> Iterator[float]:
    """All values of a numeric property, at rest or at its keyframes."""
    content = value.get("k") if is_object(value) else None
    states = [keyframe.get(key) for keyframe in objects(content) for key in ("s", "e")]
    for state in states or [content]:
        for part in array(state) or [state]:
            if isinstance(part, (int, float)):
                yield float(part)


def _first(value: object) -> object:
    return (array(value) or [value])[0]
