"""Reads layers with their switches and property trees."""

from py_aep import (
    AutoOrientType,
    AVLayer,
    CameraLayer,
    LightLayer,
    ShapeLayer,
    TextLayer,
    TrackMatteType,
)
from py_aep import Layer as LibraryLayer

from reelbatch.models.errors import TemplateInvalid
from reelbatch.projects.chunks import LayerChunks
from reelbatch.projects.library.refusals import number, refusing
from reelbatch.projects.library.trees import TreeReader
from reelbatch.projects.model import Group, Layer, LayerKind, Matte, Switches

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


def read_layer(layer: LibraryLayer, chunks: LayerChunks, trees: TreeReader) -> Layer:
    stretch = number(layer.stretch) / 100 or 1.0
    data = layer._ldta  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    start = number(layer.start_time)
    tree, unread = _tree(layer, chunks, trees)
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


def _tree(
    layer: LibraryLayer, chunks: LayerChunks, trees: TreeReader
) -> tuple[Group, tuple[str, ...]]:
    """The layer's properties, and what could not be read."""
    try:
        with refusing("A layer of the project cannot be read"):
            texts = map(trees.texts_of, chunks.texts)
            children = trees.read(layer, texts)
            return Group("", layer.name, enabled=True, children=tuple(children)), chunks.unread
    except TemplateInvalid as error:
        nothing = Group("", layer.name, enabled=True, children=())
        return nothing, (*chunks.unread, error.message)


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
