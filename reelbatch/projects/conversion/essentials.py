"""Essential Graphics: a composition's controls become slots that jobs set by name. A layer's values
for the controls of its composition are Essential Properties."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from reelbatch.projects.model import Composition, Control, Group, Layer, PathStep, Property

_TRANSFORM = "ADBE Transform Group"
_OVERRIDES = "ADBE Layer Overrides"
_POINT = 5  # the kind of control of a point
MEDIA = 14  # the kind of control that replaces a layer's source
_IN_EFFECT = (("ADBE Effect Parade", None),)

_Change = Callable[[Property], Property]


@dataclass(frozen=True)
class Override:
    """A layer's value for a control of its composition."""

    control: Control
    value: Property  # in the time of the composition, not of the layer

    def on(self, layer: Layer) -> Layer:
        """The layer with this value; the same object if nothing changes."""
        if self.value.item is not None:
            return (
                layer if self.value.item == layer.source else replace(layer, source=self.value.item)
            )
        tree = _changed(layer.tree, self.control.property_path, self._replaced)
        return layer if tree is layer.tree else replace(layer, tree=tree)

    def _replaced(self, old: Property) -> Property:
        value = self.value
        new = replace(old, value=value.value, keyframes=value.keyframes, expression="")
        return old if new == old and not value.slot else replace(new, slot=value.slot)


def with_slots(composition: Composition, controls: Iterable[Control]) -> Composition:
    """The composition with the names of its controls on the properties that they set."""
    return _with(
        composition,
        ((control, lambda layer, one=control: _named(layer, one)) for control in controls),
    )


def with_overrides(composition: Composition, overrides: Iterable[Override]) -> Composition:
    """The composition as shown by a layer with these overrides."""
    return _with(composition, ((one.control, one.on) for one in overrides))


def overrides_of(layer: Layer, source: Composition) -> tuple[list[Override], list[str]]:
    """The overrides of a layer that shows `source`, and the names of those that cannot be drawn."""
    controls = {control.identity: control for control in source.controls}
    found: list[Override] = []
    others: list[str] = []
    for leaf in layer.tree.group(_OVERRIDES).all_properties():
        control = controls.get(leaf.control)
        if control is not None and _is_drawn(leaf, layer, control):
            found.append(Override(control, _inside(leaf, layer)))
        else:
            others.append(control.name if control is not None else leaf.name)
    return found, others


def _is_drawn(leaf: Property, layer: Layer, control: Control) -> bool:
    """Whether an override can be applied: its values have the units of the property, and its times
    differ at most by a shift.

    Points of effects are fractions of a size that the file does not contain.
    """
    if leaf.expression or (control.kind == _POINT and control.property_path[:1] == _IN_EFFECT):
        return False
    remapped = layer.tree.leaf("ADBE Time Remapping") is not None
    is_even = layer.stretch == 1 and not remapped and control.composition == layer.source
    return is_even or not leaf.keyframes


def _inside(leaf: Property, layer: Layer) -> Property:
    shifted = (replace(one, time=one.time - layer.start) for one in leaf.keyframes)
    return replace(leaf, keyframes=tuple(shifted))


def _with(
    composition: Composition, changes: Iterable[tuple[Control, Callable[[Layer], Layer]]]
) -> Composition:
    """The composition with changed layers; the same object if nothing changes."""
    layers = list(composition.layers)
    places = {layer.identity: place for place, layer in enumerate(layers)}
    for control, change in changes:
        place = places.get(control.layer)
        if control.composition == composition.identity and place is not None:
            layers[place] = change(layers[place])
    is_same = all(one is other for one, other in zip(layers, composition.layers, strict=True))
    return composition if is_same else replace(composition, layers=tuple(layers))


def _named(layer: Layer, control: Control) -> Layer:
    if control.kind == MEDIA:
        return replace(layer, slot=control.name)
    tree = _changed(layer.tree, control.property_path, lambda one: replace(one, slot=control.name))
    return replace(layer, tree=tree)


def _changed(group: Group, path: Sequence[PathStep], change: _Change) -> Group:
    """The group with the property at `path` changed; the same object if there is none."""
    place = _place(group, path[0]) if path else None
    if place is None and len(path) == 1 and group.match_name == _TRANSFORM:
        unwritten = Property(path[0][0], "", None)  # it has its default
        return replace(group, children=(*group.children, change(unwritten)))
    if place is None:
        return group
    children = list(group.children)
    child = children[place]
    if isinstance(child, Group):
        children[place] = _changed(child, path[1:], change)
    elif len(path) == 1:
        children[place] = change(child)
    return group if children[place] is child else replace(group, children=tuple(children))


def _place(group: Group, step: PathStep) -> int | None:
    """The position of the child; None if it is missing or ambiguous, such as among effects."""
    match_name, position = step
    places = [n for n, child in enumerate(group.children) if child.match_name == match_name]
    if len(places) == 1:
        return places[0]
    return position if position in places else None
