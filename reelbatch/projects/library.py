"""The one module that knows py-aep: a project's checked bytes become the classes of `model`.

The library is made for programs that edit projects: it makes up what a file leaves out, and its
errors are of every type. Here only what is in the file is read, and numbers that mean nothing are
refused. It looks for no footage and for no fonts.
"""

import io
import math
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from py_aep import (
    AutoOrientType,
    AVLayer,
    CameraLayer,
    CompItem,
    FileSource,
    FootageItem,
    KeyframeInterpolationType,
    LightLayer,
    MarkerValue,
    MaskMode,
    MaskPropertyGroup,
    PropertyGroup,
    ShapeLayer,
    SolidSource,
    TextLayer,
    TrackMatteType,
)
from py_aep import Keyframe as LibraryKeyframe
from py_aep import KeyframeEase as LibraryEase
from py_aep import Layer as LibraryLayer
from py_aep import Project as LibraryProject
from py_aep import Property as LibraryProperty
from py_aep import Shape as LibraryShape
from py_aep.binary.chunk import Chunk, ListChunk, read_aep
from py_aep.binary.property_chunks import TdmnChunk
from py_aep.models.properties.gradient import Gradient as LibraryGradient
from py_aep.parsers.project import parse_project
from py_aep.parsers.property import parse_properties
from py_aep.parsers.utils import get_match_name_runs

from reelbatch.models.errors import RenderError, TemplateInvalid
from reelbatch.projects.chunks import CheckedChunks, LayerChunks
from reelbatch.projects.model import (
    Composition,
    Control,
    Ease,
    Footage,
    Gradient,
    GradientStop,
    Group,
    Interpolation,
    Item,
    Keyframe,
    Layer,
    LayerKind,
    Marker,
    MaskSwitches,
    Matte,
    Path,
    Point,
    Project,
    Property,
    Solid,
    Switches,
    Text,
    Value,
    Vector,
)
from reelbatch.projects.text_data import read_texts

_LARGEST = 1e9  # of any number that means something: pixels, seconds, degrees
_STILL = 1.0 / 100_000  # seconds; a shorter source is a picture
_TEXT, _OVERRIDES = "ADBE Text Document", "ADBE Layer Overrides"
_NUMBERED = re.compile(r"(.*?)\d+(\D*?(?:\.\w+)?)", re.DOTALL)  # the last number before the suffix
_MOST_FRAMES = 5000  # pictures of a sequence
_CONTROL, _PSEUDO = " Control", "Pseudo/"  # of the names of effects that only hold values
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
_INTERPOLATIONS: dict[object, Interpolation] = {
    KeyframeInterpolationType.LINEAR: Interpolation.LINEAR,
    KeyframeInterpolationType.BEZIER: Interpolation.BEZIER,
    KeyframeInterpolationType.HOLD: Interpolation.HOLD,
}


def read_project(checked: CheckedChunks) -> Project:
    """Read all items, with the property trees of all layers. Raises TemplateInvalid."""
    with _refusing("The project cannot be read"):
        whole, _ = read_aep(io.BytesIO(checked.content), defer_list_types=frozenset({"Layr"}))
        project = parse_project(whole, "", "project.aep")
        return Project(
            version=_version(project),
            items={
                identity: _item(item, checked)
                for identity, item in project.items.items()
                if isinstance(item, (CompItem, FootageItem))
            },
        )


@contextmanager
def _refusing(what: str) -> Generator[None]:
    """The library raises all kinds of errors at broken input: each becomes TemplateInvalid."""
    try:
        yield
    except RenderError:
        raise
    except RecursionError as error:
        raise TemplateInvalid(f"{what}: it is nested too deeply.") from error
    except Exception as error:
        raise TemplateInvalid(f"{what}: it is damaged, or of an unknown version.") from error


def _version(project: LibraryProject) -> str:
    head = project._head  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    major = head.ae_version_major & 0x7F  # some versions set the bit above
    return f"{major}.{head.ae_version_minor}"


def _item(item: CompItem | FootageItem, checked: CheckedChunks) -> Item:
    if isinstance(item, CompItem):
        return _composition(item, checked.layers.get(item.id, []))
    source = item.main_source
    duration = _number(item.duration)
    is_still = duration < _STILL
    common: dict[str, Any] = {
        "identity": item.id,
        "name": item.name,
        "width": _size(item.width),
        "height": _size(item.height),
        "pixel_aspect": _number(item.pixel_aspect) or 1.0,
    }
    if isinstance(source, SolidSource):
        return Solid(**common, color=_vector(source.color)[:3])
    is_file = isinstance(source, FileSource)
    return Footage(
        **common,
        path=source.file if is_file else "",
        frames=_frames(source) if is_file else (),
        frame_rate=0.0 if is_still else _number(item.frame_rate),
        duration=0.0 if is_still else duration,
        has_picture=item.width > 0,
        has_sound=item.has_audio,
        layer_of_file=source.layer_name if is_file else "",
        retimed=source.loop > 1 or source.conform_frame_rate != 0,
    )


