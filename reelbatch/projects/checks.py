"""Checks of a project that was read: later code never meets a cycle, or zero as a size or rate."""

from reelbatch.models.errors import LimitExceeded, TemplateInvalid
from reelbatch.projects.model import Composition, Project

MAX_LAYERS = 50_000  # of all compositions together
_MAX_NESTING = 32  # levels of nested compositions, as in a Lottie document
_FRAME_RATES = (0.01, 1000.0)  # frames per second


def check_project(project: Project) -> None:
    """Raises TemplateInvalid or LimitExceeded."""
    compositions = {one.identity: one for one in project.compositions}
    if not compositions:
        raise TemplateInvalid("The project has no composition.")
    if sum(len(one.layers) for one in compositions.values()) > MAX_LAYERS:
        raise LimitExceeded(f"The project has more than {MAX_LAYERS} layers.")
    for composition in compositions.values():
        _check_canvas(composition)
        _check_parents(composition)
    _check_nesting(compositions)


def _check_canvas(composition: Composition) -> None:
    low, high = _FRAME_RATES
    if not low <= composition.frame_rate <= high:
        raise TemplateInvalid(
            f"The project's composition {composition.name!r} has {composition.frame_rate:g} frames "
            f"per second; {low:g} to {high:g} are supported."
        )
    if composition.width < 1 or composition.height < 1 or composition.duration <= 0:
        raise TemplateInvalid(
            f"The project's composition {composition.name!r} has no size or no duration."
        )


def _check_parents(composition: Composition) -> None:
    parents = {layer.identity: layer.parent for layer in composition.layers}
    safe: set[int | None] = set()
    for start in parents:
        chain: set[int | None] = set()
        layer: int | None = start
        while layer in parents and layer not in safe:
            if layer in chain:
                raise TemplateInvalid(
                    f"Layers in the project's composition {composition.name!r} are each other's "
                    "parents."
                )
            chain.add(layer)
            layer = parents[layer]
        safe |= chain


def _check_nesting(compositions: dict[int, Composition]) -> None:
    """Depth-first without recursion; the number of levels below each composition is found once."""
    levels: dict[int, int] = {}
    for start in compositions:
        waiting = [(start, iter(_inner(compositions, start)))] if start not in levels else []
        open_ones = {start}
        while waiting:
            identity, inner = waiting[-1]
            below = next(inner, None)
            if below is None:
                waiting.pop()
                open_ones.discard(identity)
                levels[identity] = 1 + max(
                    (levels[one] for one in _inner(compositions, identity)), default=0
                )
            elif below in open_ones:
                raise TemplateInvalid(
                    f"The project's composition {compositions[below].name!r} contains itself."
                )
            elif below not in levels:
                open_ones.add(below)
                waiting.append((below, iter(_inner(compositions, below))))
    if max(levels.values()) > _MAX_NESTING:
        raise LimitExceeded(
            f"The project's compositions are nested deeper than {_MAX_NESTING} levels."
        )


def _inner(compositions: dict[int, Composition], identity: int) -> list[int]:
    layers = compositions[identity].layers
    return [source for layer in layers if (source := layer.source) in compositions and source]
