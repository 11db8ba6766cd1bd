"""Projects for the tests, written with the library."""

import copy
import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import py_aep
from py_aep.binary.chunk import ListChunk
from py_aep.binary.property_chunks import TdmnChunk
from py_aep.binary.scalar_chunks import Utf8Chunk

from reelbatch.projects.conversion.document import Conversion, convert
from reelbatch.projects.opening import OpenedProject, open_project

WIDTH, HEIGHT, RATE, SECONDS = 80, 60, 10.0, 2.0
RED, GREEN, BLUE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]


@dataclass(frozen=True)
class Stage:
    """A project under construction, with its composition `Main`."""

    project: Any
    main: Any

    def composition(self, name: str, width: int = WIDTH, height: int = HEIGHT) -> Any:
        return self.project.root_folder.add_comp(name, width, height, 1.0, SECONDS, RATE)

    def solid(self, color: list[float], width: int = WIDTH, height: int = HEIGHT) -> Any:
        return self.main.add_solid(color, "Solid", width, height)

    def footage(self, file: Path) -> Any:
        """A layer that shows a file by its local path."""
        return self.main.add(self.project.import_file(py_aep.ImportOptions(file)))

    def shapes(self) -> Any:
        """The contents of a group in a new shape layer, for adding shapes."""
        layer = self.main.add_shape()
        return layer["ADBE Root Vectors Group"].add_property("ADBE Vector Group")[
            "ADBE Vectors Group"
        ]

    def rectangle(self, width: float, height: float) -> Any:
        """The contents of a group with a centred rectangle without a paint."""
        shapes = self.shapes()
        rectangle = shapes.add_property("ADBE Vector Shape - Rect")
        rectangle["ADBE Vector Rect Size"].value = [width, height]
        return shapes


def a_project(build: Callable[[Stage], object]) -> bytes:
    """A project with what `build` adds to its composition `Main`."""
    project = py_aep.new().project
    main = project.root_folder.add_comp("Main", WIDTH, HEIGHT, 1.0, SECONDS, RATE)
    build(Stage(project, main))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "project.aep"
        project.save(file)
        return file.read_bytes()


def set_essentials(layer: Any, *properties: Any) -> None:
    """Set a layer's Essential Properties, in the order of the controls, to the values of other
    properties, because the library cannot write them."""
    chunks = layer._tdgp.chunks
    place = [one.value if isinstance(one, TdmnChunk) else "" for one in chunks].index(
        "ADBE Layer Overrides"
    )
    identities, values = chunks[place + 1 : place + 3]
    *kept, end = values.chunks
    for control, value in zip(layer.source.motion_graphics_controllers, properties, strict=True):
        identity = Utf8Chunk(chunk_type="Utf8", value=control.uuid)
        identities.chunks.append(ListChunk(list_type="CPrp", chunks=[identity]))
        written = copy.deepcopy(value._wrapper or value._tdbs)
        kept += [TdmnChunk(value=value.match_name), written]
    identities.chunks[0].value = len(properties)
    values.chunks[:] = [*kept, end]


def add_style(layer: Any, name: str, **values: Any) -> None:
    """Enable a layer style, such as `solidFill`. The library can only switch styles that already
    are enabled."""
    styles = layer["ADBE Layer Styles"]
    style = styles[f"{name}/enabled"]
    for key, value in values.items():
        style[f"{name}/{key}"].value = value
    for group in (styles, style):
        group._tdsb.enabled = True


def a_zip(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return archive.getvalue()


def unpacked(content: bytes) -> dict[PurePosixPath, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {PurePosixPath(name): archive.read(name) for name in archive.namelist()}


def opened(content: bytes) -> OpenedProject:
    return open_project(content, unpacked)


def converted(build: Callable[[Stage], object]) -> Conversion:
    found = opened(a_project(build))
    return convert(found.project, "Main", found.files)


def turned(stage: Stage) -> None:
    """A text, and a solid with an effect that is not drawn and a control for its opacity."""
    stage.main.add_text("Hello").name = "Title"
    solid = stage.solid(RED)
    solid.effects.add_property("ADBE Geometry2")["ADBE Geometry2-0006"].value = 45.0
    solid.transform["ADBE Opacity"].value = 90
    solid.transform["ADBE Opacity"].add_to_motion_graphics_template_as(stage.main, "Strength")
