"""Starting a program in a render process, so that it never outlives the render."""

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
    """Run `command` in `folder`; both of its outputs go to `output`.

    `descriptors` says which of our file descriptors the program finds at which number of its own,
    from 3 on. The program is killed with this process, and what it starts itself is killed where
    it stays in the process group. Raises OSError where it cannot be started.
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
    """Kill it, if it still runs, and wait until it is gone. On Windows all goes that this process
    has started, since what a program leaves there is nobody's child.
    """
    if sys.platform == "win32":
        for process in started_by_this_process():
            with suppress(OSError):  # it has ended meanwhile
                os.kill(process, signal.SIGTERM)
    program.kill()
    program.wait()


def kill_with_children(process: int) -> None:
    """Kill a process, which leads a group of its own, and all that it started; nothing where it has
    ended. Windows has no such groups, so there its children are looked for.
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
            os._exit(1)  # this process ended before the kernel knew
        high = {theirs: os.dup2(ours, 200 + theirs) for theirs, ours in descriptors.items()}
        for theirs, ours in high.items():
            os.dup2(ours, theirs)
            os.close(ours)

    return prepare
