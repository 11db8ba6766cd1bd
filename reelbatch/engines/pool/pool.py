"""The pool of render processes: it queues tasks and assigns them to processes."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Self

import structlog

from reelbatch.engines.base import RenderedFile, RenderLimits, RenderRequest, ReportProgress
from reelbatch.engines.pool.capacity import INSPECTIONS
from reelbatch.engines.pool.confinement import Confinement, Expressions
from reelbatch.engines.pool.messages import (
    Inspect,
    Inspected,
    Join,
    ReadCells,
    Render,
    Rendered,
    Result,
    Task,
)
from reelbatch.engines.pool.process import ExpressionStuck, RenderProcess
from reelbatch.engines.registry import load_class
from reelbatch.models.errors import RenderCrashed, RendererInterrupted
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.warnings import WarningCode, bounded, expressions_stopped

_TASKS_PER_PROCESS = 200  # before it is replaced, so that leaks in an engine's libraries don't grow
_LONGEST_INSPECTION = 120.0  # seconds; also for renders that share the slots of inspections

log = structlog.get_logger("engines")


class RenderPool:
    """Runs one engine in up to `processes` killable processes, which start on demand.

    While all of them are rendering, up to `INSPECTIONS` more processes run inspections, and short
    renders for which somebody is waiting.

    `engine` is the name of an installed engine, or `module:Class` for one that isn't installed.
    `limits.seconds` count from the start of a render and exclude its time in the queue. A pool
    belongs to one event loop.

    Each process has a folder in `folder`. If that is on the same file system as templates and
    assets, these are linked instead of copied. A process is replaced after `tasks_per_process`;
    with 1, no render sees state that an earlier one has left behind.
    """

    def __init__(
        self,
        engine: str,
        *,
        processes: int,
        limits: RenderLimits,
        folder: Path | None = None,
        confinement: Confinement | None = None,
        tasks_per_process: int = _TASKS_PER_PROCESS,
        on_process_start: Callable[[], None] | None = None,
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._folder = Path(tempfile.mkdtemp(prefix="reelbatch-renders-", dir=folder))
        self._confinement = confinement or Confinement()
        self._tasks_per_process = tasks_per_process
        self._on_process_start = on_process_start
        self._missing: tuple[str, ...] | None = None
        self._processes = processes
        self._turns = asyncio.Semaphore(processes)
        self._inspections = asyncio.Semaphore(INSPECTIONS)
        self._idle: list[RenderProcess] = []
        self._busy: set[RenderProcess] = set()
        self._is_closed = False

    async def render(
        self, request: RenderRequest, report: ReportProgress, *, at_once: bool = False
    ) -> RenderedFile:
        """Render in a process of the pool; `report` is called on the event loop's thread.

        `at_once` is for short renders: while all processes are rendering, they share the slots of
        inspections, and they are limited to two minutes like these. Cancelling the call kills the
        render. Once it has returned or raised, nothing writes to the request's folder any more.
        Raises RenderError.
        """
        if not at_once:
            return await self._write(Render(request), report, self._turns)
        request = replace(request, limits=_short(request.limits))
        return await self._write(Render(request), report, self._short_turns)

    async def join(
        self,
        request: RenderRequest,
        segments: Sequence[Path],
        frame_rate: Fraction,
        report: ReportProgress,
    ) -> RenderedFile:
        """Join the segments of an output, for engines with `renders_ranges`.

        `request` is that of the whole output. Otherwise this works like `render`. Raises
        RenderError, and its subclass SegmentsUnusable if the segments do not fit together.
        """
        return await self._write(Join(request, segments, frame_rate), report, self._turns)

    async def inspect(
        self, template: Path, template_type: str, target: Path | None = None
    ) -> TemplateInspection:
        """Inspect a template within two minutes. Raises RenderError.

        If there is a `target`, the engine may write a converted template for renders to it.
        """
        limits = _short(self._limits)
        async with self._short_turns:
            result = await self._run(
                Inspect(template, template_type, limits, target=target), _ignore
            )
        if not isinstance(result, Inspected):
            raise RenderCrashed("the render process did not return an inspection")
        warnings = result.inspection.warnings
        if await self.may_run_expressions():
            warnings = [each for each in warnings if each.code != WarningCode.EXPRESSIONS_OFF]
        return result.inspection.model_copy(update={"warnings": bounded(warnings)})

    async def read_cells(self, workbook: Path, target: Path) -> None:
        """Write the cells of a workbook to `target`; see `reelbatch.engines.workbooks`.

        The pool's limits apply. Raises RenderError.
        """
        async with self._turns:
            await self._run(ReadCells(workbook, target, self._limits), _ignore)

    def close(self) -> None:
        """Kill all processes and wait until they are gone. Running renders raise RenderError."""
        self._is_closed = True
        for process in (*self._idle, *self._busy):
            process.kill_now()
        self._idle.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def missing_confinement(self) -> tuple[str, ...]:
        """The parts of the confinement that the system doesn't support, as far as is known."""
        return self._missing or ()

    async def may_run_expressions(self) -> bool:
        """Whether renders here may run expressions, for `RenderRequest.expressions`.

        Starts a process if none has found out yet how far it can be confined. Raises RenderError.
        """
        if not self._has_expressions:
            return False
        if self._missing is None and self._confinement.expressions is Expressions.CONFINED:
            async with self._turns, self._ready(await self._take_process()):
                pass
        return self._confinement.allows_expressions(self.missing_confinement)

    @cached_property
    def _has_expressions(self) -> bool:
        return load_class(self._engine).runs_expressions

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        self.close()

    @property
    def _short_turns(self) -> asyncio.Semaphore:
        return self._inspections if self._turns.locked() else self._turns

    async def _write(
        self, task: Render | Join, report: ReportProgress, turns: asyncio.Semaphore
    ) -> RenderedFile:
        async with turns:
            try:
                result = await self._run(task, report)
            except (RenderCrashed, ExpressionStuck) as error:
                if isinstance(task, Join) or not task.request.expressions:
                    raise
                log.warning("a render crashed: repeating without expressions", reason=error.message)
                plain = Render(replace(task.request, expressions=False))
                result = _without_expressions(await self._run(plain, report), error.message)
        if not isinstance(result, Rendered):
            raise RenderCrashed("the render process did not return a render")
        return RenderedFile(
            width=result.width,
            height=result.height,
            frames=result.frames,
            drawn_by=result.drawn_by,
            missing_glyphs=result.missing_glyphs,
            warnings=bounded(result.warnings),
        )

    async def _run(self, task: Task, report: ReportProgress) -> Result:
        """Run a task. If a used process crashes, try again in a new one.

        An earlier task may have broken the used one.
        """
        process = await self._take_process()
        was_used = process.tasks > 0
        try:
            return await self._run_in(process, task, report)
        except RenderCrashed as error:
            if not was_used:
                raise
            log.warning(
                "a used render process crashed: repeating in a new one", reason=error.message
            )
        return await self._run_in(self._start_process(), task, report)

    async def _run_in(self, process: RenderProcess, task: Task, report: ReportProgress) -> Result:
        async with self._ready(process):
            return await process.run(task, report)

    @asynccontextmanager
    async def _ready(self, process: RenderProcess) -> AsyncGenerator[None]:
        self._busy.add(process)
        try:
            await process.wait_until_ready()
            self._note_confinement(process)
            yield
        finally:
            await self._put_back(process)

    def _note_confinement(self, process: RenderProcess) -> None:
        if process.missing:
            _warn_once(process.missing)
        self._missing = process.missing

    async def _take_process(self) -> RenderProcess:
        """Return an idle process, or a new one."""
        while self._idle:
            process = self._idle.pop()
            if process.is_usable:
                return process
            await process.kill()
        return self._start_process()

    def _start_process(self) -> RenderProcess:
        if self._is_closed:
            raise RendererInterrupted("the render pool is closed")
        process = RenderProcess(
            engine=self._engine,
            limits=self._limits,
            folder=self._folder,
            confinement=self._confinement,
        )
        if self._on_process_start is not None:
            self._on_process_start()
        return process

    async def _put_back(self, process: RenderProcess) -> None:
        self._busy.discard(process)
        has_room = len(self._idle) + len(self._busy) < self._processes
        if has_room and process.is_usable and process.tasks < self._tasks_per_process:
            self._idle.append(process)
        else:
            await process.kill()


@cache
def _warn_once(missing: tuple[str, ...]) -> None:
    """Warn once per worker, although each of its engines has a pool."""
    log.warning("renders are not fully confined", missing=list(missing))


def _short(limits: RenderLimits) -> RenderLimits:
    return replace(limits, seconds=min(limits.seconds, _LONGEST_INSPECTION))


def _without_expressions(result: Result, reason: str) -> Result:
    if not isinstance(result, Rendered):
        return result
    others = [each for each in result.warnings if each.code != WarningCode.EXPRESSIONS_OFF]
    return result.model_copy(update={"warnings": [expressions_stopped(reason), *others]})


def _ignore(percent: float) -> None:
    """Ignore the progress of inspections, which are short."""
    del percent
