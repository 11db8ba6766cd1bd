"""Reads a project with its items: compositions, solids and footage."""

import io
import re
from collections.abc import Iterator
from typing import Any

from py_aep import AlphaMode, CompItem, FileSource, FootageItem, FootageSource, SolidSource
from py_aep import Project as LibraryProject
from py_aep.binary.chunk import read_aep
from py_aep.parsers.project import parse_project

from reelbatch.projects.chunks import CheckedChunks, LayerChunks
from reelbatch.projects.footage import is_design
from reelbatch.projects.library.layers import read_layer
from reelbatch.projects.library.properties import read_property
from reelbatch.projects.library.refusals import number, refusing, vector
from reelbatch.projects.library.trees import TreeReader
from reelbatch.projects.model import (
    Composition,
    Control,
    Footage,
    Item,
    LayerOfFile,
    Project,
    Solid,
)

_STILL = 1.0 / 100_000  # seconds; shorter sources are pictures
_NUMBERED = re.compile(r"(.*?)\d+(\D*?(?:\.\w+)?)", re.DOTALL)  # the last number before the suffix
_NO_NUMBER = 0xFFFFFFFF  # a file's layer without a number
_MAX_FRAMES = 5000  # pictures in a sequence


def read_project(checked: CheckedChunks) -> Project:
    """Read all items, with the property trees of all layers. Raises TemplateInvalid."""
    with refusing("The project cannot be read"):
        whole, _ = read_aep(io.BytesIO(checked.content), defer_list_types=frozenset({"Layr"}))
        trees = TreeReader()
        project = parse_project(whole, "", "project.aep")
        return Project(
            version=_version(project),
            linear=project.linear_blending or project.linearize_working_space,
            items={
                identity: _item(item, checked, trees)
                for identity, item in project.items.items()
                if isinstance(item, (CompItem, FootageItem))
            },
        )


def _version(project: LibraryProject) -> str:
    head = project._head  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    major = head.ae_version_major & 0x7F  # some versions set the bit above
    return f"{major}.{head.ae_version_minor}"


def _item(item: CompItem | FootageItem, checked: CheckedChunks, trees: TreeReader) -> Item:
    if isinstance(item, CompItem):
        return _composition(item, checked.layers.get(item.id, []), trees)
    source = item.main_source
    duration = number(item.duration)
    is_still = duration < _STILL
    common: dict[str, Any] = {
        "identity": item.id,
        "name": item.name,
        "width": _size(item.width),
        "height": _size(item.height),
        "pixel_aspect": number(item.pixel_aspect) or 1.0,
    }
    if isinstance(source, SolidSource):
        return Solid(**common, color=vector(source.color)[:3])
    is_file = isinstance(source, FileSource)
    return Footage(
        **common,
        path=source.file if is_file else "",
        frames=_frames(source) if is_file else (),
        frame_rate=0.0 if is_still else number(item.frame_rate),
        duration=0.0 if is_still else duration,
        has_picture=item.width > 0,
        has_sound=item.has_audio,
        layer_of_file=_layer_of_file(item, source) if is_file else None,
        loops=source.loop,
        alpha=_alpha(source),
        retimed=source.loop > 1 or source.conform_frame_rate != 0,
    )


def _alpha(source: FootageSource) -> str:
    if not source.has_alpha:
        return ""
    if source.alpha_mode == AlphaMode.IGNORE:  # pyright: ignore[reportUnknownMemberType]
        return "ignored"
    file = source.file if isinstance(source, FileSource) else ""
    if source.alpha_mode == AlphaMode.PREMULTIPLIED and not is_design(file):  # pyright: ignore[reportUnknownMemberType]
        return "premultiplied"
    return "inverted" if source.invert_alpha else ""


def _layer_of_file(item: FootageItem, source: FileSource) -> LayerOfFile | None:
    if not source.layer_name:
        return None
    number = source._sspc.layer_id  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    size = _size(item.width), _size(item.height)
    return LayerOfFile(source.layer_name, None if number == _NO_NUMBER else number, size)


def _frames(source: FileSource) -> tuple[str, ...]:
    """The names of a sequence's pictures: as listed, or from its first and last number."""
    if source.file_names or not source.target_is_folder:
        return tuple(source.file_names)
    data = source._sspc  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    first, last, digits = data.start_frame, data.end_frame, data.frame_padding
    numbered = _NUMBERED.fullmatch(source.file)
    if numbered is None or not 0 < last - first < _MAX_FRAMES:
        return ()
    before, after = numbered[1], numbered[2]
    return tuple(f"{before}{each:0{min(digits, 20)}d}{after}" for each in range(first, last + 1))


def _composition(item: CompItem, chunks: list[LayerChunks], trees: TreeReader) -> Composition:
    layers = item.layers
    if len(chunks) != len(layers):
        raise ValueError("the chunks have different layers than the library")
    controls = tuple(_controls(item))  # before the markers: after an error here they cannot be read
    markers = item.marker_property
    return Composition(
        identity=item.id,
        name=item.name,
        width=_size(item.width),
        height=_size(item.height),
        pixel_aspect=number(item.pixel_aspect) or 1.0,
        frame_rate=number(item.frame_rate),
        duration=number(item.duration),
        work_area=(number(item.work_area_start), number(item.work_area_duration)),
        background=vector(item.bg_color),
        motion_blur=item.motion_blur,
        frame_blending=item.frame_blending,
        keeps_frame_rate=item.preserve_nested_frame_rate,
        layers=tuple(
            read_layer(layer, one, trees) for layer, one in zip(layers, chunks, strict=True)
        ),
        markers=None if markers is None else read_property(markers, []),
        controls=controls,
    )


def _controls(item: CompItem) -> Iterator[Control]:
    """The Essential Graphics controls. The library cannot read those of some versions."""
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


def _size(value: int) -> int:
    return round(number(value))
