"""After Effects draws a film, which is then encoded in the job's codec."""

import zipfile
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np

from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
)
from reelbatch.engines.decoding import Footage, FootagePainter
from reelbatch.engines.described import check_limits, frames_of, rate_of
from reelbatch.engines.encoding import AudioClip, open_writer, output_size
from reelbatch.engines.nexrender.assets import ToolAssets
from reelbatch.engines.nexrender.fonts import installed, tidy
from reelbatch.engines.nexrender.operations import composition_seconds
from reelbatch.engines.nexrender.project import Project, read_project
from reelbatch.engines.nexrender.tool import describe_job, run
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.templates import Composition, TemplateInspection
from reelbatch.models.wire.assets import FunctionAsset
from reelbatch.models.wire.codecs import CODECS, PROJECT_CODEC

_SHARE = 80.0  # percent of the progress that is After Effects' work


class NexrenderRenderer(Renderer):
    """Has After Effects draw a film, and encodes it."""

    def __init__(self) -> None:
        tidy()  # removes fonts of an earlier process that was killed

    def inspect(
        self,
        template: Path,
        template_type: str,  # noqa: ARG002  the content says which it is
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Read the template's compositions. Raises TemplateInvalid or LimitExceeded."""
        return read_project(template, limits).inspection

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError."""
        project = read_project(request.template, request.limits)
        composition = _with_length(_composition(project, request.composition), request)
        frames = frames_of(composition, request.output)
        first = project.starts.get(composition.name, 0)
        is_archive = request.output.codec == PROJECT_CODEC.name
        folder = request.work_dir / "nexrender"
        folder.mkdir()
        files = project.write(folder / "project")
        found = ToolAssets(
            project=project,
            file=files[0],
            files=files,
            composition=request.composition,
            scripts=folder,
            is_output=is_archive,
        ).of(request.assets)
        job = describe_job(
            files[0],
            composition.name,
            range(first + frames.start, first + frames.stop),
            found,
            module=_module_of(request),
        )
        with installed(request.fonts, folder / "fonts"):
            film = run(
                job,
                folder,
                lambda percent: report(percent * _SHARE / 100),
                patience=request.limits.seconds,
                scripts_only=is_archive,
            )
        if is_archive:
            _archive(folder / "project", request.output_path)
            return RenderedFile(width=composition.width, height=composition.height, frames=1)
        size = output_size(
            request.output.codec, composition.width, composition.height, request.output.draft
        )
        _transcode(film, request, size, rate_of(composition), len(frames), report)
        return RenderedFile(width=size[0], height=size[1], frames=len(frames))


def _module_of(request: RenderRequest) -> str:
    """Return the name of After Effects' output module for the film that is encoded."""
    codec, names = request.output.codec, request.output_modules
    if (codec == PROJECT_CODEC.name) or not CODECS[codec].alpha:
        name = names.get("prores") if codec.startswith("video_prores") else None
        return name or names.get("opaque", "Lossless")
    return names.get("alpha", "Lossless with Alpha")


def _with_length(composition: Composition, request: RenderRequest) -> Composition:
    """Apply the durations that `nx:comp-duration-set` sets. Raises LimitExceeded."""
    for resolved in request.assets:
        asset = resolved.asset
        if not isinstance(asset, FunctionAsset) or asset.name != "nx:comp-duration-set":
            continue
        if asset.composition in (None, composition.name):
            frames = round(composition_seconds(asset) * composition.frame_rate)
            composition = composition.model_copy(update={"frames": max(1, frames)})
            check_limits(composition, request.limits)
    return composition


def _archive(folder: Path, target: Path) -> None:
    """Zip the project as the scripts have left it, with its footage."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())


def _transcode(
    film: Path,
    request: RenderRequest,
    size: tuple[int, int],
    rate: Fraction,
    frames: int,
    report: ReportProgress,
) -> None:
    """Encode After Effects' film with the codec and its options that all engines share."""
    canvas = np.zeros((size[1], size[0], 4), np.uint8)
    with closing(Footage(film, request.limits)) as footage:
        painter = FootagePainter(canvas, footage.size, footage.quarter_turns)
        sound = [AudioClip(film, 0.0, None)] if footage.has_sound else []
        with open_writer(
            request.output_path,
            request.output.codec,
            width=size[0],
            height=size[1],
            frame_rate=rate,
            draft=request.output.draft,
            audio=sound,
        ) as writer:
            for number in range(frames):
                picture = footage.picture_at(number / rate)
                if picture is not None:
                    painter.paint(picture)
                writer.write(canvas)
                report(_SHARE + (100 - _SHARE) * (number + 1) / frames)


def _composition(project: Project, name: str) -> Composition:
    for composition in project.inspection.compositions:
        if composition.name == name:
            return composition
    raise TemplateInvalid(f"The template has no composition {name!r}."[:500])
