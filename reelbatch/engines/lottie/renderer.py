"""The Lottie renderer: fills a template with a job's assets and writes the output file."""

import io
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from reelbatch.engines.archives import comparable, is_archive, may_be_json
from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
    ResolvedAsset,
)
from reelbatch.engines.encoding import AudioClip, FrameWriter, open_writer, output_size
from reelbatch.engines.lottie import thorvg
from reelbatch.engines.lottie.checks import check_size
from reelbatch.engines.lottie.document import LottieComposition, LottieDocument
from reelbatch.engines.lottie.drawing import Color, Drawing
from reelbatch.engines.lottie.inspection import inspect_document, own_fonts
from reelbatch.engines.lottie.opening import open_template
from reelbatch.engines.lottie.projects import convert_project
from reelbatch.engines.lottie.scene import compose
from reelbatch.engines.lottie.sheets import sheets_of
from reelbatch.engines.lottie.sounds import SoundTrack
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.substitution import Substitution
from reelbatch.engines.lottie.typesetting.autoscale import fit_text, overflows
from reelbatch.engines.lottie.typesetting.fonts import FontShelf, open_team_fonts
from reelbatch.engines.lottie.video_layers import VideoLayers, own_videos
from reelbatch.models.errors import RenderError, TemplateInvalid
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.assets import StaticAsset
from reelbatch.models.wire.codecs import CODECS
from reelbatch.models.wire.warnings import RenderWarning

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PROJECT_TYPES = ("aep", "mogrt")
_START = 256  # bytes of a template that distinguish an archive from JSON
_SILENT_EXTENSIONS = frozenset({"gif", "png", "jpg", "webp"})


@dataclass(frozen=True)
class FilledTemplate:
    """A template with the job's assets applied."""

    document: LottieDocument
    files: TemplateFiles
    composition: LottieComposition
    substitution: Substitution
    frames: range  # of the output, counted from 0

    def sounds(self, request: RenderRequest) -> list[AudioClip]:
        if request.output.extension in _SILENT_EXTENSIONS:
            return []
        filled = self.substitution
        track = SoundTrack(
            document=self.document,
            files=self.files,
            replaced=filled.sounds,
            videos=filled.videos,
            folder=request.work_dir,
        )
        return track.clips(self.composition, self.frames)

    def fit_texts(self, shelf: FontShelf) -> list[RenderWarning]:
        """Choose the font sizes of fitted texts; returns all warnings so far."""
        for fit in self.substitution.fits:
            fit_text(self.document, fit, shelf)
        overflowing = overflows(self.document, self.substitution.changed_texts, shelf)
        return [*self.substitution.warnings, *overflowing]

    def shelf(self, request: RenderRequest) -> FontShelf:
        return FontShelf(
            own_fonts(self.document, self.files), open_team_fonts(request.fonts, request.font_faces)
        )


