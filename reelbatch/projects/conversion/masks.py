"""Converts the masks of layers."""

from collections.abc import Iterator

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import Clock, Json, animated, scalar, still
from reelbatch.projects.conversion.paths import outline, path_property
from reelbatch.projects.model import Group, Path, Property, Value
from reelbatch.projects.reasons import Reasons

_MODES = {
    "add": "a",
    "subtract": "s",
    "intersect": "i",
    "lighten": "l",
    "darken": "d",
    "difference": "f",
}


def masks_of(parade: Group, clock: Clock, reasons: Reasons) -> list[Json]:
    """The `masksProperties` of a layer, from top to bottom."""
    return [mask for group in parade.groups for mask in _mask(group, clock, reasons)]


def _mask(group: Group, clock: Clock, reasons: Reasons) -> Iterator[Json]:
    """Convert a mask. Without a mode it hides nothing, but texts and effects may use its path."""
    switches = group.mask
    if switches is None:
        return
    shape = group.leaf("ADBE Mask Shape")
    path = path_property(shape, clock, reasons)
    if switches.mode == "none":
        yield {"nm": group.name, "mode": "n", "pt": path or still(outline(None))}
        return
    if path is None:
        reasons.add(WarningCode.MASK_NOT_DRAWN, "A mask without its own path is not drawn.")
        return
    if shape is not None and any(isinstance(v, Path) and v.feathered for v in values_of(shape)):
        reasons.add(WarningCode.MASK_NOT_DRAWN, "Feather points of a mask are not drawn.")
    yield {
        "nm": group.name,
        "mode": _MODES[switches.mode],
        "inv": switches.inverted,
        "pt": path,
        "o": animated(group.leaf("ADBE Mask Opacity"), 100, clock, scalar),
        "f": animated(group.leaf("ADBE Mask Feather"), [0, 0], clock),
        "x": animated(group.leaf("ADBE Mask Offset"), 0, clock, scalar),
    }


def values_of(one: Property) -> list[Value]:
    """The property's values at its keyframes, or its only value."""
    return [keyframe.value for keyframe in one.keyframes] or [one.value]
