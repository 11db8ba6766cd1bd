"""An engine from before `RenderEngine` was a base class: it derives from nothing."""

from collections.abc import Sequence
from pathlib import Path

from reelbatch.engines.base import RenderedFile, RenderLimits, RenderRequest, ReportProgress
from reelbatch.models.errors import LimitExceeded, RenderError, TemplateInvalid
from reelbatch.models.stored.templates import Composition, TemplateInspection
from reelbatch.models.wire.codecs import CODECS

FRAMES = 10


class OldStyleEngine:
    """Paints everything red. Its templates consist of the word `red`."""

    name, version, fonts = "old-style", "1", ()
    template_types, asset_types = frozenset({"red"}), frozenset[str]()
    functions, codecs = frozenset[str](), frozenset(CODECS)
    renders_ranges = True

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        if template.stat().st_size > limits.template_size or limits.frames < FRAMES:
            raise LimitExceeded("The template is too large for this server.")
        if template.read_bytes() != b"red":
            raise TemplateInvalid(f"A template of the type {template_type} is the word red.")
        if limits.pixels_per_frame < 64 * 48:
            raise LimitExceeded("Frames of 64 x 48 pixels are too large for this server.")
        red = Composition(name="main", width=64, height=48, frame_rate=10, frames=FRAMES)
        return TemplateInspection(compositions=[red], layers=[], fonts=[])

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        from fractions import Fraction

        import numpy as np

        from reelbatch.engines.encoding import open_writer, output_size

        found = self.inspect(request.template, request.template_type, request.limits)
        main, out = found.compositions[0], request.output
        frames = range(main.frames)[out.first_frame : out.end_frame]
        if request.composition != "main" or not frames:
            raise RenderError(f"There is one composition, main, with {FRAMES} frames.")
        width, height = output_size(out.codec, main.width, main.height, out.draft)
        red = np.full((height, width, 4), (0, 0, 255, 255), np.uint8)
        with open_writer(
            request.output_path,
            out.codec,
            width=width,
            height=height,
            frame_rate=Fraction(10),
            draft=out.draft,
        ) as film:
            for done in range(1, len(frames) + 1):
                film.write(red)
                report(100 * done / len(frames))
        return RenderedFile(width, height, len(frames))

    def sounds(self, request: RenderRequest) -> Sequence[object]:
        del request
        return []
