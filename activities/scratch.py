"""A worker's folder for work files. After a crash, the next worker removes it."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import lock_descriptor

from reelbatch.folders import empty

_PREFIX = "reelbatch-worker-"
_LOCK = "lock"
_RENDER, _IDLE = "render-", "idle-"  # what the names of folders begin with
_MAX_IDLE = 32

ENGINE_FOLDER = "work"  # in the folder of a render


class Scratch(AbstractContextManager["Scratch"]):
    """A folder that is removed at the end; folders of dead workers are removed at the start.

    A lock on a file inside marks a folder as in use; the kernel releases it however a worker ends.
    Raises OSError if the folder cannot be created.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(self._parent)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        lock_descriptor(self._lock)
        self._idle: list[Path] = []

    def __exit__(self, *_raised: object) -> None:
        os.close(self._lock)  # first, because Windows does not remove open files
        shutil.rmtree(self.path, ignore_errors=True)

    @contextmanager
    def work_dir(self) -> Generator[Path]:
        """A folder for one render, with nothing in it except perhaps an empty `ENGINE_FOLDER`.

        Its contents are removed at the end.
        """
        folder = self._take_folder()
        try:
            yield folder
        finally:
            self._put_back(folder)

    def _take_folder(self) -> Path:
        if self._idle:
            idle = self._idle.pop()
            return idle.rename(idle.with_name(idle.name.replace(_IDLE, _RENDER)))
        return Path(tempfile.mkdtemp(prefix=_RENDER, dir=self.path))

    def _put_back(self, folder: Path) -> None:
        if len(self._idle) < _MAX_IDLE and empty(folder, {ENGINE_FOLDER}):
            self._idle.append(folder.rename(folder.with_name(folder.name.replace(_RENDER, _IDLE))))
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        if not _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Whether a worker uses the folder. One without a lock file has just been created."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return True
    try:
        return not lock_descriptor(lock, blocking=False)
    except OSError:
        return True
    finally:
        os.close(lock)
