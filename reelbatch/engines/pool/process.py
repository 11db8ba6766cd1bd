"""The parent's handle to a render process."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from reelbatch.engines.base import RenderLimits, ReportProgress
from reelbatch.engines.pool.confinement import Confinement, ConfinementLevel, child_environment
from reelbatch.engines.pool.messages import (
    LARGEST_ANSWER,
    LENGTH,
    Answer,
    Failed,
    Inspect,
    Join,
    ProcessSettings,
    Progress,
    ReadCells,
    Ready,
    Render,
    Rendered,
    Result,
    Task,
    pack_task,
    unpack_answer,
)
from reelbatch.engines.pool.workspace import Workspace
from reelbatch.engines.programs import kill_with_children
from reelbatch.models.errors import RenderCrashed, RendererInterrupted, RenderError, RenderTimedOut

_LONGEST_START = 60.0  # seconds to load an engine on a busy machine

log = structlog.get_logger("engines")


class ExpressionStuck(RenderTimedOut):
    """An expression of the template blocked its process in a place that cannot be interrupted."""


_T = TypeVar("_T")


class RenderProcess:
    """A child process with one engine. Creating this object starts it.

    Its workspace is created in `folder` and removed when the process is killed.
    """

    def __init__(
        self, *, engine: str, limits: RenderLimits, folder: Path, confinement: Confinement
    ) -> None:
        self._seconds = limits.seconds
        self._confinement = confinement
        self._workspace = Workspace(folder)
        settings = ProcessSettings(
            engine=engine,
            parent=os.getpid(),
            memory=limits.memory,
            workspace=self._workspace.path,
            is_confined=confinement.level is not ConfinementLevel.OFF,
            readable=confinement.readable,
        )
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(settings, self._workspace.work, theirs)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._is_reusable = True
        self.tasks = 0  # started so far
        self.missing: tuple[str, ...] = ()  # parts of the confinement that aren't supported here

    @property
    def is_usable(self) -> bool:
        """Whether the process can run another task."""
        return self._is_reusable and self._process.poll() is None

    async def wait_until_ready(self) -> None:
        """Wait until the engine has loaded, the first time. Raises RenderError if it cannot."""
        if self._streams is not None:
            return
        await self._guarded(self._await_ready(), _LONGEST_START, "the engine did not start")

    async def run(self, task: Task, report: ReportProgress) -> Result:
        """Run a task. Raises RenderError.

        If anything but the task itself fails, the process has been killed when this raises.
        """
        self.tasks += 1
        if isinstance(task, Render) and not self._confinement.allows_expressions(self.missing):
            task = Render(replace(task.request, expressions=False))
        seconds = self._seconds
        limit = f"the render took longer than {seconds:g} seconds (REELBATCH_RENDER_TIMEOUT)"
        if isinstance(task, Inspect):
            seconds = task.limits.seconds
            limit = f"the inspection took longer than {seconds:g} seconds"
        elif isinstance(task, ReadCells):
            seconds = task.limits.seconds
            limit = f"reading the workbook took longer than {seconds:g} seconds"
        elif task.request.limits.seconds < seconds:
            seconds = task.request.limits.seconds
            limit = f"the render took longer than the {seconds:g} seconds allowed for a preview"
        try:
            inner = self._workspace.admit(task)
            result = await self._guarded(self._exchange(inner, report), seconds, limit)
            if isinstance(task, (Render, Join)) and isinstance(result, Rendered):
                for path in filter(None, (task.request.output_path, task.request.poster_path)):
                    self._workspace.deliver(path)
            if isinstance(task, ReadCells):
                self._workspace.deliver(task.target)
            if isinstance(task, Inspect) and task.target is not None:
                self._workspace.deliver_if_made(task.target)
            return result
        finally:
            self._is_reusable &= self._workspace.clear()

    async def kill(self) -> None:
        """Kill the process and wait until it is gone."""
        self._end()
        await asyncio.shield(asyncio.to_thread(self._clean_up))

    def kill_now(self) -> None:
        """Kill the process and block until it is gone, which takes milliseconds."""
        self._end()
        self._clean_up()

    def _clean_up(self) -> None:
        self._process.wait()
        self._workspace.remove()

    def _end(self) -> None:
        self._is_reusable = False
        if self._process.poll() is None:
            kill_with_children(self._process.pid)  # including programs that the engine started
        if self._streams is None:
            self._connection.close()
        else:
            self._streams[1].close()

    async def _guarded(self, work: Awaitable[_T], seconds: float, limit: str) -> _T:
        """Await `work`. If it ends early, kill the process, unless the task itself failed."""
        try:
            async with asyncio.timeout(seconds):
                return await work
        except RenderError:
            raise
        except TimeoutError as error:
            await self.kill()
            raise RenderTimedOut(limit) from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self.kill()
            raise _death(self._process.returncode) from error
        except BaseException:
            await self.kill()
            raise

    async def _await_ready(self) -> None:
        self._streams = await asyncio.open_connection(sock=self._connection)
        answer = await self._receive(self._streams[0])
        if isinstance(answer, Ready):
            self.missing = answer.missing
            self._check_confinement()
            return
        self._is_reusable = False
        raise self._failure(answer) if isinstance(answer, Failed) else self._out_of_turn()

    def _check_confinement(self) -> None:
        if self.missing and self._confinement.level is ConfinementLevel.REQUIRED:
            self._is_reusable = False
            raise RendererInterrupted(
                "This worker is configured to render only if it can confine renders, but its "
                f"system cannot confine {', '.join(self.missing)}. Another worker may be able to."
            )

    async def _exchange(self, task: Task, report: ReportProgress) -> Result:
        assert self._streams is not None, "wait_until_ready comes first"  # noqa: S101
        reader, writer = self._streams
        writer.write(pack_task(task))
        await writer.drain()
        while True:
            answer = await self._receive(reader)
            if isinstance(answer, Progress):
                report(answer.percent)
            elif isinstance(answer, Failed):
                raise self._failure(answer)
            elif isinstance(answer, Ready):
                raise self._out_of_turn()
            else:
                return answer

    async def _receive(self, reader: asyncio.StreamReader) -> Answer:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        if length > LARGEST_ANSWER:
            raise self._out_of_turn()
        try:
            return unpack_answer(await reader.readexactly(length))
        except ValueError as error:
            raise self._out_of_turn() from error

    def _failure(self, answer: Failed) -> RenderError:
        self._is_reusable = self._is_reusable and answer.is_reusable
        if answer.trace is not None:
            log.error("the engine raised an unexpected error", trace=answer.trace)
        return _error_class(answer.error_code)(answer.message)

    def _out_of_turn(self) -> RenderCrashed:
        self._is_reusable = False
        return RenderCrashed("the render process sent an invalid message")


def _spawn(
    settings: ProcessSettings, temporary: Path, channel: socket.socket
) -> subprocess.Popen[bytes]:
    """Start the child as a new program: a fork would have its parent's memory and secrets."""
    program = ("-P", "-m", "reelbatch.engines.pool.child", settings.model_dump_json())
    environment = child_environment(os.environ, temporary)
    if sys.platform == "win32":
        # A virtual environment's python.exe starts another process, which would not get the socket.
        executable = getattr(sys, "_base_executable", sys.executable)
        process = subprocess.Popen(
            (executable, *program),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,  # only the worker gets Ctrl-C
        )
        assert process.stdin is not None  # noqa: S101
        with process.stdin as stdin:
            stdin.write(channel.share(process.pid))
        return process
    return subprocess.Popen(
        (sys.executable, *program),
        stdin=channel.fileno(),
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # also makes it a process group of its own
        env=environment,
    )


def _death(code: int) -> RenderError:
    """Return the error for a process that ended in the middle of its work."""
    if sys.platform == "win32":
        return RenderCrashed(f"the renderer ended its process with exit code {code:#x}")
    if code in {-signal.SIGKILL, -signal.SIGTERM}:
        return RendererInterrupted(
            f"the render process was killed from outside ({signal.Signals(-code).name}), as "
            "happens when the machine runs out of memory or shuts down"
        )
    if code == -signal.SIGPROF:
        return ExpressionStuck("an expression of the template did not end")
    if code == -signal.SIGXCPU:
        return RenderTimedOut("the render used more processor time than is allowed")
    if code < 0:
        return RenderCrashed(
            f"the renderer crashed on this template ({signal.Signals(-code).name}); "
            "no other job is affected"
        )
    return RenderCrashed(f"the renderer ended its process with exit code {code}")


def _error_class(error_code: str) -> type[RenderError]:
    classes = [RenderError]
    for each in classes:  # the list grows in the loop until it has the whole tree
        classes.extend(each.__subclasses__())
    return next((each for each in classes if each.error_code == error_code), RenderError)
