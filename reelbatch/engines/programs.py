"""Starting programs in a render process such that they never outlive the render."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import psutil

    from reelbatch.engines.pool.job_object import started_by_this_process
if sys.platform == "linux":
    from reelbatch.engines.pool.kernel import control_process

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_program(
    command: Sequence[str | Path],
    *,
    folder: Path,
    output: IO[bytes] | int = subprocess.DEVNULL,
    descriptors: Mapping[int, int] | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that is killed when this process ends.

    Processes that the program starts are killed too, unless they leave its process group.

    Args:
        command: The program and its arguments.
        folder: The working folder, which is also the program's `HOME`.
        output: Where its standard output and standard error go; by default nowhere.
        descriptors: File descriptors to pass on: the number that the program sees, from 3 on,
            mapped to the number in this process.
        environment: Variables to set in addition to those of this process.

    Raises:
        OSError: The program cannot be started.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        close_fds=descriptors is None,
        preexec_fn=_prepare(descriptors or {}),
    )


def end_program(program: subprocess.Popen[bytes]) -> None:
    """Kill the program if it is still running, and wait until it is gone.

    On Windows everything that this process has started is killed, because the children of an
    ended program have no parent there by which to find them.
    """
    if sys.platform == "win32":
        for process in started_by_this_process():
            with suppress(OSError):  # it has ended in the meantime
                os.kill(process, signal.SIGTERM)
    program.kill()
    program.wait()


def kill_with_children(process: int) -> None:
    """Kill a process, which leads a process group, and everything that it started.

    Does nothing if it has ended. Windows has no such groups: there the children are searched for.
    """
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        return
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        for one in (*parent.children(recursive=True), parent):
            with suppress(psutil.NoSuchProcess):
                one.kill()


def _prepare(descriptors: Mapping[int, int]) -> Callable[[], None] | None:
    if sys.platform == "win32":
        return None
    parent = os.getpid()

    def prepare() -> None:
        if sys.platform == "linux":
            control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # the parent ended before the kernel watched it
        high = {theirs: os.dup2(ours, 200 + theirs) for theirs, ours in descriptors.items()}
        for theirs, ours in high.items():
            os.dup2(ours, theirs)
            os.close(ours)

    return prepare