def _frames(source: FileSource) -> tuple[str, ...]:
    """The names of a sequence's pictures: as listed, or as its first and last number tell them."""
    if source.file_names or not source.target_is_folder:
        return tuple(source.file_names)
    data = source._sspc  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    first, last, digits = data.start_frame, data.end_frame, data.frame_padding
    numbered = _NUMBERED.fullmatch(source.file)
    if numbered is None or not 0 < last - first < _MOST_FRAMES:
        return ()
    before, after = numbered[1], numbered[2]
    return tuple(f"{before}{each:0{min(digits, 20)}d}{after}" for each in range(first, last + 1))


def _composition(item: CompItem, chunks: list[LayerChunks]) -> Composition:
    layers = item.layers
    if len(chunks) != len(layers):
        raise ValueError("the chunks tell of other layers than the library")
    controls = tuple(_controls(item))  # before the markers, which cannot be read when these fail
    markers = item.marker_property
    return Composition(
        identity=item.id,
        name=item.name,
        width=_size(item.width),
        height=_size(item.height),
        pixel_aspect=_number(item.pixel_aspect) or 1.0,
        frame_rate=_number(item.frame_rate),
        duration=_number(item.duration),
        work_area=(_number(item.work_area_start), _number(item.work_area_duration)),
        background=_vector(item.bg_color),
        motion_blur=item.motion_blur,
        frame_blending=item.frame_blending,
        layers=tuple(_layer(layer, one) for layer, one in zip(layers, chunks, strict=True)),
        markers=None if markers is None else _property(markers, []),
        controls=controls,
    )


def _controls(item: CompItem) -> Iterator[Control]:
    """Those of Essential Graphics; of some versions the library cannot read them."""
    try:
        controllers = item.motion_graphics_controllers
    except Exception:
        return
    for one in controllers:
        if one.source_layer_id is not None:
            yield Control(
                identity=one.uuid,
                name=one.name,
                kind=one.controller_type,
                composition=one.source_comp_id or item.id,
                layer=one.source_layer_id,
                property_path=tuple(
                    (node.match_name, node.prop_index) for node in one.source_property_path
                ),
            )


