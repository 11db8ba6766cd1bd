"""Finds everything in a template that will not be drawn as designed.

Other modules decide how things are drawn. When one of them learns to draw something correctly, its
warning is removed here.
"""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    array,
    is_object,
    layer_name,
    layer_type,
    number,
    objects,
    reference,
)
from reelbatch.engines.lottie.images import asset_content, missing_picture, svg_warning
from reelbatch.engines.lottie.loops import is_loop
from reelbatch.engines.lottie.reading.walking import all_objects, all_shapes, states
from reelbatch.engines.lottie.rewriting.masks import is_out_of_order
from reelbatch.engines.lottie.rewriting.rectangles import replace_rectangles
from reelbatch.engines.lottie.rewriting.stars import replace_stars
from reelbatch.engines.lottie.rewriting.trims import trim_individually
from reelbatch.engines.lottie.sheets import DEEPEST, MODES, blended_layers, can_be_separated
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.typesetting.fontfile import FontUnreadable, open_font
from reelbatch.models.wire.warnings import RenderWarning, WarningCode

_DRAWN_EFFECTS = frozenset({20, 21, 22, 23, 25, 28, 29, 35})  # Tint, Fill, Stroke, Tritone, …
_CUSTOM_EFFECT = 5  # an expression control, or an effect that Lottie has no type for
_CONTROLS = ("Pseudo/", "PSEUDO/")
_NOT_DRAWN = {
    "video": "The layer's own video is not played. Send the video as an asset instead.",
    "image_sequence": "The layer's image sequence is not played. Send a video as an asset instead.",
    "adjustment": "Adjustment layers have no effect.",
    "light": "Lights have no effect.",
    "unknown": "The layer is not drawn, because its type is unknown.",
}
_SOFT_LIGHT = 9
_FILL, _SHADOW = 21, 25
_MASK_CONTROLS = (0, 1, 3, 4, 5)  # of Fill: mask, all masks, inverted, and two feathers
_SHADOW_ONLY = 5  # a control of Drop Shadow
_MODIFIERS = {"tw": "twist"}
_MERGE = 1  # the only merge mode that is drawn: the paths one after another
_TRIMS_INDIVIDUALLY = 2
_UNREAD_FONTS = (".woff2",)

_Found = tuple[WarningCode, str]


def warnings_of(document: LottieDocument, files: TemplateFiles) -> Iterator[RenderWarning]:
    """Yield the warnings in the order of compositions and layers, without hidden layers.

    Expressions are always included. An engine that runs them drops those warnings.
    """
    flattened = _not_separable(document)
    for composition in document.compositions.values():
        blended: list[int] = []
        if composition.asset_id not in flattened:
            blended = [position + 1 for position in blended_layers(composition.layers)]
        for position, layer in composition.numbered():
            if layer.get("hd") is True:
                continue
            name = layer_name(layer, position)
            seen = _Layer(document, files, layer, is_blended=position in blended)
            for code, message in seen.found():
                yield RenderWarning(
                    code=code, message=message, layer=name, composition=composition.name
                )
    yield from _unread_fonts(files)


def _not_separable(document: LottieDocument) -> set[str | None]:
    """The ids of precompositions that cannot be drawn separately from the rest.

    They are nested too deeply, or are shown by a layer that cannot be separated. The
    precompositions inside them are included.
    """
    found = set[str | None]()
    waiting = [
        reference(layer.get("refId"))
        for composition in document.compositions.values()
        for layer in composition.layers
        if layer_type(layer) == "precomp" and not can_be_separated(layer, composition.layers)
    ]
    nested = _shown_by(document.main.layers)
    for _ in range(DEEPEST):
        inside = (document.precompositions.get(name, []) for name in nested)
        nested = set[str]().union(*map(_shown_by, inside))
    waiting += nested
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _shown_by(document.precompositions.get(name, []))
    return found


def _shown_by(layers: Iterable[Json]) -> set[str]:
    return {reference(layer.get("refId")) for layer in layers}


