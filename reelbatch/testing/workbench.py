"""Renders an engine's samples in real pools of render processes."""

import asyncio
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reelbatch.engines.base import (
    RenderedFile,
    RenderEngine,
    RenderLimits,
    RenderRequest,
    ResolvedAsset,
)
from reelbatch.engines.pool import Confinement, RenderPool
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.stored.templates import Composition, TemplateInspection
from reelbatch.models.wire.assets import StaticAsset
from reelbatch.models.wire.codecs import CODECS
from reelbatch.testing.hostile import TEMPLATE_SIZE
from reelbatch.testing.samples import Sample

LIMITS = RenderLimits(
    pixels_per_frame=4096 * 4096,
    frames=10_000,
    seconds=60,
    memory=2 * 1024**3,
    template_size=TEMPLATE_SIZE,
)


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """The outcome of a render."""

    file: Path
    result: RenderedFile
    left: list[str]  # files in its folder other than the output and the assets


@dataclass(kw_only=True)
class Workbench:
    """An engine with a pool of render processes that all tests share, and others on request."""

    reference: str  # the engine's name, or module:Class
    engine: type[RenderEngine]
    samples: Sequence[Sample]
    folder: Path
    readable: tuple[Path, ...]  # what render processes may read besides the usual
    runner: asyncio.Runner
    _pool: RenderPool | None = None
    _other_pool: RenderPool | None = None
    _inspections: dict[str, TemplateInspection] = field(
        default_factory=dict[str, TemplateInspection]
    )

    def close(self) -> None:
        for pool in (self._pool, self._other_pool):
            if pool is not None:
                pool.close()

    @property
    def pool(self) -> RenderPool:
        if self._pool is None:
            self._pool = self._new_pool(LIMITS)
        return self._pool

    @property
    def other_pool(self) -> RenderPool:
        """Another process, which gets no hostile templates."""
        if self._other_pool is None:
            self._other_pool = self._new_pool(LIMITS)
        return self._other_pool

    @contextmanager
    def another_pool(self, limits: RenderLimits = LIMITS) -> Generator[RenderPool]:
        """Open a pool whose processes have rendered nothing yet."""
        pool = self._new_pool(limits)
        try:
            yield pool
        finally:
            pool.close()

    def inspect(self, sample: Sample) -> TemplateInspection:
        """Inspect the sample's template, once. Raises RenderError."""
        inspection = self._inspections.get(sample.name)
        if inspection is None:
            inspection = self.inspect_file(sample.template, sample.template_type)
            self._inspections[sample.name] = inspection
        return inspection

    def inspect_file(self, template: Path, template_type: str) -> TemplateInspection:
        """Inspect a template. Raises RenderError."""
        return self.runner.run(self.pool.inspect(template, template_type))

    def composition(self, sample: Sample) -> Composition:
        """Return the composition that the sample renders."""
        found = self.inspect(sample).compositions
        name = sample.composition or found[0].name
        return next(composition for composition in found if composition.name == name)

    def render(self, request: RenderRequest, pool: RenderPool | None = None) -> Rendering:
        """Render in a pool's process. Raises RenderError."""
        expected = {request.output_path, *(asset.file for asset in request.assets)}
        result = self.runner.run((pool or self.pool).render(request, _ignore))
        left = [
            str(path.relative_to(request.work_dir))
            for path in sorted(request.work_dir.rglob("*"))
            if path not in expected and path.is_file()
        ]
        return Rendering(file=request.output_path, result=result, left=left)

    def request(
        self,
        sample: Sample,
        codec: str,
        *,
        first: int = 0,
        end: int | None = None,
        draft: bool = False,
        composition: str | None = None,
        assets: Sequence[ResolvedAsset] | None = None,
        limits: RenderLimits = LIMITS,
    ) -> RenderRequest:
        """Return a request for the sample in a new folder. A still shows the frame `first`."""
        kind = CODECS[codec]
        folder = Path(tempfile.mkdtemp(prefix="render-", dir=self.folder))
        work_dir = folder / "work"
        work_dir.mkdir()
        template = folder / "template"
        shutil.copyfile(sample.template, template)
        chosen = sample.assets if assets is None else assets
        return RenderRequest(
            template=template,
            template_type=sample.template_type,
            composition=composition or self.composition(sample).name,
            output=Output(
                output_type=kind.output_type,
                codec=codec,
                first_frame=first,
                end_frame=first + 1 if kind.output_type == "image" else end,
                draft=draft,
            ),
            output_path=work_dir / f"output.{kind.extension}",
            work_dir=work_dir,
            assets=[_placed(asset, work_dir) for asset in chosen],
            limits=limits,
        )

    def quickest_codec(self) -> str:
        """Return a codec for checks to which the codec doesn't matter."""
        preferred = ("image_png", "image_jpeg", "image_webp", "video_h264_vbr_1mbps")
        return next(
            (each for each in preferred if each in self.engine.codecs), min(self.engine.codecs)
        )

    def film_codec(self) -> str | None:
        """Return the best codec for comparing frames; None if the engine only writes stills."""
        preferred = ("video_prores_4444", "video_prores_422", "video_h264_vbr_15mbps", "video_vp9")
        films = sorted(c for c in self.engine.codecs if CODECS[c].output_type == "video")
        return next((each for each in preferred if each in films), films[0] if films else None)

    def _new_pool(self, limits: RenderLimits) -> RenderPool:
        return RenderPool(
            self.reference,
            processes=1,
            limits=limits,
            folder=self.folder,
            confinement=Confinement(readable=self.readable),
        )


def _placed(resolved: ResolvedAsset, work_dir: Path) -> ResolvedAsset:
    """Copy a static asset's file into the render's folder under its name, as workers do."""
    if not isinstance(resolved.asset, StaticAsset) or resolved.file is None:
        return resolved
    place = work_dir / resolved.asset.name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(resolved.file, place)
    return ResolvedAsset(resolved.asset, place)


def _ignore(percent: float) -> None:
    del percent
