"""The slides of `examples/engine-slides`, each time with one promise broken."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from slides_engine import SlidesEngine

from reelbatch.engines.base import (
    RenderedFile,
    RenderLimits,
    RenderRequest,
    ReportProgress,
    ResolvedAsset,
)
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.assets import TextAsset


class Clocked(SlidesEngine):
    """Shows what time it is."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        now = TextAsset(type="text", layer_name="slide 1", value=f"{time.time_ns()}")
        return super().render(replace(request, assets=[ResolvedAsset(now)]), report)


class Careless(SlidesEngine):
    """Takes for granted that a template is fine."""

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        template.read_text("ascii")
        return super().inspect(template, template_type, limits)


class Wholesale(SlidesEngine):
    """Renders all frames whatever the range is."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        whole = request.output.model_copy(update={"first_frame": 0, "end_frame": None})
        if request.output.output_type == "image":
            whole = request.output
        return super().render(replace(request, output=whole), report)


class Mute(SlidesEngine):
    """Renders segments, and cannot say what is heard."""

    renders_ranges: ClassVar[bool] = True


class Silent(SlidesEngine):
    """Does not say how far it is."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        del report
        return super().render(request, lambda _: None)


class Boundless(SlidesEngine):
    """Knows no limits."""

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        del limits
        return super().inspect(template, template_type, RenderLimits())


class Orphaning(SlidesEngine):
    """Starts a program in a session of its own, and leaves it behind."""

    runs_programs: ClassVar[bool] = True

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        subprocess.Popen(["/usr/bin/sleep", "30"], start_new_session=True)
        return super().render(request, report)
