"""Layers with their switches and their property trees."""

from collections.abc import Iterator
from dataclasses import replace

from py_aep import (
    AutoOrientType,
    AVLayer,
    CameraLayer,
    LightLayer,
    PropertyGroup,
    ShapeLayer,
    TextLayer,
    TrackMatteType,
)
from py_aep import Layer as LibraryLayer
from py_aep import Property as LibraryProperty
from py_aep.binary.chunk import Chunk, ListChunk
from py_aep.binary.property_chunks import TdmnChunk
from py_aep.parsers.property import parse_properties
from py_aep.parsers.utils import get_match_name_runs

from reelbatch.models.errors import TemplateInvalid
from reelbatch.projects.chunks import LayerChunks
from reelbatch.projects.library.properties import read_properties
from reelbatch.projects.library.refusals import number, refusing
from reelbatch.projects.model import Group, Layer, LayerKind, Matte, Property, Switches, Text
from reelbatch.projects.text_data import read_texts

_OVERRIDES = "ADBE Layer Overrides"
_MATTES = {
    TrackMatteType.ALPHA: "alpha",
    TrackMatteType.ALPHA_INVERTED: "alpha_inverted",
    TrackMatteType.LUMA: "luma",
    TrackMatteType.LUMA_INVERTED: "luma_inverted",
}
_ORIENTATIONS: dict[object, str] = {
    AutoOrientType.ALONG_PATH: "path",
    AutoOrientType.CAMERA_OR_POINT_OF_INTEREST: "camera",
    AutoOrientType.CHARACTERS_TOWARD_CAMERA: "characters",
}


def read_layer(layer: LibraryLayer, chunks: LayerChunks) -> Layer:
    stretch = number(layer.stretch) / 100 or 1.0
    data = layer._ldta  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    start = number(layer.start_time)
    tree, unread = _tree(layer, chunks)
    source = layer._source_id if isinstance(layer, AVLayer) else 0  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return Layer(
        identity=layer.id,
        name=layer.name,
        kind=_kind(layer),
        switches=_switches(layer),
        start=start,
        in_point=start + number(data.in_point) * stretch,
        out_point=start + number(data.out_point) * stretch,
        stretch=stretch,
        tree=tree,
        source=source or None,
        parent=data.parent_id or None,
        matte=_matte(layer),
        unread=unread,
    )


def _tree(layer: LibraryLayer, chunks: LayerChunks) -> tuple[Group, tuple[str, ...]]:
    """The layer's properties, and what cannot be read of them."""
    try:
        with refusing("A layer of the project cannot be read"):
            texts = map(read_texts, chunks.texts)
            children = [
                *read_properties(_stored_properties(layer), texts),
                *_overrides(layer, texts),
            ]
            return Group("", layer.name, enabled=True, children=tuple(children)), chunks.unread
    except TemplateInvalid as error:
        nothing = Group("", layer.name, enabled=True, children=())
        return nothing, (*chunks.unread, error.message)


def _stored_properties(layer: LibraryLayer) -> list[LibraryProperty | PropertyGroup]:
    """Only what is in the file: read through the layer they come with all that is not."""
    tree = layer._tdgp  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    runs = get_match_name_runs(tree) if tree is not None else []
    return _parsed(layer, [run for run in runs if run[0] != _OVERRIDES])


def _parsed(
    layer: LibraryLayer, runs: list[tuple[str, list[Chunk]]]
) -> list[LibraryProperty | PropertyGroup]:
    """The properties of chunks that follow a match name."""
    stored = parse_properties(
        match_name_runs=runs,
        child_depth=1,
        effect_param_defs=layer._tree_param_defs or {},  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        composition=layer.containing_comp,
        layer=layer,
    )
    for one in stored:  # which the times of keyframes need
        one._parent_property = layer  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return stored


def _overrides(layer: LibraryLayer, texts: Iterator[list[Text]]) -> Iterator[Group]:
    """The Essential Properties that a layer sets: each value and each group of them has the
    identity of its control, in their order. The library makes one of equal ones that follow each
    other."""
    tree = layer._tdgp  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    identities = iter(layer.essential_property_uuids)
    if tree is None or not layer.essential_property_uuids:
        return
    for match_name, chunks in _one_by_one(tree):
        groups = [one for one in chunks if isinstance(one, ListChunk) and one.list_type == "tdgp"]
        if match_name == _OVERRIDES and groups:
            children = tuple(_override(layer, groups[0], identities, texts))
            yield Group(_OVERRIDES, "", enabled=True, children=children)


def _override(
    layer: LibraryLayer, chunk: ListChunk, identities: Iterator[str], texts: Iterator[list[Text]]
) -> Iterator[Group | Property]:
    for match_name, chunks in _one_by_one(chunk):
        lists = [one for one in chunks if isinstance(one, ListChunk)]
        identity = next(identities, "")
        if lists and lists[0].list_type == "tdgp":
            inner = tuple(_override(layer, lists[0], identities, texts))
            yield Group(match_name, "", enabled=True, children=inner)
            continue
        for each in read_properties(_parsed(layer, [(match_name, chunks)]), texts):
            if isinstance(each, Property):
                yield replace(each, control=identity)


def _one_by_one(chunk: ListChunk) -> Iterator[tuple[str, list[Chunk]]]:
    """What follows each match name in a group."""
    name = ""
    found: list[Chunk] = []
    for each in chunk.chunks:
        if isinstance(each, TdmnChunk):
            if name:
                yield name, found
            name, found = each.value, []
        found.append(each)


def _kind(layer: LibraryLayer) -> LayerKind:
    if isinstance(layer, TextLayer):
        return LayerKind.TEXT
    if isinstance(layer, ShapeLayer):
        return LayerKind.SHAPE
    if isinstance(layer, CameraLayer):
        return LayerKind.CAMERA
    if isinstance(layer, LightLayer):
        return LayerKind.LIGHT
    if type(layer) is not AVLayer:
        return LayerKind.OTHER
    return LayerKind.NULL if layer.null_layer else LayerKind.FOOTAGE


def _switches(layer: LibraryLayer) -> Switches:
    if not isinstance(layer, AVLayer):
        return Switches(enabled=layer.enabled, solo=layer.solo, three_d=True)
    return Switches(
        enabled=layer.enabled,
        audio=layer.audio_enabled,
        solo=layer.solo,
        guide=layer.guide_layer,
        adjustment=layer.adjustment_layer,
        motion_blur=layer.motion_blur,
        three_d=layer.three_d_layer,
        collapse=layer.collapse_transformation,
        effects=layer.effects_active,
        frame_blending=layer.frame_blending,
        preserve_transparency=layer.preserve_transparency,
        orient=_ORIENTATIONS.get(layer.auto_orient, "none"),  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        blending=layer.blending_mode.name.lower(),
    )


def _matte(layer: LibraryLayer) -> Matte | None:
    if not isinstance(layer, AVLayer) or layer.track_matte_type not in _MATTES:
        return None
    stated = layer._matte_layer_id  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return Matte(_MATTES[layer.track_matte_type], stated or None)
