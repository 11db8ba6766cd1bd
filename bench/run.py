"""The context of a benchmark: sizes, folders and a running service."""

from contextlib import ExitStack
from pathlib import Path

from bench.service import Service, running_service
from bench.sizes import Sizes


class Run(ExitStack):
    """One call of `python -m bench`. It starts a service when a benchmark needs one."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self._folder = folder
        self._service: Service | None = None

    def folder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    def service(self) -> Service:
        """The service that benchmarks share. The first call starts it."""
        if self._service is None:
            folder = self.folder("service")
            self._service = self.enter_context(running_service(folder))
        return self._service
