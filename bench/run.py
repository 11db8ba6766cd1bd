"""What a benchmark is given."""

from contextlib import ExitStack
from pathlib import Path

from bench.service import Service, running_service
from bench.sizes import Sizes


class Run(ExitStack):
    """One call of `python -m bench`: how much to measure, where, and a service for who needs it."""

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
        """Started for the first who asks, and nobody else's business meanwhile."""
        if self._service is None:
            folder = self.folder("service")
            self._service = self.enter_context(running_service(folder))
        return self._service
