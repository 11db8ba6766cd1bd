"""Converts layers with their content, timing, switches and mattes."""

import re
from collections.abc import Iterator

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects import CONTROL, REPLACEABLE
from reelbatch.projects.conversion.effects import effects_of, has_styles
from reelbatch.projects.conversion.keyframes import Json, animated, scalar
from reelbatch.projects.conversion.masks import masks_of
from reelbatch.projects.conversion.scene import Place, Scene
from reelbatch.projects.conversion.shapes import shapes_of
from reelbatch.projects.conversion.sources import footage, levels, solid
from reelbatch.projects.conversion.texts import text_of
from reelbatch.projects.conversion.transforms import check_depth, layer_transform
from reelbatch.projects.model import (
    Composition,
    Footage,
    Group,
    Item,
    Layer,
    LayerKind,
    Matte,
    Property,
    Solid,
    Text,
)
from reelbatch.projects.reasons import Reasons

_PRECOMPOSITION, _NULL, _SHAPE, _TEXT = 0, 3, 4, 5
_BLENDING = {
    "normal": 0,
    "multiply": 1,
    "screen": 2,
    "overlay": 3,
    "darken": 4,
    "lighten": 5,
    "color_dodge": 6,
    "color_burn": 7,
    "hard_light": 8,
    "soft_light": 9,
    "difference": 10,
    "exclusion": 11,
    "hue": 12,
    "saturation": 13,
    "color": 14,
    "luminosity": 15,
    "add": 16,
    "linear_dodge": 16,
    "classic_difference": 10,
    "classic_color_dodge": 6,
    "classic_color_burn": 7,
}
_MATTES = {"alpha": 1, "alpha_inverted": 2, "luma": 3, "luma_inverted": 4}
_TIME_REMAP = "ADBE Time Remapping"
# Groups at the root of a layer. The unread ones, except the last two, belong to three-dimensional
# layers, which are a reason by themselves.
_READ = frozenset(
    {
        "ADBE Transform Group",
        "ADBE Mask Parade",
        "ADBE Effect Parade",
        "ADBE Layer Styles",
        "ADBE Audio Group",
        "ADBE Text Properties",
        "ADBE Root Vectors Group",
        "ADBE Layer Overrides",
        _TIME_REMAP,
        "ADBE Marker",
    }
)
_UNREAD = frozenset(
    {
        "ADBE Plane Options Group",
        "ADBE Extrsn Options Group",
        "ADBE Material Options Group",
        "ADBE Camera Options Group",
        "ADBE Light Options Group",
        "ADBE MTrackers",
        "ADBE Layer Sets",
    }
)
_SOURCE_OPTIONS = "ADBE Source Options Group"
_UNCALCULATED = re.compile(
    r"""\\.|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?(?:\*/|\Z)""", re.DOTALL
)
"""Strings and comments of an expression. It also matches escapes outside strings and comments
without an end, so that a single pass is enough and no search repeatedly runs to the end.
"""
_LOOP = re.compile(
    r"\s*loop(?:Out|In)(?:Duration)?\(\s*(?:(['\"])(?:cycle|pingpong|offset|continue)\1\s*"
    r"(?:,\s*\d+(?:\.\d+)?\s*)?)?\)\s*(?:;\s*)?"
)


def is_seen(layer: Layer, place: Place) -> bool:
    """Whether the layer is shown."""
    return layer.identity not in place.unseen


def convert_layer(layer: Layer, place: Place, scene: Scene, reasons: Reasons) -> Json:
    """Convert a layer without its matte, which depends on other layers."""
    source = scene.project.items.get(layer.source) if layer.source is not None else None
    _check_layer(layer, source, place, reasons)
    content = _content(layer, source, scene, reasons)
    first, last = _span(layer, source)
    converted: Json = {
        "ty": content["ty"],
        "ind": place.indices[layer.identity],
        "nm": layer.name,
        "ddd": 0,
        "sr": 1,
        "ks": _transform(layer, source, place, scene),
        "ao": int(layer.switches.orient == "path"),
        "ip": scene.clock.frames(first),
        "op": scene.clock.frames(last),
        "st": scene.clock.frames(layer.start),
        "bm": _BLENDING.get(layer.switches.blending, 0),
        **content,
    }
    if layer.kind is LayerKind.FOOTAGE:
        anchor = layer.tree.group("ADBE Transform Group").leaf("ADBE Anchor Point")
        converted[REPLACEABLE] = "middle" if anchor is None else "kept"
    if layer.slot:
        converted[CONTROL] = layer.slot
    if layer.parent in place.indices:
        converted["parent"] = place.indices[layer.parent]
    if converted["ty"] == _PRECOMPOSITION:
        converted |= _timing(layer, scene)
        if scene.is_heard(source):
            converted["au"] = levels(layer, scene.clock, reasons)
    if masks := masks_of(layer.tree.group("ADBE Mask Parade"), scene.clock, reasons):
        converted |= {"hasMask": True, "masksProperties": masks}
    if layer.switches.effects and not layer.switches.adjustment:
        effects = effects_of(layer.tree, scene.clock, place.indices, reasons)
        converted |= {"ef": effects} if effects else {}
    if not is_seen(layer, place):
        converted["hd"] = True
    return converted


