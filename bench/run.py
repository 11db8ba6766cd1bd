"""What a benchmark is given."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.service import Service, running_service
from bench.sizes import Sizes


class Run:
    """One call of `python -m bench`: how much to measure, where, and a service for who needs it."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.sizes = sizes
        self._folder = folder
        self._service: Service | None = None
        self._resources = ExitStack()

    def folder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    def service(self) -> Service:
        """Started for the first who asks, and nobody else's business meanwhile."""
        if self._service is None:
            folder = self.folder("service")
            self._service = self._resources.enter_context(running_service(folder))
        return self._service

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resources.close()
