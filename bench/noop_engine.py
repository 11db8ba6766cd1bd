"""A render engine that renders nothing, to measure everything around a render."""

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
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection

AT_ONCE, WAITING = "at once", "waiting"
"""The two compositions: one ends at once, the other never ends unless it is cancelled."""
LAYER = "text"
CODEC = "image_png"


class NoopEngine(RenderEngine, Renderer):
    name: ClassVar[str] = "noop"
    version: ClassVar[str] = "1"
    template_types: ClassVar[frozenset[str]] = frozenset({"noop"})
    asset_types: ClassVar[frozenset[str]] = frozenset({"text"})
    codecs: ClassVar[frozenset[str]] = frozenset({CODEC})

    @classmethod
    def renderer(cls) -> Renderer:
        return cls()

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        del template, template_type, limits
        names = (AT_ONCE, WAITING)
        return TemplateInspection(
            compositions=[
                Composition(name=name, width=1, height=1, frame_rate=1.0, frames=1)
                for name in names
            ],
            layers=[
                Layer(composition=name, position=1, name=LAYER, layer_type="text", text="")
                for name in names
            ],
            fonts=[],
        )

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        del report
        while request.composition == WAITING:
            time.sleep(1)
        request.output_path.write_bytes(b"-")
        return RenderedFile(width=1, height=1, frames=1)


def install(folder: Path) -> Path:
    """Install the engine. Programs find it if their PYTHONPATH contains the returned folder."""
    information = folder / "reelbatch_bench-1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: reelbatch-bench\nVersion: 1\n"
    )
    (information / "entry_points.txt").write_text(
        f"[reelbatch.engines]\n{NoopEngine.name} = {__name__}:{NoopEngine.__name__}\n"
    )
    return folder