def _layer(layer: LibraryLayer, chunks: LayerChunks) -> Layer:
    stretch = _number(layer.stretch) / 100 or 1.0
    data = layer._ldta  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    start = _number(layer.start_time)
    tree, unread = _tree(layer, chunks)
    source = layer._source_id if isinstance(layer, AVLayer) else 0  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return Layer(
        identity=layer.id,
        name=layer.name,
        kind=_kind(layer),
        switches=_switches(layer),
        start=start,
        in_point=start + _number(data.in_point) * stretch,
        out_point=start + _number(data.out_point) * stretch,
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
        with _refusing("A layer of the project cannot be read"):
            texts = map(read_texts, chunks.texts)
            children = [*_children(_stored_properties(layer), texts), *_overrides(layer, texts)]
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
        for each in _children(_parsed(layer, [(match_name, chunks)]), texts):
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


def _children(
    stored: list[LibraryProperty | PropertyGroup], texts: Iterator[list[Text]]
) -> Iterator[Group | Property]:
    """`texts` are those of the properties that have some, in their order."""
    for one in stored:
        if isinstance(one, LibraryProperty):
            words = next(texts, list[Text]()) if one.match_name == _TEXT else []
            if _is_set(one):
                yield _property(one, words)
            continue
        holds_values = one.match_name.endswith(_CONTROL) or one.match_name.startswith(_PSEUDO)
        if one.is_effect and holds_values:  # expressions read those that the file leaves out, too
            parameters = (each for each in one.properties if isinstance(each, LibraryProperty))
            children = tuple(_property(each, []) for each in parameters)
        else:
            inner = one._properties  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
            children = tuple(_children(inner, texts))
        yield Group(
            match_name=one.match_name,
            name=one.name,
            enabled=one.enabled,
            children=children,
            mask=_mask(one) if isinstance(one, MaskPropertyGroup) else None,
            effect=one.is_effect,
        )


def _is_set(one: LibraryProperty) -> bool:
    """Whether it is in the file; two are there also where they say nothing."""
    if one.match_name == "ADBE Time Remapping":
        return bool(one.keyframes)
    if one.match_name == "ADBE Layer Source Alternate":
        return _item_of(one) is not None
    return not one._tdbs.synthetic  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001


def _mask(mask: MaskPropertyGroup) -> MaskSwitches:
    mode = MaskMode(mask.mask_mode)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return MaskSwitches(mode.name.lower(), mask.inverted)


def _item_of(one: LibraryProperty) -> int | None:
    """What replaces the source of a layer."""
    chunk = one._blsi  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return (chunk.value or None) if chunk is not None else None


def _property(one: LibraryProperty, texts: list[Text]) -> Property:
    keyframes = one.keyframes
    values: Sequence[Value] = [_value(keyframe.value) for keyframe in keyframes]
    if texts:  # in the order of the keyframes
        values = [*texts, *[texts[-1]] * len(keyframes)][: len(keyframes)]
    stretch = one._time_stretch if keyframes else 1.0  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    read = [
        _keyframe(keyframe, value, stretch)
        for keyframe, value in zip(keyframes, values, strict=True)
    ]
    value = values[0] if values else texts[0] if texts else _value(one.value)
    pointer = one._tdpi  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return Property(
        match_name=one.match_name,
        name=one.name,
        value=value,
        keyframes=tuple(reversed(read) if stretch < 0 else read),
        expression=one.expression if one.expression_enabled else "",
        color=bool(one._color),  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        separated=one.dimensions_separated,
        layer=None if pointer is None else pointer.value,
        item=_item_of(one),
    )


def _keyframe(one: LibraryKeyframe, value: Value, stretch: float) -> Keyframe:
    """The library tells eases in the time of the layer, which may run slowly or backwards."""
    arrival = _INTERPOLATIONS[one.in_interpolation_type]  # pyright: ignore[reportUnknownMemberType]
    departure = _INTERPOLATIONS[one.out_interpolation_type]  # pyright: ignore[reportUnknownMemberType]
    bent = Interpolation.BEZIER in (arrival, departure)
    is_eased = bent and isinstance(value, (tuple, Path, Gradient))
    pace = stretch if isinstance(value, tuple) else math.copysign(1.0, stretch)
    ease_in = _eases(one.in_temporal_ease, pace) if is_eased else ()
    ease_out = _eases(one.out_temporal_ease, pace) if is_eased else ()
    tangents = _tangent(one.in_spatial_tangent), _tangent(one.out_spatial_tangent)
    if stretch < 0:
        arrival, departure = departure, arrival
        ease_in, ease_out = ease_out, ease_in
        tangents = tangents[1], tangents[0]
    return Keyframe(
        time=_number(one.time),
        value=value,
        arrival=arrival,
        departure=departure,
        ease_in=ease_in,
        ease_out=ease_out,
        tangent_in=tangents[0],
        tangent_out=tangents[1],
        roving=one.roving,
    )


def _eases(eases: list[LibraryEase], stretch: float) -> tuple[Ease, ...]:
    return tuple(Ease(_number(one.speed) / stretch, _number(one.influence) / 100) for one in eases)


def _tangent(tangent: list[float] | None) -> Vector | None:
    return None if tangent is None else _vector(tangent)


def _value(value: object) -> Value:
    if isinstance(value, LibraryShape):
        return _path(value)
    if isinstance(value, LibraryGradient):
        return Gradient(
            tuple(
                GradientStop(_number(one.offset), _number(one.midpoint), _vector(list(one.color)))
                for one in value.color_stops
            ),
            tuple(
                GradientStop(_number(one.offset), _number(one.midpoint), (_number(one.alpha),))
                for one in value.alpha_stops
            ),
        )
    if isinstance(value, MarkerValue):
        return Marker(value.comment, _number(value.duration))
    if isinstance(value, (int, float)):
        return (_number(value),)
    return _vector(cast("list[Any]", value)) if isinstance(value, list) else None


def _path(shape: LibraryShape) -> Path:
    return Path(
        vertices=_points(shape.vertices),
        arriving=_points(shape.in_tangents),
        leaving=_points(shape.out_tangents),
        closed=shape.closed,
        feathered=bool(shape.feather_points),
    )


def _points(points: list[list[float]]) -> tuple[Point, ...]:
    return tuple((_number(x), _number(y)) for x, y in points)


def _vector(values: list[float]) -> Vector:
    return tuple(_number(value) for value in values)


def _number(value: float) -> float:
    """Raises ValueError for what is no number or too large to mean anything."""
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError(f"the number {value} is out of range")
    return float(value)


def _size(value: int) -> int:
    return round(_number(value))
