"""Converts After Effects projects once into the archive that renders get instead.

The archive contains a Lottie document for each composition, `compositions.json` with their names,
and the footage.
"""

import gc
import json
import zipfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from pydantic import JsonValue

from reelbatch.engines.archives import is_archive, read_bounded, unpack
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.decoding.design_files import DesignFile
from reelbatch.engines.decoding.pictures import PictureTooLarge, PictureUnreadable
from reelbatch.engines.lottie.bounds import MeasuredTexts, Rect
from reelbatch.engines.lottie.checks import check_document
from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    at_rest,
    is_object,
    objects,
    read_document,
)
from reelbatch.engines.lottie.images import too_many_pixels
from reelbatch.engines.lottie.inspection import inspect_document
from reelbatch.engines.lottie.reading import normalise
from reelbatch.engines.lottie.reading.walking import all_objects
from reelbatch.engines.lottie.source import COMPOSITIONS, TemplateFiles, holds_lottie
from reelbatch.models.errors import LimitExceeded, TemplateInvalid
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.templates import MEDIA_CONTROL, TemplateControl
from reelbatch.models.wire.warnings import MISSING_FILES, RenderWarning, WarningCode, bounded
from reelbatch.projects import CONTROL
from reelbatch.projects.contents import contents_of
from reelbatch.projects.conversion.document import Conversion, convert
from reelbatch.projects.conversion.essentials import MEDIA
from reelbatch.projects.footage import ShownFile, is_design
from reelbatch.projects.model import Composition as ProjectComposition
from reelbatch.projects.opening import OpenedProject, is_project, open_project

_DOCUMENTS = "compositions"  # the folder
_CONTROLS = {
    1: "checkbox",
    2: "slider",
    3: "angle",
    4: "color",
    5: "point",
    6: "text",
    9: "scale",
    13: "dropdown",
    MEDIA: MEDIA_CONTROL,
}
_MAX_FILES = 1000  # missing files of a composition that are reported one by one


@contextmanager
def _without_collections() -> Generator[None]:
    """Pause the garbage collector.

    It would scan a project's millions of values again and again, which takes a quarter of the time,
    and find nothing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collections()
def convert_project(
    template: Path, target: Path | BinaryIO, limits: RenderLimits
) -> TemplateInspection | None:
    """Write the archive that renders get instead of a project, and describe it.

    Returns None if the template is not a project, or contains its own Lottie export. Raises
    TemplateInvalid or LimitExceeded.
    """
    content = read_bounded(template, limits)
    unpacked = unpack(content, limits) if is_archive(content) else None
    if not is_project(content, unpacked) or (unpacked and holds_lottie(unpacked)):
        return None
    opened = open_project(content, partial(unpack, limits=limits))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        found = _Archive(opened, archive, limits).write()
    contents = contents_of(opened.project, opened.files)
    return found.model_copy(update={"project": contents})


@dataclass
class _Archive:
    """Writes the archive for renders, composition by composition."""

    opened: OpenedProject
    archive: zipfile.ZipFile
    limits: RenderLimits
    names: dict[str, str] = field(default_factory=dict[str, str])
    found: list[TemplateInspection] = field(default_factory=list[TemplateInspection])
    left_out: list[RenderWarning] = field(default_factory=list[RenderWarning])
    drawn: dict[ShownFile, bytes] = field(default_factory=dict[ShownFile, bytes])
    design: DesignFile | None = None  # the last one that was opened
    measured: MeasuredTexts = field(default_factory=dict[str, dict[str, Rect | None]])

    def write(self) -> TemplateInspection:
        for number, composition in enumerate(self._in_order()):
            if composition.name in self.names:
                continue  # jobs select compositions by name, so the first one counts
            try:
                self._add(composition.name, f"{_DOCUMENTS}/{number}.json")
            except (TemplateInvalid, LimitExceeded) as error:
                self.left_out.append(
                    RenderWarning(
                        code=WarningCode.LAYER_NOT_DRAWN,
                        message=f"The composition cannot be used: {error.message}",
                        composition=composition.name,
                    )
                )
        if not self.found:
            reason = f": {self.left_out[0].message}" if self.left_out else "."
            raise TemplateInvalid(f"The project has no composition that can be drawn{reason}")
        self.archive.writestr(str(COMPOSITIONS), json.dumps(self.names))
        return _combined(self.found, self.left_out)

    def _in_order(self) -> list[ProjectComposition]:
        """The compositions, the default one of jobs first.

        In a Motion Graphics template this is the one with the controls.
        """
        compositions = list(self.opened.project.compositions)
        if self.opened.definition:
            compositions.sort(key=lambda one: not one.controls)
        return compositions

    def _add(self, name: str, file: str) -> None:
        conversion = convert(self.opened.project, name, self.opened.files)
        written = json.dumps(conversion.document, allow_nan=False).encode()
        footage = {one: self._content(shown) for one, shown in conversion.files.items()}
        inspection = self._inspect(conversion, _files(written, footage))
        self._put(file, written)
        for path, content in footage.items():
            self._put(path, content)
        self.names[name] = file
        self.found.append(inspection)

    def _inspect(self, conversion: Conversion, files: TemplateFiles) -> TemplateInspection:
        """Describe the composition without those inside it, which have their own documents."""
        if not objects(conversion.document["layers"]):
            return _empty(conversion)
        document = read_document(files.animation)
        normalise(document.root, {})
        check_document(document, self.limits)
        whole = inspect_document(document, files, self.measured)
        main = document.main.name
        controls = list(_controls(document, self.opened))
        reasons = [*conversion.reasons, *whole.warnings]
        return whole.model_copy(
            update={
                "compositions": [
                    whole.compositions[0].model_copy(update={"reasons": _counted(reasons)})
                ],
                "controls": [one for one in controls if one.composition == main],
                "warnings": [
                    *conversion.reasons,
                    *(one for one in whole.warnings if one.composition in (main, None)),
                ],
            }
        )

    def _content(self, shown: ShownFile) -> bytes:
        """The content of a file for renders; a file with layers is drawn as a picture.

        A file that cannot be drawn stays as it is, and the inspection warns about it. Raises
        LimitExceeded.
        """
        content = self.opened.files.files[shown.path]
        if not is_design(shown.path.name):
            return content
        if shown not in self.drawn:
            try:
                self.drawn[shown] = self._opened_design(content).picture(shown.layer)
            except PictureTooLarge as error:
                raise too_many_pixels(self.limits) from error
            except PictureUnreadable:
                self.drawn[shown] = content
        return self.drawn[shown]

    def _opened_design(self, content: bytes) -> DesignFile:
        """The opened file; the last one is cached, because a file's layers come in a row."""
        if self.design is None or self.design.content is not content:
            self.design = DesignFile(content, self.limits.pixels_per_frame)
        return self.design

    def _put(self, name: str, content: bytes) -> None:
        """Add a file to the archive unless it is there already. Raises LimitExceeded."""
        if name in self.archive.namelist():
            return
        size = sum(entry.file_size for entry in self.archive.infolist())
        if size + len(content) > self.limits.template_size:
            raise LimitExceeded(
                f"The project's compositions need more than the {self.limits.template_size} bytes "
                "that this server accepts for a template (REELBATCH_MAX_TEMPLATE_BYTES)."
            )
        self.archive.writestr(name, content)


