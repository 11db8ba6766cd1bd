"""The program of a render process: `python -m reelbatch.engines.pool.child SETTINGS`.

SETTINGS is a `ProcessSettings` in JSON. The process loads its renderer, confines itself, sends
`Ready` on the socket that is its standard input, and then runs one task after the other.
"""

import faulthandler
import gc
import os
import socket
import sys
import time
import traceback
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread

from reelbatch.engines.base import RenderedFile, RenderEngine, Renderer, RenderRequest
from reelbatch.engines.pool.confinement import (
    confine,
    die_with_parent,
    limit_processor_time,
    limit_resources,
)
from reelbatch.engines.pool.messages import (
    LENGTH,
    Answer,
    CellsRead,
    Failed,
    Inspect,
    Inspected,
    Join,
    ProcessSettings,
    Progress,
    ReadCells,
    Ready,
    Rendered,
    Result,
    Task,
    pack_answer,
    unpack_task,
)
from reelbatch.engines.pool.workspace import INPUTS, WORK
from reelbatch.engines.registry import load_class
from reelbatch.models.errors import LimitExceeded, RenderError
from reelbatch.models.wire.warnings import MAX_GLYPHS, bounded

_PROGRESS_INTERVAL = 0.2  # seconds
# Documents are trees of many small objects. Searching them for cycles would take as long as reading
# them.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000
_LONGEST_MESSAGE = 500  # characters of an unexpected error


def main(settings: ProcessSettings) -> None:
    channel = _Channel(_claim_standard_input())
    die_with_parent(settings.parent)
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    faulthandler.enable()  # a crash prints its stack to the worker's standard error
    try:
        engine = load_class(settings.engine)
        renderer = engine.renderer()
    except Exception as error:
        channel.send(_failure(error, settings.memory))
        return
    missing = _confine(engine, settings)
    # Threads must start after this: parts of the confinement don't apply to older threads.
    tasks: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(channel, tasks), name="tasks", daemon=True).start()
    channel.send(Ready(missing=missing))
    while True:
        channel.send(_answer(renderer, unpack_task(tasks.get()), channel, settings.memory))


def _confine(engine: type[RenderEngine], settings: ProcessSettings) -> tuple[str, ...]:
    limit_resources(settings.memory, runs_programs=engine.runs_programs)
    if not settings.is_confined:
        return ()
    return confine(
        settings.workspace / INPUTS,
        settings.workspace / WORK,
        settings.readable,
        runs_programs=engine.runs_programs,
    )


class _Channel:
    """The child's end of the socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = Lock()  # an engine may report from another thread
        self._next_report = 0.0

    def send(self, answer: Answer) -> None:
        with self._sending:
            self._connection.sendall(pack_answer(answer))
        self._next_report = 0.0  # the next task's first report goes out at once

    def report(self, percent: float) -> None:
        """Send the progress, at most a few times per second."""
        now = time.monotonic()
        if now >= self._next_report:
            self.send(Progress(percent=percent))
            self._next_report = now + _PROGRESS_INTERVAL

    def receive(self) -> bytes | None:
        """Return the next task, or None if the parent has ended."""
        header = self._read(LENGTH.size)
        return None if header is None else self._read(LENGTH.unpack(header)[0])

    def _read(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            part = self._connection.recv(min(count - len(parts), 1 << 20))
            if not part:
                return None
            parts += part
        return bytes(parts)


def _claim_standard_input() -> socket.socket:
    """Return the socket that the parent passed, and move it where no library reads from it."""
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    connection = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    return connection


def _receive(channel: _Channel, tasks: SimpleQueue[bytes]) -> None:
    """Receive tasks even while one is running, so that the parent's end ends this process."""
    try:
        while (payload := channel.receive()) is not None:
            tasks.put(payload)
    finally:
        os._exit(0)


def _answer(renderer: Renderer, task: Task, channel: _Channel, memory: int) -> Answer:
    try:
        return _run(renderer, task, channel)
    except Exception as error:  # an engine may raise anything
        return _failure(error, memory)


def _run(renderer: Renderer, task: Task, channel: _Channel) -> Result:
    if isinstance(task, Inspect):
        limit_processor_time(task.limits.seconds)
        if task.target is not None:
            found = renderer.convert(task.template, task.template_type, task.target, task.limits)
            return Inspected(inspection=found)
        inspection = renderer.inspect(task.template, task.template_type, task.limits)
        return Inspected(inspection=inspection)
    if isinstance(task, ReadCells):
        return _read_cells(task)
    limit_processor_time(task.request.limits.seconds)
    if isinstance(task, Join):
        file = _join(renderer, task, channel)
    else:
        file = renderer.render(task.request, channel.report)
    if task.request.poster_path is not None:
        _write_poster(task.request, task.request.poster_path, file)
    missing = file.missing_glyphs
    return Rendered(
        width=file.width,
        height=file.height,
        frames=file.frames,
        drawn_by=file.drawn_by,
        missing_glyphs=missing if missing is None else list(missing[:MAX_GLYPHS]),
        warnings=tuple(bounded(file.warnings)),
    )


def _read_cells(task: ReadCells) -> CellsRead:
    from reelbatch.engines.workbooks import read_cells  # loads openpyxl, which engines don't need

    limit_processor_time(task.limits.seconds)
    read_cells(task.workbook, task.target, task.limits)
    return CellsRead()


def _join(renderer: Renderer, task: Join, channel: _Channel) -> RenderedFile:
    # Loading it takes half a second, and most engines don't need it.
    from reelbatch.engines.encoding import join_segments

    request = task.request
    return join_segments(
        request.output_path,
        request.output.codec,
        task.segments,
        channel.report,
        frame_rate=task.frame_rate,
        audio=renderer.sounds(request),
    )


def _write_poster(request: RenderRequest, target: Path, film: RenderedFile) -> None:
    from reelbatch.engines.poster import write_poster  # loads a decoder, which few renders need

    write_poster(request, target, film)


def _failure(error: Exception, memory: int) -> Failed:
    if isinstance(error, RenderError):
        return Failed(error_code=error.error_code, message=error.message)
    if isinstance(error, MemoryError):
        size = memory // 1024**2
        message = f"the render needs more than {size} MiB of memory (REELBATCH_RENDER_MEMORY)"
        return Failed(error_code=LimitExceeded.error_code, message=message, is_reusable=False)
    return Failed(
        error_code=RenderError.error_code,
        message=f"the renderer failed: {type(error).__name__}: {error}"[:_LONGEST_MESSAGE],
        trace="".join(traceback.format_exception(error)),
        is_reusable=False,
    )


if __name__ == "__main__":
    main(ProcessSettings.model_validate_json(sys.argv[1]))
