"""A team's quotas: bytes in the object store, and jobs that have not ended."""

from dataclasses import dataclass
from time import monotonic

from cachetools import LRUCache
from obstore.store import ObjectStore

from api.snapshots import BatchReader
from api.visibility import TeamWorkflows, is_open
from reelbatch.models.errors import QuotaExceeded, TooManyRequests
from reelbatch.parallel import gather_each
from reelbatch.settings import ByteLimit, Settings
from reelbatch.storage import keys
from reelbatch.storage.listing import bytes_in

_MAX_AGE = 60.0  # seconds: listing the objects of a large team takes several
_MAX_TEAMS = 10_000
_PARALLEL_READS = 8
_WAIT = 30  # seconds until a client with too many jobs may try again


@dataclass
class _Stored:
    size: int  # bytes
    counted_at: float


class Quotas:
    """Checks quotas. Each process has its own counts, which are at most a minute old."""

    def __init__(
        self,
        settings: Settings,
        *,
        workflows: TeamWorkflows,
        store: ObjectStore,
        batches: BatchReader,
    ) -> None:
        self._most_bytes = settings.max_team_bytes
        self._most_jobs = settings.max_pending_jobs
        self._workflows = workflows
        self._store = store
        self._batches = batches
        self._stored: LRUCache[str, _Stored] = LRUCache(_MAX_TEAMS)

    async def room(self, team: str, limit: ByteLimit) -> ByteLimit:
        """The bytes that the team may still store, up to `limit`. Raises QuotaExceeded."""
        if self._most_bytes is None:
            return limit
        left = self._most_bytes - (await self._counted(team)).size
        if left <= 0:
            raise QuotaExceeded(
                f"The team has used all of the {self._most_bytes} bytes that it may store on this "
                "server: delete templates or fonts, or ask whoever runs it for more "
                "(REELBATCH_MAX_TEAM_BYTES)."
            )
        return limit.up_to(ByteLimit(left, "REELBATCH_MAX_TEAM_BYTES"))

    def note(self, team: str, size: int) -> None:
        """Count what was stored since the team's objects were listed."""
        if stored := self._stored.get(team):
            stored.size += size

    async def check_jobs(self, team: str) -> None:
        """Raises QuotaExceeded or TooManyRequests for a team that may submit nothing now."""
        await self.room(team, ByteLimit(1))
        if self._most_jobs is not None and await self._pending(team) >= self._most_jobs:
            raise TooManyRequests(
                f"The team has {self._most_jobs} jobs that have not ended, the maximum on "
                "this server (REELBATCH_MAX_PENDING_JOBS): submit more when some have ended.",
                retry_after=_WAIT,
            )

    async def _counted(self, team: str) -> _Stored:
        stored = self._stored.get(team)
        if stored is None or monotonic() - stored.counted_at > _MAX_AGE:
            counted_at = monotonic()
            size = await bytes_in(self._store, keys.team(team))
            stored = self._stored[team] = _Stored(size, counted_at)
        return stored

    async def _pending(self, team: str) -> int:
        batches, jobs = await self._workflows.batches(team), await self._workflows.single_jobs(team)
        open_batches = [found for found in batches if is_open(found)]
        counts = await gather_each(
            lambda found: self._batches.stats(team, found), open_batches, at_once=_PARALLEL_READS
        )
        return sum(stats.pending for stats in counts) + sum(map(is_open, jobs))