def _counted(reasons: list[RenderWarning]) -> list[RenderWarning]:
    """All missing files, since a job must provide each of them, and the first other reasons."""
    files = [one for one in dict.fromkeys(reasons) if one.code in MISSING_FILES]
    others = bounded(one for one in reasons if one.code not in MISSING_FILES)
    return [*files[:_MAX_FILES], *others]


def _empty(conversion: Conversion) -> TemplateInspection:
    root = LottieDocument(conversion.document)
    main = root.main
    composition = Composition(
        name=main.name,
        width=main.width,
        height=main.height,
        frame_rate=float(root.frame_rate),
        frames=main.frames,
        reasons=[],
    )
    return TemplateInspection(compositions=[composition], layers=[], fonts=[])


def _controls(document: LottieDocument, opened: OpenedProject) -> Iterator[TemplateControl]:
    """The controls that set something in the document."""
    described = {one.identity: one for each in opened.project.compositions for one in each.controls}
    kinds = {one.name: one.kind for one in described.values()}
    menus = {one.name: opened.menu_of(one.identity) for one in described.values()}
    seen: set[str] = set()
    for composition in document.compositions.values():
        for layer in composition.layers:
            for animated in all_objects(layer):
                name = animated.get("sid", animated.get(CONTROL))
                if isinstance(name, str) and name not in seen:
                    seen.add(name)
                    yield TemplateControl(
                        name=name,
                        type=_CONTROLS.get(kinds.get(name, 0), "value"),
                        value=_value_of(animated),
                        options=menus.get(name, []),
                        composition=composition.name,
                        layer=str(layer.get("nm")),
                    )


def _value_of(animated: Json) -> JsonValue:
    for keyframe in objects(animated.get("k")):
        if is_object(text := keyframe.get("s")):  # a text document
            return str(text.get("t", ""))
    return cast("JsonValue", at_rest(animated))


def _files(written: bytes, footage: Mapping[str, bytes]) -> TemplateFiles:
    files = {PurePosixPath(path): content for path, content in footage.items()}
    return TemplateFiles(written, PurePosixPath(_DOCUMENTS), files)


def _combined(found: list[TemplateInspection], left_out: list[RenderWarning]) -> TemplateInspection:
    compositions: list[Composition] = [one for each in found for one in each.compositions]
    layers: list[Layer] = [layer for each in found for layer in each.layers]
    fonts: dict[str, FontFace] = {
        face.postscript_name: face for each in found for face in each.fonts
    }
    warnings = [*left_out, *(one for each in found for one in each.warnings)]
    controls = [one for each in found for one in each.controls or ()]
    return TemplateInspection(
        compositions=compositions,
        layers=layers,
        fonts=list(fonts.values()),
        warnings=bounded(warnings),
        controls=controls,
    )
