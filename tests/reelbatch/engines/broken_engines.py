"""Variants of `examples/engine-slides` that each break one promise of the contract."""

import subprocess
import time
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from slides_engine import SlidesEngine
from slides_engine.renderer import SlidesRenderer

from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
    ResolvedAsset,
)
from reelbatch.engines.encoding import AudioClip
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.assets import TextAsset


class _Slides(SlidesEngine, SlidesRenderer):
    """Description and renderer in one class."""

    @classmethod
    def renderer(cls) -> Renderer:
        return cls()


class Clocked(_Slides):
    """Shows the current time."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        now = TextAsset(type="text", layer_name="slide 1", value=f"{time.time_ns()}")
        return super().render(replace(request, assets=[ResolvedAsset(now)]), report)


class Careless(_Slides):
    """Assumes that every template is valid."""

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        template.read_text("ascii")
        return super().inspect(template, template_type, limits)


class Wholesale(_Slides):
    """Renders all frames whatever the range is."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        whole = request.output.model_copy(update={"first_frame": 0, "end_frame": None})
        if request.output.output_type == "image":
            whole = request.output
        return super().render(replace(request, output=whole), report)


class Loud(_Slides):
    """Returns sound for segments that the whole film doesn't have."""

    renders_ranges: ClassVar[bool] = True

    def sounds(self, request: RenderRequest) -> Sequence[AudioClip]:
        file = request.work_dir / "noise.wav"
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, 8_000, 0, "NONE", ""))
            sound.writeframes(bytes(range(200)) * 80)
        return [AudioClip(file, 0.0, None)]


class Silent(_Slides):
    """Reports no progress."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        del report
        return super().render(request, lambda _: None)


class Boundless(_Slides):
    """Ignores the limits."""

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        del limits
        return super().inspect(template, template_type, RenderLimits())


class Orphaning(_Slides):
    """Starts a program in a new session, and leaves it behind."""

    runs_programs: ClassVar[bool] = True

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        subprocess.Popen(["/usr/bin/sleep", "30"], start_new_session=True)
        return super().render(request, report)
