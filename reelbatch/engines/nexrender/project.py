"""A template with a project: an .aep, a zip of one with its footage, or a Motion Graphics template.

Its compositions and layers are read from the project. A zip may list them in `reelbatch.json`:

    {"compositions": [{"name": "main", "width": 1920, "height": 1080, "frameRate": 25, "seconds": 8,
                       "layers": {"headline": "text", "photo": "image"}}]}
"""

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field, ValidationError

from reelbatch.engines.archives import is_archive, read_bounded, unpack
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.described import DescribedComposition, check_limits, unusable
from reelbatch.engines.nexrender.engine import NexrenderEngine
from reelbatch.models.errors import LimitExceeded, TemplateInvalid
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.base import WireModel
from reelbatch.projects import model
from reelbatch.projects.contents import contents_of
from reelbatch.projects.footage import FootageFiles
from reelbatch.projects.opening import OpenedProject, open_project

_MANIFEST = PurePosixPath(NexrenderEngine.manifest)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')

LayerType = Literal["text", "data", "image", "video", "audio"]


class ProjectComposition(DescribedComposition):
    layers: dict[str, LayerType] = {}


class _Manifest(WireModel):
    compositions: list[ProjectComposition] = Field(min_length=1, max_length=500)


@dataclass(frozen=True)
class Project:
    """The template's files in memory, and its inspection."""

    path: PurePosixPath  # the .aep among the files
    files: Mapping[PurePosixPath, bytes]
    inspection: TemplateInspection
    starts: Mapping[str, int] = field(default_factory=dict[str, int])
    """The first frame of each composition's work area; 0 if a composition is missing here."""
    compositions: Sequence[model.Composition] = ()
    """The compositions in the project; none if they come from a `reelbatch.json`."""

    def write(self, folder: Path) -> list[Path]:
        """Write all files; returns their paths, the .aep first. Raises TemplateInvalid."""
        for path, content in self.files.items():
            place = place_in(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return [folder / self.path, *(folder / path for path in self.files if path != self.path)]


def place_in(folder: Path, path: PurePosixPath) -> Path:
    """Return the path of a file in `folder`. Raises TemplateInvalid.

    `path` must not lead outside. On Windows it could also name a drive or a stream.
    """
    if sys.platform == "win32" and _NOT_ON_WINDOWS.search(str(path)):
        raise TemplateInvalid(f"Windows does not allow the file name {str(path)[:200]!r}.")
    return folder / path


def read_project(template: Path, limits: RenderLimits) -> Project:
    """Read a template. Raises TemplateInvalid or LimitExceeded."""
    content = read_bounded(template, limits)
    files = unpack(content, limits) if is_archive(content) else {}
    if _MANIFEST in files:
        return _described(files, limits)
    opened = open_project(content, partial(unpack, limits=limits))
    compositions = _usable(opened, limits)
    if not compositions:
        raise TemplateInvalid("The project has no composition that this server can render.")
    return Project(
        opened.path,
        opened.files.files or {opened.path: content},
        _inspected(opened, compositions),
        starts={one.name: _work_area(one)[0] for one in compositions},
        compositions=compositions,
    )


def _described(files: Mapping[PurePosixPath, bytes], limits: RenderLimits) -> Project:
    projects = [path for path in files if path.suffix.casefold() == ".aep"]
    if len(projects) != 1:
        raise TemplateInvalid("The zip must have exactly one .aep in addition to reelbatch.json.")
    try:
        manifest = _Manifest.model_validate_json(files[_MANIFEST].removeprefix(BOM_UTF8))
    except ValidationError as error:
        raise unusable("The file reelbatch.json", error) from error
    found = [one.composition("main") for one in manifest.compositions]
    for composition in found:
        check_limits(composition, limits)
    layers = [
        Layer(composition=composition.name, position=n, name=name, layer_type=kind)
        for composition, described in zip(found, manifest.compositions, strict=True)
        for n, (name, kind) in enumerate(described.layers.items(), start=1)
    ]
    inspection = TemplateInspection(compositions=found, layers=layers, fonts=[])
    return Project(projects[0], files, inspection)


def _usable(opened: OpenedProject, limits: RenderLimits) -> list[model.Composition]:
    """Return the first composition of each name, since jobs select them by name."""
    found: dict[str, model.Composition] = {}
    for composition in opened.project.compositions:
        try:
            check_limits(_composition(composition), limits)
        except LimitExceeded:
            continue
        found.setdefault(composition.name, composition)
    first = [bool(opened.definition and not one.controls) for one in found.values()]
    return [one for _, one in sorted(zip(first, found.values(), strict=True), key=lambda it: it[0])]


def _work_area(composition: model.Composition) -> tuple[int, int]:
    """Return the first frame and the one after the last that After Effects renders by default."""
    start, duration = composition.work_area
    first = round(start * composition.frame_rate)
    seconds = duration if duration > 0 else composition.duration
    return first, first + max(1, round(seconds * composition.frame_rate))


def _composition(composition: model.Composition) -> Composition:
    first, end = _work_area(composition)
    return Composition(
        name=composition.name,
        width=composition.width,
        height=composition.height,
        frame_rate=composition.frame_rate,
        frames=end - first,
    )


def _inspected(
    opened: OpenedProject, compositions: Sequence[model.Composition]
) -> TemplateInspection:
    items, files = opened.project.items, FootageFiles(opened.files.files)
    return TemplateInspection(
        compositions=[*map(_composition, compositions)],
        layers=[
            Layer(
                composition=composition.name,
                position=position,
                name=layer.name,
                layer_type=_kind_of(layer, source),
                source_composition=source.name if isinstance(source, model.Composition) else None,
                start_time=layer.start,
                in_point=layer.in_point,
                out_point=layer.out_point,
                shown=layer.switches.enabled,
            )
            for composition in compositions
            for position, layer in enumerate(composition.layers, start=1)
            for source in [items.get(layer.source or 0)]
        ],
        fonts=[],
        project=contents_of(opened.project, files),
    )


def _kind_of(layer: model.Layer, source: model.Item | None) -> str:
    """Return the type of a layer, named like those of a Lottie document."""
    match source:
        case model.Composition():
            return "precomp"
        case model.Solid() if layer.kind is model.LayerKind.FOOTAGE:
            return "solid"
        case model.Footage(has_picture=has_picture):
            return "image" if has_picture else "audio"
        case _:
            return str(layer.kind)
