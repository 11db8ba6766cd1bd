"""What is refused before anything is drawn: a template is untrusted and can ask for anything."""

from collections.abc import Iterator
from typing import Any

from engines.base import RenderLimits
from engines.lottie.document import (
    Json,
    LottieDocument,
    array,
    at_rest,
    is_object,
    layer_name,
    number,
    objects,
    reference,
)
from models.errors import LimitExceeded, TemplateInvalid

MAX_NESTING = 32  # of precompositions
MAX_LAYERS = 50_000  # with every use of a precomposition counted
MAX_COPIES = 10_000  # by nested repeaters together; ThorVG needs minutes for a million
MAX_STAR_POINTS = 10_000  # measured: ThorVG takes 9 seconds for 100 million
MAX_FRAME_RATE = 1000
_FINEST_DASH = 0.01  # pixels; ThorVG cuts a path into all of its dashes
_ROOT = ""  # stands for the root among the asset ids of precompositions


def check_document(document: LottieDocument, limits: RenderLimits) -> None:
    """Raises TemplateInvalid or LimitExceeded."""
    _check_header(document.root)
    _check_nesting(document)
    _check_compositions(document, limits)
    _check_parents(document)
    for position, layer in enumerate(document.all_layers(), start=1):
        _check_shapes(objects(layer.get("shapes")), layer_name(layer, position))


def _check_header(root: Json) -> None:
    for key, meaning in (("w", "width"), ("h", "height"), ("fr", "frame rate")):
        if not number(root.get(key), 0.0) > 0:
            raise TemplateInvalid(f"The template's {meaning} ({key}) is not a number above 0.")
    for key, meaning in (("ip", "first frame"), ("op", "end frame")):
        if root.get(key) is None or number(root[key], -1.0) != number(root[key], -2.0):
            raise TemplateInvalid(f"The template's {meaning} ({key}) is not a number.")
    if not root["op"] > root["ip"]:
        raise TemplateInvalid("The template has no frames: its end (op) is not after its ip.")
    if root["fr"] > MAX_FRAME_RATE:
        raise TemplateInvalid(f"The template's frame rate is over {MAX_FRAME_RATE}.")


def _check_nesting(document: LottieDocument) -> None:
    layers = {**document.precompositions, _ROOT: objects(document.root["layers"])}
    measured: dict[str, tuple[int, int]] = {}

    def measure(identity: str, path: tuple[str, ...]) -> tuple[int, int]:
        """How many layers the composition draws, and how many levels of compositions."""
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
    for composition in document.compositions.values():
        check_size(composition.name, composition.width, composition.height, limits)
        if composition.frames > limits.frames:
            raise LimitExceeded(
                f"The composition {composition.name!r} has {composition.frames} frames; "
                f"this server renders at most {limits.frames}."
            )


def check_size(name: str, width: int, height: int, limits: RenderLimits) -> None:
    if width * height > limits.pixels_per_frame:
        raise LimitExceeded(
            f"The composition {name!r} is {width}x{height} pixels; "
            f"this server renders at most {limits.pixels_per_frame} pixels a frame."
        )


def _check_parents(document: LottieDocument) -> None:
    """A layer that is its own ancestor crashes ThorVG."""
    for composition in document.compositions.values():
        parents = {
            layer["ind"]: layer.get("parent")
            for layer in composition.layers
            if isinstance(layer.get("ind"), int)
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


def _check_shapes(shapes: list[Json], layer: str, copies: float = 1.0) -> None:
    for shape in shapes:
        if shape.get("ty") == "rp":
            copies *= max(1.0, _largest(shape.get("c")))
    if copies > MAX_COPIES:
        raise LimitExceeded(f"The layer {layer!r} repeats shapes more than {MAX_COPIES} times.")
    for shape in shapes:
        if _largest(shape.get("pt")) > MAX_STAR_POINTS:
            raise LimitExceeded(f"The layer {layer!r} has a star of too many points.")
        if _is_too_finely_dashed(shape):
            raise LimitExceeded(f"The layer {layer!r} has a stroke of too fine dashes.")
        _check_shapes(objects(shape.get("it")), layer, copies)


def _is_too_finely_dashed(shape: Json) -> bool:
    """Whether dashes and gaps together are too short: 0 and 0 mean an unbroken line."""
    lengths = [
        number(_first(at_rest(part.get("v"))), 0.0)
        for part in objects(shape.get("d"))
        if part.get("n") != "o"
    ]
    return 0 < sum(lengths) < _FINEST_DASH


def _largest(value: object) -> float:
    """The largest value that a property of one number takes; 0.0 where it is none."""
    if not is_object(value):
        return 0.0
    return max(_values(value.get("k")), default=0.0)


def _values(content: object) -> Iterator[float]:
    if isinstance(content, (int, float)):
        yield float(content)
    for keyframe in objects(content):
        for key in ("s", "e"):
            yield number(_first(keyframe.get(key)), 0.0)


def _first(value: object) -> object:
    return (array(value) or [value])[0]
