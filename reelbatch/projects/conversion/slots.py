"""Controls of Essential Graphics as slots, which jobs set by the control's name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reelbatch.projects.model import Composition, Group, Property


def with_slots(composition: Composition) -> Composition:
    """The composition, with the names of its controls on the properties that they set.

    A control that could mean two properties, as of two equal effects, is left out.
    """
    layers = list(composition.layers)
    places = {layer.identity: place for place, layer in enumerate(layers)}
    for control in composition.controls:
        place = places.get(control.layer)
        if control.composition != composition.identity or place is None:
            continue
        layer = layers[place]
        if len(list(_found(layer.tree, control.property_path))) == 1:
            tree = _named(layer.tree, control.property_path, control.name)
            layers[place] = replace(layer, tree=tree)
    return replace(composition, layers=tuple(layers))


def _found(group: Group, path: Sequence[str]) -> Iterator[Property]:
    for child in group.children:
        if not path or child.match_name != path[0]:
            continue
        if isinstance(child, Group):
            yield from _found(child, path[1:])
        elif len(path) == 1:
            yield child


def _named(group: Group, path: Sequence[str], name: str) -> Group:
    """The group with the property at the end of `path` called `name`."""
    children = tuple(
        child
        if child.match_name != path[0]
        else _named(child, path[1:], name)
        if isinstance(child, Group)
        else replace(child, slot=name)
        for child in group.children
    )
    return replace(group, children=children)