@dataclass(frozen=True)
class _Layer:
    document: LottieDocument
    files: TemplateFiles
    content: Json
    is_blended: bool  # by a mode that ThorVG lacks

    def found(self) -> Iterator[_Found]:
        kind = layer_type(self.content)
        if kind == "camera":
            yield WarningCode.CAMERA_NOT_DRAWN, "The camera is ignored: all layers are drawn flat."
        if kind in _NOT_DRAWN:
            yield WarningCode.LAYER_NOT_DRAWN, _NOT_DRAWN[kind]
        if self._has_depth():
            yield WarningCode.LAYER_IN_3D, "The layer is drawn without perspective."
        yield from self._files(kind)
        yield from self._effects()
        yield from self._whole()
        yield from _shapes(self.content)
        yield from _texts(self.content)

    def _has_depth(self) -> bool:
        """Whether the layer leaves the plane of the composition, or rotates out of it."""
        transform = self.content.get("ks")
        if self.content.get("ddd") != 1 or not is_object(transform):
            return False
        depths = (array(place)[2:3] for place in states(transform.get("p")))
        turns = (state for key in ("rx", "ry", "or") for state in states(transform.get(key)))
        return any(map(_is_not_zero, (*depths, *turns)))

    def _files(self, kind: str) -> Iterator[_Found]:
        asset = self.document.asset_of(self.content) or {}
        if kind == "image" and "p" in asset:
            missing = missing_picture(asset, self.files)
            if missing is not None:
                yield WarningCode.MISSING_PICTURE, missing
            svg = svg_warning(asset, self.files)
            if svg is not None:
                yield WarningCode(svg.code), svg.message
        if kind == "audio" and not asset_content(asset, self.files):
            message = f"The layer's sound {str(asset.get('p'))[:100]} is not in the template."
            yield WarningCode.MISSING_SOUND, message

    def _effects(self) -> Iterator[_Found]:
        for effect in objects(self.content.get("ef")):
            name = effect.get("nm") or effect.get("mn") or effect.get("ty")
            if effect.get("en") == 1 and not _is_drawn(effect):
                yield WarningCode.EFFECT_NOT_DRAWN, f"The effect {name} is not drawn."
            elif effect.get("en") == 1 and (flaw := _flaw(effect, self.content)):
                yield WarningCode.EFFECT_NOT_DRAWN, f"The effect {name} {flaw}."

    def _whole(self) -> Iterator[_Found]:
        """Yield what concerns the layer as a whole."""
        layer = self.content
        if layer.get("sy"):
            yield WarningCode.LAYER_STYLES_NOT_DRAWN, "The layer's styles are not drawn."
        masks = objects(layer.get("masksProperties"))
        if any(_is_not_zero(state) for mask in masks for state in states(mask.get("f"))):
            message = "The feathered edges of the layer's masks are drawn sharp."
            yield WarningCode.MASK_FEATHER_NOT_DRAWN, message
        if is_out_of_order(layer):
            message = "The layer's masks are combined in a different order than designed."
            yield WarningCode.MASKS_OUT_OF_ORDER, message
        scripts = [value for value in all_objects(layer) if _has_script(value)]
        if scripts:
            message = (
                "An expression will not run. Its exported value is used instead."
                if len(scripts) == 1
                else f"{len(scripts)} expressions will not run. Their exported values are used "
                "instead."
            )
            yield WarningCode.EXPRESSIONS_OFF, message
        if not self.is_blended:
            yield from _blends([layer])
        yield from _blends(all_shapes(layer.get("shapes")))


def _is_not_zero(state: object) -> bool:
    return any(number(part, 0.0) for part in (array(state) or [state]))


def _is_drawn(effect: Json) -> bool:
    kind = _whole_number(effect.get("ty"))
    if kind != _CUSTOM_EFFECT:
        return kind in _DRAWN_EFFECTS
    name = effect.get("mn")
    if not isinstance(name, str):
        return True
    return name.startswith(_CONTROLS) or name.endswith(" Control")


def _flaw(effect: Json, layer: Json) -> str:
    """How a drawn effect differs from its design; empty if it does not."""
    kind = _whole_number(effect.get("ty"))
    if kind == _FILL and objects(layer.get("masksProperties")) and _sets(effect, *_MASK_CONTROLS):
        return "fills the whole layer instead of its masks"
    if kind == _SHADOW and _sets(effect, _SHADOW_ONLY):
        return "draws the layer with its shadow instead of only the shadow"
    return ""


def _sets(effect: Json, *controls: int) -> bool:
    values = dict(enumerate(objects(effect.get("ef"))))
    found = (values[control].get("v") for control in controls if control in values)
    return any(map(_is_set, found))


def _has_script(value: Json) -> bool:
    script = value.get("x")
    return isinstance(script, str) and bool(script.strip()) and not is_loop(value)


def _blends(holders: Iterable[Json]) -> Iterator[_Found]:
    for mode in sorted({_whole_number(holder.get("bm")) for holder in holders}):
        if mode in MODES:
            flaw = "brighter" if mode == _SOFT_LIGHT else "weaker"
            message = f"The blend mode {MODES[mode]} looks {flaw} than designed."
            yield WarningCode.BLEND_MODE_WEAK, message


def _whole_number(value: object) -> int:
    return int(number(value, 0.0))


