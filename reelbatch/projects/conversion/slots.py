"""Controls of Essential Graphics as slots, which jobs set by the control's name."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reelbatch.projects.model import Composition, Control, Group, PathStep, Property

_TRANSFORM = "ADBE Transform Group"


def with_slots(composition: Composition, controls: Iterable[Control]) -> Composition:
    """The composition, with the names of its controls on the properties that they set."""
    layers = list(composition.layers)
    places = {layer.identity: place for place, layer in enumerate(layers)}
    for control in controls:
        place = places.get(control.layer)
        if control.composition != composition.identity or place is None:
            continue
        layer = layers[place]
        tree = _named(layer.tree, control.property_path, control.name)
        layers[place] = replace(layer, tree=tree)
    return replace(composition, layers=tuple(layers))


def _named(group: Group, path: Sequence[PathStep], name: str) -> Group:
    """The group with the property at the end of `path` called `name`."""
    place = _place(group, path[0]) if path else None
    if place is None and len(path) == 1 and group.match_name == _TRANSFORM:
        unwritten = Property(path[0][0], "", None, slot=name)  # which has its default
        return replace(group, children=(*group.children, unwritten))
    if place is None:
        return group
    children = list(group.children)
    child = children[place]
    if isinstance(child, Group):
        children[place] = _named(child, path[1:], name)
    elif len(path) == 1:
        children[place] = replace(child, slot=name)
    return replace(group, children=tuple(children))


def _place(group: Group, step: PathStep) -> int | None:
    """Where the child is; None where it is not, or could be one of several, such as effects."""
    match_name, position = step
    places = [n for n, child in enumerate(group.children) if child.match_name == match_name]
    if len(places) == 1:
        return places[0]
    return position if position in places else None
