"""The folders of a render process, which are all that it sees of the worker's files.

A task's inputs are linked into `inputs`, which the process may read. Its results go to `work`, the
only folder that it may write to. So the process sees only the files of its current render, even
though it is confined only once.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reelbatch.engines.base import RenderRequest
from reelbatch.engines.pool.messages import Inspect, Join, ReadCells, Render, Task
from reelbatch.folders import empty
from reelbatch.models.errors import RenderCrashed

INPUTS, WORK = "inputs", "work"
_REUSED = frozenset(map(str, range(8)))  # folders in `inputs` that stay for the next task


class Workspace:
    """A folder in `parent` with mode 0700."""

    def __init__(self, parent: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="process-", dir=parent)).resolve()
        self.inputs = self.path / INPUTS
        self.work = self.path / WORK
        self._outbox = self.path / "outbox"
        for folder in (self.inputs, self.work, self._outbox):
            folder.mkdir(mode=0o700)

    def admit(self, task: Task) -> Task:
        """Add the files of `task`, and return the task as the process sees it."""
        if isinstance(task, Inspect):
            target = task.target and self.work / task.target.name
            inside = self._admit_files([task.template])
            return replace(task, template=inside[task.template], target=target)
        if isinstance(task, ReadCells):
            inside = self._admit_files([task.workbook])
            return replace(
                task, workbook=inside[task.workbook], target=self.work / task.target.name
            )
        request = task.request
        assets = [resolved.file for resolved in request.assets if resolved.file is not None]
        own = {file for file in assets if file.is_relative_to(request.work_dir)}
        shared = [file for file in assets if file not in own]
        segments = task.segments if isinstance(task, Join) else ()
        inside = self._admit_files([request.template, *request.fonts, *shared, *segments])
        inside |= {file: self._admit_own(file, request.work_dir) for file in own}
        request = self._inner_request(request, inside)
        if isinstance(task, Render):
            return Render(request)
        return replace(task, request=request, segments=[inside[file] for file in segments])

    def deliver_if_made(self, target: Path) -> None:
        """Do the same as `deliver`, unless there is no such file."""
        if (self.work / target.name).is_symlink() or (self.work / target.name).exists():
            self.deliver(target)

    def deliver(self, target: Path) -> None:
        """Move the file that the process wrote to `target`.

        Raises RenderCrashed if it is not a regular file: uploading it would follow a link.
        """
        moved = self._outbox / target.name
        try:
            # It must be out of the process's reach before it is checked.
            (self.work / target.name).rename(moved)
            is_plain = stat.S_ISREG(moved.lstat().st_mode)
        except OSError as error:
            raise RenderCrashed("the render process left no output file") from error
        if not is_plain:
            raise RenderCrashed("the output of the render process is not a regular file")
        shutil.move(moved, target)

    def clear(self) -> bool:
        """Empty the folders for the next task. Returns False if something could not be removed."""
        try:
            emptied = [empty(self.work), empty(self._outbox), empty(self.inputs, _REUSED)]
        except FileNotFoundError:  # the whole workspace was removed
            return True
        return all(emptied)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _admit_files(self, files: list[Path]) -> dict[Path, Path]:
        """Link each file into a folder of its own, so that it keeps its name; return its path."""
        places: dict[Path, Path] = {}
        for file in files:
            if file not in places:
                folder = self.inputs / f"{len(places)}"
                folder.mkdir(mode=0o700, exist_ok=True)
                places[file] = folder / file.name
                _link(file, places[file])
        return places

    def _admit_own(self, file: Path, work_dir: Path) -> Path:
        """Link a static asset's file to the same name in the render's folder."""
        place = self.work / file.relative_to(work_dir)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _link(file, place)
        return place

    def _inner_request(self, request: RenderRequest, inside: Mapping[Path, Path]) -> RenderRequest:
        return replace(
            request,
            template=inside[request.template],
            fonts=[inside[font] for font in request.fonts],
            assets=[
                resolved if resolved.file is None else replace(resolved, file=inside[resolved.file])
                for resolved in request.assets
            ],
            work_dir=self.work,
            output_path=self.work / request.output_path.name,
        )


def _link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy between file systems. The engine reports a missing file."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        return
    except OSError:
        shutil.copyfile(source, target)
