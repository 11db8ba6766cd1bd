"""A folder of files that renders link to, of a bounded size."""

import os
import tempfile
from collections import OrderedDict
from pathlib import Path

_READ_ONLY = 0o444  # renders of several teams may share a file


class BoundedFiles:
    """Files by name, together up to `limit` bytes: those that were used longest ago leave first.

    A name stands for one content for ever. A single file may be larger than the limit. Nothing
    here waits, so that nothing comes between a look and a link.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, name: object) -> bool:
        return name in self._sizes

    def new_part(self) -> Path:
        """An empty file to write to, which nobody sees before `keep`."""
        handle, path = tempfile.mkstemp(suffix=".part", dir=self._folder)
        os.close(handle)
        return Path(path)

    def keep(self, part: Path, name: str) -> None:
        """Make a complete `part` the file of this name, unless there is one."""
        if name not in self._sizes:
            self._sizes[name] = part.stat().st_size
            self._total += self._sizes[name]
            part.chmod(_READ_ONLY)
            part.replace(self._folder / name)
        self._sizes.move_to_end(name)
        self._evict(keep=name)

    def link(self, name: str, target: Path) -> bool:
        """Put the file at `target` as a hard link, which eviction cannot take away; whether it
        is here."""
        if name not in self._sizes:
            return False
        os.link(self._folder / name, target)
        self._sizes.move_to_end(name)
        return True

    def _evict(self, keep: str) -> None:
        while self._total > self._limit:
            name = next(iter(self._sizes))
            if name == keep:
                return
            self._total -= self._sizes.pop(name)
            (self._folder / name).unlink(missing_ok=True)
