"""The pool: whose turn it is, and in which process."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from engines.base import RenderedFile, RenderLimits, RenderRequest, ReportProgress
from engines.pool.messages import Inspect, Inspected, Render, Rendered, Result, Task
from engines.pool.process import RenderProcess
from models.errors import RenderCrashed, RendererInterrupted
from models.templates import TemplateInspection

_TASKS_PER_PROCESS = 200  # then it is replaced, so that no leak of an engine's library adds up


class RenderPool:
    """Runs one engine in up to `processes` killable processes, which start when they are needed.

    `engine` is the name of an installed engine, or `module:Class` for one that is not installed.
    `limits.seconds` count from the start of a render, not from its place in the queue. A pool
    belongs to one event loop.
    """

    def __init__(self, engine: str, *, processes: int, limits: RenderLimits) -> None:
        self._engine = engine
        self._limits = limits
        self._turns = asyncio.Semaphore(processes)
        self._idle: list[RenderProcess] = []
        self._busy: set[RenderProcess] = set()
        self._is_closed = False

    async def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Render in a process of the pool; `report` is called on the event loop's thread.

        Cancelling the call kills the render. Once it has returned or raised, nothing writes to
        the request's folder any more. Raises RenderError.
        """
        result = await self._run(Render(request), report)
        if not isinstance(result, Rendered):
            raise RenderCrashed("the render process answered something else than a render")
        return RenderedFile(result.width, result.height, result.frames)

    async def inspect(self, template: Path, template_type: str) -> TemplateInspection:
        """Read what a template offers. Raises RenderError."""
        task = Inspect(template, template_type, self._limits)
        result = await self._run(task, _ignore)
        if not isinstance(result, Inspected):
            raise RenderCrashed("the render process answered something else than an inspection")
        return result.inspection

    def close(self) -> None:
        """Kill all processes and wait until they are gone; running renders raise RenderError."""
        self._is_closed = True
        for process in (*self._idle, *self._busy):
            process.kill_now()
        self._idle.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def _run(self, task: Task, report: ReportProgress) -> Result:
        async with self._turns:
            process = await self._take_process()
            try:
                await process.wait_until_ready()
                return await process.run(task, report)
            finally:
                await self._put_back(process)

    async def _take_process(self) -> RenderProcess:
        """A process that counts as busy: an idle one, or a new one."""
        if self._is_closed:
            raise RendererInterrupted("the render pool is closed")
        while self._idle:
            process = self._idle.pop()
            if process.is_usable:
                break
            await process.kill()
        else:
            process = RenderProcess(self._engine, self._limits)
        self._busy.add(process)
        return process

    async def _put_back(self, process: RenderProcess) -> None:
        self._busy.discard(process)
        if process.is_usable and process.tasks < _TASKS_PER_PROCESS:
            self._idle.append(process)
        else:
            await process.kill()


def _ignore(percent: float) -> None:
    """Inspections are short: nobody watches their progress."""
    del percent