def _content(layer: Layer, source: Item | None, scene: Scene, reasons: Reasons) -> Json:
    if layer.switches.adjustment or layer.kind in (LayerKind.NULL, LayerKind.CAMERA):
        return {"ty": _NULL}
    if layer.kind is LayerKind.SHAPE:
        contents = layer.tree.group("ADBE Root Vectors Group")
        return {"ty": _SHAPE, "shapes": shapes_of(contents, scene.clock, reasons)}
    if layer.kind is LayerKind.TEXT:
        properties = layer.tree.group("ADBE Text Properties")
        return {"ty": _TEXT, "t": text_of(properties, scene.clock, scene.fonts, reasons)}
    if isinstance(source, Composition):
        return {"ty": _PRECOMPOSITION, "w": source.width, "h": source.height}
    if isinstance(source, Solid):
        return solid(source, reasons)
    if isinstance(source, Footage):
        return footage(source, layer, scene, reasons)
    return {"ty": _NULL}


def _transform(layer: Layer, source: Item | None, place: Place, scene: Scene) -> Json:
    """The layer's transform. After Effects omits the centres of the source and the composition."""
    has_size = layer.kind is LayerKind.FOOTAGE and source is not None
    anchor = (source.width / 2, source.height / 2) if has_size and source else (0.0, 0.0)
    middle = (place.composition.width / 2, place.composition.height / 2)
    return layer_transform(layer, scene.clock, anchor=anchor, position=middle)


def _span(layer: Layer, source: Item | None) -> tuple[float, float]:
    """The layer's first and last time in seconds. A source is not shown before its beginning or
    after its end, unless its time is remapped, which holds the first and last frames."""
    first, last = sorted((layer.in_point, layer.out_point))
    length = source.duration if isinstance(source, (Composition, Footage)) else 0.0
    if length <= 0 or layer.stretch < 0 or layer.tree.leaf(_TIME_REMAP) is not None:
        return first, last
    return max(first, layer.start), min(last, layer.start + length * layer.stretch)


def _timing(layer: Layer, scene: Scene) -> Json:
    """Which frames of a nested composition are shown when."""
    remap = layer.tree.leaf(_TIME_REMAP)
    if remap is not None:
        return {"tm": animated(remap, 0, scene.clock, scalar)}
    if layer.stretch > 0:
        return {"sr": layer.stretch}
    first, last = sorted((layer.in_point, layer.out_point))
    ends = (
        (scene.clock.frames(time), (time - layer.start) / layer.stretch) for time in (first, last)
    )
    (start, after), (end, before) = ends
    even = {"o": {"x": [0], "y": [0]}, "i": {"x": [1], "y": [1]}}
    return {"tm": {"a": 1, "k": [{"t": start, "s": [after], **even}, {"t": end, "s": [before]}]}}