class LottieRenderer(Renderer):
    """Fills a document and draws it with ThorVG, frame by frame."""

    def __init__(self) -> None:
        thorvg.load()  # before the process is confined and can no longer open the library

    def inspect(
        self,
        template: Path,
        template_type: str,
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Describe a template. Raises TemplateInvalid or LimitExceeded."""
        return _inspect(template, template_type, io.BytesIO(), limits)

    def convert(
        self, template: Path, template_type: str, target: Path, limits: RenderLimits
    ) -> TemplateInspection:
        """Describe a template; for a project, also write its converted archive to `target`."""
        return _inspect(template, template_type, target, limits)

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError.

        With codecs without alpha, the background is the document's `bg`, which converted projects
        have, or else white, because Lottie files are made for light web pages.
        """
        filled = fill_template(request)
        document, composition, frames = filled.document, filled.composition, filled.frames
        files, substitution = filled.files, filled.substitution
        shelf = filled.shelf(request)
        warnings = filled.fit_texts(shelf)
        clips = filled.sounds(request) if request.sound else []
        videos = VideoLayers(
            document=document,
            composition=composition,
            videos=substitution.videos,
            limits=request.limits,
        )
        pictures = {**substitution.pictures, **videos.assets}
        scene = compose(
            document,
            composition,
            pictures,
            files,
            shelf,
            request.limits,
            warnings,
            frames if request.expressions else None,
        )
        codec, draft = CODECS[request.output.codec], request.output.draft
        width, height = output_size(codec.name, composition.width, composition.height, draft)
        drawing = Drawing(
            sheets_of(scene),
            width,
            height,
            background=None if codec.alpha else background_of(document),
            pictures=videos.pictures,
        )
        with (
            closing(videos),
            open_writer(
                request.output_path,
                codec.name,
                width=width,
                height=height,
                frame_rate=document.frame_rate,
                draft=draft,
                audio=clips,
            ) as writer,
        ):
            _draw(drawing, videos, frames, writer, report)
        return RenderedFile(
            width=width,
            height=height,
            frames=len(frames),
            drawn_by=f"ThorVG {thorvg.version()}",
            warnings=warnings,
            missing_glyphs=[*shelf.missing_glyphs],
        )

    def sounds(self, request: RenderRequest) -> Sequence[AudioClip]:
        """The audio clips of the output. Raises RenderError."""
        return fill_template(request).sounds(request)


def _inspect(
    template: Path, template_type: str, target: Path | BinaryIO, limits: RenderLimits
) -> TemplateInspection:
    """Describe a template. If its content is a project, write the converted archive to `target`."""
    converted = convert_project(template, target, limits)
    if converted is not None:
        return converted
    if template_type in _PROJECT_TYPES:
        raise TemplateInvalid("The file is not an After Effects project.")
    if template_type == "zip" and not _may_be_lottie(template):
        raise TemplateInvalid("The file is not a zip archive. Send the archive itself.")
    document, files = open_template(template, limits)
    return inspect_document(document, files)


def _may_be_lottie(template: Path) -> bool:
    """Whether the file starts like a zip, or like JSON, which the type `zip` accepts as well."""
    with template.open("rb") as opened:
        start = opened.read(_START)
    return is_archive(start) or may_be_json(start)


def fill_template(request: RenderRequest) -> FilledTemplate:
    """Read the request's template and apply its assets. Raises RenderError."""
    document, files = open_template(request.template, request.limits, request.composition)
    files = replace(files, statics=_statics(request.assets))
    composition = _composition(document, request.composition)
    check_size(composition.name, composition.width, composition.height, request.limits)
    substitution = Substitution(
        document=document, composition=composition, limits=request.limits, folder=request.work_dir
    )
    substitution.apply(request.assets)
    own = own_videos(document, files, request.work_dir, request.limits)
    substitution.videos = own | substitution.videos
    frames = _frames(composition, request.output)
    return FilledTemplate(
        document=document,
        files=files,
        composition=composition,
        substitution=substitution,
        frames=frames,
    )


def background_of(document: LottieDocument) -> Color:
    code = document.root.get("bg")
    if not isinstance(code, str) or not _COLOR.fullmatch(code):
        return 255, 255, 255
    red, green, blue = bytes.fromhex(code[1:])
    return red, green, blue


def _draw(
    drawing: Drawing,
    videos: VideoLayers,
    frames: range,
    writer: FrameWriter,
    report: ReportProgress,
) -> None:
    for done, number in enumerate(frames, start=1):
        videos.show(number)
        writer.write(drawing.frame(number))
        report(100 * done / len(frames))


def _statics(assets: Sequence[ResolvedAsset]) -> dict[PurePosixPath, Path]:
    return {
        comparable(PurePosixPath(resolved.asset.name)): resolved.file
        for resolved in assets
        if isinstance(resolved.asset, StaticAsset) and resolved.file is not None
    }


def _composition(document: LottieDocument, name: str) -> LottieComposition:
    found = document.composition(name)
    if found is None:
        names = ", ".join(repr(existing) for existing in document.compositions)
        raise TemplateInvalid(f"The template has no composition {name!r}; it has {names}.")
    return found


def _frames(composition: LottieComposition, output: Output) -> range:
    """The frames that the output shows, counted from 0. Raises RenderError."""
    first = output.first_frame
    end = composition.frames if output.end_frame is None else output.end_frame
    if not 0 <= first < end <= composition.frames:
        raise RenderError(
            f"The frames {first} to {end} are outside the composition {composition.name!r}, "
            f"which has {composition.frames} (0 to {composition.frames - 1})."
        )
    return range(first, end)