def _shapes(layer: Json) -> Iterator[_Found]:
    top = objects(layer.get("shapes"))
    shapes = [shape for shape in all_shapes(top) if shape.get("hd") is not True]
    for kind in sorted({str(shape.get("ty")) for shape in shapes} & _MODIFIERS.keys()):
        yield WarningCode.SHAPE_NOT_DRAWN, f"The modifier {_MODIFIERS[kind]} has no effect."
    zigzags = [shape for shape in shapes if shape.get("ty") == "zz"]
    if zigzags and any(shape.get("ty") == "el" for shape in shapes):
        yield WarningCode.SHAPE_NOT_DRAWN, "The zig-zag does not change ellipses."
    if any(_has_keyframes(zigzag.get(key)) for zigzag in zigzags for key in "sr"):
        message = "The zig-zag keeps its initial size and number of ridges."
        yield WarningCode.SHAPE_NOT_DRAWN, message
    if any(map(_rounds_before_trims, _lists_of(top))):
        message = "The layer's rounded paths are trimmed from a different starting point."
        yield WarningCode.SHAPE_NOT_DRAWN, message
    if any(shape.get("ty") == "mm" and shape.get("mm", _MERGE) != _MERGE for shape in shapes):
        message = "Merged paths are drawn whole, one after another."
        yield WarningCode.PATHS_NOT_MERGED, message
    if len(top) > 2 and _trims_individually(top) and _trims_individually(_trimmed(layer)):
        message = "The layer's paths are trimmed simultaneously instead of individually."
        yield WarningCode.TRIM_PATHS_TOGETHER, message


def _has_keyframes(animated: object) -> bool:
    return is_object(animated) and bool(objects(animated.get("k")))


def _lists_of(shapes: list[Json]) -> Iterator[list[Json]]:
    """The top-level shapes, then the items of each group."""
    yield shapes
    yield from (objects(one.get("it")) for one in all_shapes(shapes) if one.get("ty") == "gr")


def _rounds_before_trims(shapes: list[Json]) -> bool:
    """Whether paths have corners that are rounded before the paths are trimmed."""
    seen = [shape for shape in shapes if shape.get("hd") is not True]
    rounds = [n for n, one in enumerate(seen) if one.get("ty") == "rd" and _is_set(one.get("r"))]
    trims = [n for n, one in enumerate(seen) if one.get("ty") == "tm"]
    return bool(rounds and trims) and rounds[0] < trims[-1] and _has_corners(seen)


def _has_corners(shapes: list[Json]) -> bool:
    return any(one.get("ty") in ("sh", "rc", "sr") for one in all_shapes(shapes))


def _is_set(animated: object) -> bool:
    return any(map(_is_not_zero, states(animated)))


def _trims_individually(shapes: list[Json]) -> bool:
    trims = [shape for shape in shapes if shape.get("ty") == "tm" and shape.get("hd") is not True]
    return any(trim.get("m") == _TRIMS_INDIVIDUALLY for trim in trims)


def _trimmed(layer: Json) -> list[Json]:
    """The layer's shapes after the rewriting that removes the trims it can."""
    drawn = copy.deepcopy(layer)
    replace_rectangles([drawn])
    replace_stars([drawn])
    trim_individually([drawn])
    return objects(drawn["shapes"])


def _texts(layer: Json) -> Iterator[_Found]:
    text = layer.get("t")
    if not is_object(text):
        return
    animators = objects(text.get("a"))
    if any(_turns_letters(animator.get("a")) for animator in animators):
        message = "The text's letters are not moved or rotated in 3D."
        yield WarningCode.LETTERS_IN_3D, message
    selectors = (animator.get("s") for animator in animators)
    if any(is_object(selector) and selector.get("t") for selector in selectors):
        message = "A wiggly or expression selector of the text has no effect."
        yield WarningCode.SELECTOR_NOT_DRAWN, message


def _turns_letters(animated: object) -> bool:
    if not is_object(animated):
        return False
    depths = (array(place)[2:3] for place in states(animated.get("p")))
    turns = (state for key in ("rx", "ry") for state in states(animated.get(key)))
    return any(map(_is_not_zero, (*depths, *turns)))


def _unread_fonts(files: TemplateFiles) -> Iterator[RenderWarning]:
    fonts = [*files.fonts.items()]
    fonts += [(path.name, b"") for path in files.files if path.suffix.casefold() in _UNREAD_FONTS]
    for name, content in sorted(fonts):
        try:
            open_font(content, name)
        except FontUnreadable:
            message = f"The font file {name} cannot be read. Provide it as TTF or OTF."
            yield RenderWarning(code=WarningCode.FONT_NOT_READ, message=message)
