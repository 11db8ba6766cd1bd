"""A render engine whose compositions are named after what goes wrong in them."""

import ctypes
import os
import time
from pathlib import Path
from typing import ClassVar

from reelbatch.engines.base import (
    RenderedFile,
    RenderEngine,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
)
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.templates import Composition, TemplateInspection


class MisbehavingEngine(RenderEngine, Renderer):
    is_broken: ClassVar[bool] = False  # set by an earlier render of the process

    name: ClassVar[str] = "misbehaving"
    version: ClassVar[str] = "1"
    template_types: ClassVar[frozenset[str]] = frozenset({"misbehaving"})
    codecs: ClassVar[frozenset[str]] = frozenset({"image_png"})

    @classmethod
    def renderer(cls) -> Renderer:
        return cls()

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        if not template.exists():
            raise TemplateInvalid(f"{template.name} is not a {template_type}")
        if template.read_text() == "endless":
            time.sleep(600)
        composition = Composition(
            name="Main", width=2, height=2, frame_rate=30, frames=limits.frames
        )
        return TemplateInspection(compositions=[composition], layers=[], fonts=[])

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        begun = request.work_dir / f"{request.output_path.name}.begun"
        begun.write_text(f"{os.getpid()}")
        begun.rename(begun.with_suffix(".pid"))  # so that it never exists without the number
        report(25.0)
        for step in range(10_000 if request.composition == "chatter" else 0):
            report(25.0 + step / 1000)
        if MisbehavingEngine.is_broken:
            os.abort()
        getattr(self, f"_{request.composition}")(request)
        request.output_path.touch()
        return RenderedFile(4, 2, os.getpid())

    def _finish(self, request: RenderRequest) -> None:
        request.output_path.write_text("done")

    def _chatter(self, _request: RenderRequest) -> None:
        """Do nothing: `render` has reported many times by then."""

    def _copy(self, request: RenderRequest) -> None:
        """Copy the static asset in the render's folder."""
        content = (request.work_dir / "images" / "logo.png").read_text()
        request.output_path.write_text(content)

    def _break_the_process(self, _request: RenderRequest) -> None:
        MisbehavingEngine.is_broken = True

    def _print(self, _request: RenderRequest) -> None:
        os.write(1, b"a library prints" * 1000)

    def _sleep(self, _request: RenderRequest) -> None:
        time.sleep(600)

    def _hang_in_c(self, _request: RenderRequest) -> None:
        """Hold the interpreter's lock forever, like a C library in an endless loop."""
        ctypes.PyDLL(None).sleep(600)

    def _segfault(self, _request: RenderRequest) -> None:
        ctypes.string_at(0)

    def _crash_by_expressions(self, request: RenderRequest) -> None:
        if request.expressions:
            os.abort()

    def _abort(self, _request: RenderRequest) -> None:
        os.abort()

    def _exit(self, _request: RenderRequest) -> None:
        os._exit(3)

    def _allocate(self, _request: RenderRequest) -> None:
        bytearray(8 * 1024**3)

    def _refuse(self, _request: RenderRequest) -> None:
        raise TemplateInvalid("layer 3 has no size")

    def _stumble(self, _request: RenderRequest) -> None:
        raise KeyError("nowhere")

    def _environment(self, request: RenderRequest) -> None:
        variables = Path("/proc/self/environ").read_bytes()
        request.output_path.write_bytes(variables)

    def _limits(self, request: RenderRequest) -> None:
        request.output_path.write_text(Path("/proc/self/limits").read_text())


class BrokenEngine(MisbehavingEngine):
    def __init__(self) -> None:
        raise OSError("libbroken.so is missing")