def matted(
    layers: list[Json], mattes: list[tuple[int, Matte]], place: Place, reasons: Reasons
) -> list[Json]:
    """Link each layer to its matte, and keep visible mattes visible.

    `mattes` are the positions of the layers with a matte, and their mattes.
    """
    drawn: dict[int, Json] = {}  # copies of mattes that are visible themselves, by position
    with_matte = {position for position, _ in mattes}
    for position, matte in mattes:
        above = position - 1 if matte.layer is None else place.indices.get(matte.layer, 0) - 1
        if not 0 <= above < len(layers) or above == position:
            reasons.add(
                WarningCode.MATTE_NOT_DRAWN, "A layer's track matte is not in its composition."
            )
            continue
        source = layers[above]
        if place.composition.layers[above].switches.adjustment:
            reasons.add(
                WarningCode.MATTE_NOT_DRAWN, "An adjustment layer is not drawn as a track matte."
            )
        if above in with_matte and not layers[position].get("hd"):
            reasons.add(
                WarningCode.MATTE_NOT_DRAWN, "A matte that has a matte itself is drawn without it."
            )
        layers[position] |= {"tt": _MATTES[matte.kind], "tp": source["ind"]}
        if not source.get("hd") and "td" not in source:
            drawn[above] = {**source, "ind": len(layers) + len(drawn) + 1}
        source.pop("hd", None)
        source["td"] = 1
    return [one for n, layer in enumerate(layers) for one in (layer, drawn.get(n)) if one]


def _check_layer(layer: Layer, source: Item | None, place: Place, reasons: Reasons) -> None:
    for code, message in _problems(layer, source, place):
        reasons.add(code, message)
    if layer.switches.three_d and layer.kind not in (LayerKind.CAMERA, LayerKind.LIGHT):
        check_depth(layer, reasons, with_camera=place.deep)
    for one in layer.tree.all_properties():
        if one.expression and not _runs_alike(one):
            message = (
                f"The expression of {one.name!r} may give a different result than in After Effects."
            )
            reasons.add(WarningCode.EXPRESSION_DIFFERS, message)


def _runs_alike(one: Property) -> bool:
    """Whether an expression has the same result in JavaScript, which cannot add arrays."""
    if _LOOP.fullmatch(one.expression):
        return True
    code = _UNCALCULATED.sub("", one.expression)
    is_single = isinstance(one.value, Text) or (
        isinstance(one.value, tuple) and len(one.value) == 1
    )
    return is_single or not re.search(r"[-+*/%]", code)


def _problems(layer: Layer, source: Item | None, place: Place) -> Iterator[tuple[WarningCode, str]]:
    switches, composition = layer.switches, place.composition
    for kind in layer.unread:
        message = f"The layer has something that is not understood: {kind.rstrip('.')}."
        yield WarningCode.NOT_UNDERSTOOD, message
    for child in layer.tree.children:
        is_empty = isinstance(child, Group) and not any(child.all_properties())
        if child.match_name == _SOURCE_OPTIONS and not is_empty:
            yield (
                WarningCode.ESSENTIAL_PROPERTIES_NOT_DRAWN,
                "The layer's replaced source is not drawn.",
            )
        elif child.match_name not in _READ | _UNREAD and not is_empty:
            yield (
                WarningCode.NOT_UNDERSTOOD,
                f"The layer has something that is not understood: {child.name}.",
            )
    if layer.kind is LayerKind.OTHER:
        yield WarningCode.LAYER_NOT_DRAWN, "Three-dimensional models and meshes are not drawn."
    if layer.kind is LayerKind.FOOTAGE and source is None:
        yield WarningCode.LAYER_NOT_DRAWN, "The layer's source is missing from the project."
    if switches.adjustment and (
        any(effect.enabled for effect in layer.tree.group("ADBE Effect Parade").groups)
        or has_styles(layer.tree)
    ):
        yield WarningCode.ADJUSTMENT_LAYER_NOT_DRAWN, "Adjustment layers are not drawn."
    if switches.motion_blur and composition.motion_blur and _moves(layer):
        yield WarningCode.MOTION_BLUR_NOT_DRAWN, "Motion blur is not drawn."
    if switches.preserve_transparency:
        yield (
            WarningCode.TRANSPARENCY_NOT_PRESERVED,
            "Preserve Underlying Transparency is not drawn.",
        )
    if switches.blending not in _BLENDING:
        mode = switches.blending.replace("_", " ")
        yield (
            WarningCode.BLEND_MODE_NOT_DRAWN,
            f"The blending mode {mode} is not drawn as designed.",
        )
    if switches.frame_blending and composition.frame_blending and _is_retimed(layer):
        yield WarningCode.FRAME_BLENDING_NOT_DRAWN, "Frame blending is not drawn."


def _moves(layer: Layer) -> bool:
    return any(one.keyframes or one.expression for one in layer.tree.all_properties())


def _is_retimed(layer: Layer) -> bool:
    return layer.stretch != 1 or layer.tree.leaf(_TIME_REMAP) is not None
