"""Templates and fonts on a worker's disk: downloaded once, used by a thousand jobs."""

import hashlib
from pathlib import Path

from obstore.store import ObjectStore

from activities.assets.bounded_files import BoundedFiles
from activities.assets.single_flight import SingleFlight
from activities.metrics import CacheMetrics
from reelbatch.models.errors import TemplateInvalid
from reelbatch.storage.files import download


class ObjectCache:
    """Keeps objects whose keys never change their content, the least used ones leaving first."""

    def __init__(
        self, store: ObjectStore, folder: Path, limit: int, metrics: CacheMetrics | None = None
    ) -> None:
        """`limit` is in bytes; one object may be larger than it."""
        self._store = store
        self._files = BoundedFiles(folder, limit)
        self._metrics = metrics or CacheMetrics("objects")
        self._downloads: SingleFlight[None] = SingleFlight()

    async def link(self, key: str, target: Path) -> None:
        """Put the object at `target` as a hard link, which eviction cannot take away.

        Raises TemplateInvalid if the store has no such object.
        """
        name = hashlib.sha256(key.encode()).hexdigest()
        self._metrics.note_request(is_hit=name in self._files)
        while not self._files.link(name, target):
            await self._downloads.run(key, lambda: self._download(key, name))

    async def _download(self, key: str, name: str) -> None:
        part = self._files.new_part()
        try:
            await download(self._store, key, part)
            self._metrics.note_download(part.stat().st_size)
            self._files.keep(part, name)
        except FileNotFoundError as error:
            raise TemplateInvalid(f"The file {key} is no longer in the object store.") from error
        finally:
            part.unlink(missing_ok=True)
