"""Renderers in these tests work as in production, in confined render processes.

Tests that need the engine in their own process are marked with `unconfined`.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest

from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
)
from reelbatch.engines.encoding import AudioClip
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.join import JoinEngine
from reelbatch.engines.lottie import LottieEngine
from reelbatch.engines.lottie_web import LottieWebEngine
from reelbatch.engines.nexrender import NexrenderEngine
from reelbatch.engines.pool import Confinement, ConfinementLevel, RenderPool
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.templates import TemplateInspection

_STUBS = Path(__file__).parent / "after_effects_stub"
_ENGINES = (HtmlEngine, JoinEngine, LottieEngine, LottieWebEngine, NexrenderEngine)
_LONGEST = 180.0  # seconds, for a call that hangs

T = TypeVar("T")


class ConfinedEngines:
    """One render process per engine, on an event loop in a separate thread.

    `missing` are the parts of the confinement that this system doesn't support.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._level = ConfinementLevel.AVAILABLE
        self._pools: dict[str, tuple[object, RenderPool]] = {}
        self.missing = self._find_missing()
        if not self.missing:
            self._level = ConfinementLevel.REQUIRED
        self.close_pools()

    def pool(self, engine: str, limits: RenderLimits) -> RenderPool:
        """Return a pool whose processes have the current limits and `PATH`."""
        key = (limits, os.environ.get("PATH"))
        pool_key, pool = self._pools.get(engine, (None, None))
        if pool is None or pool_key != key:
            self._close(engine)
            pool = self.call(self._open(engine, limits))
            self._pools[engine] = (key, pool)
        return pool

    def render(self, engine: str, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        return self.call(self.pool(engine, request.limits).render(request, report))

    def inspect(
        self, engine: str, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        return self.call(self.pool(engine, limits).inspect(template, template_type))

    def join(
        self, engine: str, request: RenderRequest, segments: Sequence[Path], rate: Fraction
    ) -> RenderedFile:
        pool = self.pool(engine, request.limits)
        return self.call(pool.join(request, segments, rate, lambda _: None))

    def close_pools(self) -> None:
        for engine in list(self._pools):
            self._close(engine)

    def close(self) -> None:
        self.close_pools()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _find_missing(self) -> tuple[str, ...]:
        with suppress(TemplateInvalid):  # it has no templates; by then the process is confined
            self.inspect("join", Path(__file__), "", RenderLimits())
        return self._pools["join"][1].missing_confinement

    async def _open(self, engine: str, limits: RenderLimits) -> RenderPool:
        confinement = Confinement(self._level, (_STUBS,))
        return RenderPool(engine, processes=1, limits=limits, confinement=confinement)

    def _close(self, engine: str) -> None:
        _, pool = self._pools.pop(engine, (None, None))
        if pool is not None:
            self.call(asyncio.to_thread(pool.close))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LONGEST)


class ConfinedRenderer(Renderer):
    """Renders in a confined process; `here` is the same renderer in this process, for sounds."""

    def __init__(self, name: str, here: Renderer, engines: ConfinedEngines) -> None:
        self._name = name
        self._here = here
        self._engines = engines

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        return self._engines.render(self._name, request, report)

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        return self._engines.inspect(self._name, template, template_type, limits)

    def sounds(self, request: RenderRequest) -> Sequence[AudioClip]:
        return self._here.sounds(request)


@pytest.fixture(scope="session")
def confined_engines() -> Iterator[ConfinedEngines]:
    engines = ConfinedEngines()
    yield engines
    engines.close()


@pytest.fixture(autouse=True)
def confined(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the engines' renderers by ones that work in confined processes."""
    if request.node.get_closest_marker("unconfined") is not None:
        return
    engines: ConfinedEngines = request.getfixturevalue("confined_engines")
    for engine in _ENGINES:
        renderer = ConfinedRenderer(engine.name, engine.renderer(), engines)
        monkeypatch.setattr(engine, "renderer", lambda renderer=renderer: renderer)
