"""After Effects draws a film, which is written in the codec of the job."""

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
from reelbatch.engines.described import frames_of, rate_of
from reelbatch.engines.encoding import AudioClip, open_writer, output_size
from reelbatch.engines.nexrender.project import Project, read_project
from reelbatch.engines.nexrender.tool import describe_job, run
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.templates import Composition, TemplateInspection

_SHARE = 80.0  # percent of the work that is After Effects'


class NexrenderRenderer(Renderer):
    """Has After Effects draw a film, and encodes it."""

    def inspect(
        self,
        template: Path,
        template_type: str,  # noqa: ARG002  there is one
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Read what the template has. Raises TemplateInvalid or LimitExceeded."""
        return read_project(template, limits).inspection

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError."""
        project = read_project(request.template, request.limits)
        composition = _composition(project, request.composition)
        frames = frames_of(composition, request.output)
        first = project.starts.get(composition.name, 0)
        folder = request.work_dir / "nexrender"
        folder.mkdir()
        job = describe_job(
            project.write(folder / "project"),
            composition.name,
            range(first + frames.start, first + frames.stop),
            request.assets,
        )
        film = run(job, folder, lambda percent: report(percent * _SHARE / 100))
        size = output_size(
            request.output.codec, composition.width, composition.height, request.output.draft
        )
        _transcode(film, request, size, rate_of(composition), len(frames), report)
        return RenderedFile(width=size[0], height=size[1], frames=len(frames))


def _transcode(
    film: Path,
    request: RenderRequest,
    size: tuple[int, int],
    rate: Fraction,
    frames: int,
    report: ReportProgress,
) -> None:
    """After Effects has output modules of its own; the codecs of the API are the same for all."""
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
