"""Waiting for a batch to change: it is read once a second, however many clients wait for it.

The number of waiting requests per token is limited, since each holds a connection and some memory.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Annotated

import structlog
from fastapi import Depends, Request
from obstore.exceptions import BaseError as ObjectStoreError
from temporalio.client import WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError

from api.resources import MayReadJobs
from api.snapshots import QUERY_TIMEOUT, BatchReader
from reelbatch.models.errors import ReelbatchError, TooManyRequests
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.orchestration.names import batch_workflow_id
from reelbatch.models.wire.jobs import JobStatus
from workflows.batch import BatchWorkflow

log = structlog.get_logger("api")

_WAIT = 5  # seconds until a token with too many followers may try again
_INTERVAL = 1.0  # seconds between two reads of a batch


class BatchWatch:
    """The latest state of a batch, shared by all requests that wait for it to change."""

    def __init__(self, snapshot: BatchSnapshot) -> None:
        self.latest = snapshot
        self.shown: BatchSnapshot | None = None
        """The batch with its jobs' renders; the same object as long as no job's status changes."""
        self.polling: asyncio.Task[None]
        self.is_closed = False
        self.watchers = 0
        self.streams = 0  # the watchers that also follow renders
        self._news = asyncio.Event()

    def publish(self, snapshot: BatchSnapshot) -> None:
        """Ignores snapshots with fewer ended jobs: they are older, because no job restarts."""
        if _ended(snapshot) > _ended(self.latest):
            self.latest = snapshot
            self._wake()

    def show(self, shown: BatchSnapshot) -> BatchSnapshot:
        """Publish the batch with its jobs' renders. Returns what all streams show."""
        if self.shown is None or _statuses(shown) != _statuses(self.shown):
            self.shown = shown
            self._wake()
        return self.shown

    def close(self) -> None:
        self.is_closed = True
        self._wake()

    async def change(self, seen: BatchSnapshot, patience: float) -> BatchSnapshot:
        """The batch as soon as more of its jobs have ended than in `seen`.

        After `patience` seconds, or when the server stops, it returns the latest known state.
        """
        deadline = monotonic() + patience
        while _ended(self.latest) <= _ended(seen) and not self.is_closed:
            remaining = deadline - monotonic()
            if remaining <= 0:
                return seen
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), remaining)
        return self.latest if _ended(self.latest) > _ended(seen) else seen

    async def next_shown(self, seen: BatchSnapshot, patience: float) -> BatchSnapshot:
        """The shown state as soon as it differs from `seen`, or after `patience` seconds.

        Returns early when the server stops.
        """
        deadline = monotonic() + patience
        while self.shown is seen and not self.is_closed and (left := deadline - monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)
        return self.shown or seen

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class BatchWatches:
    """All batches that requests wait for; one instance per process."""

    def __init__(self, batches: BatchReader) -> None:
        self._batches = batches
        self._watches: dict[str, BatchWatch] = {}
        self._reading: dict[str, asyncio.Task[BatchSnapshot]] = {}
        self._stopped = False

    async def read(self, team: str, batch_id: str) -> BatchSnapshot:
        """The current state of a batch that the caller will wait for. Raises BatchNotFound.

        It comes from an existing watch, or else from one read that concurrent callers share.
        """
        key = batch_workflow_id(team, batch_id)
        if watch := self._watches.get(key):
            return watch.latest
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._batches.read_recorded(team, batch_id))
            self._reading[key] = reading
            reading.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(reading)

    @asynccontextmanager
    async def watch(self, snapshot: BatchSnapshot) -> AsyncGenerator[BatchWatch]:
        """Poll the batch while anybody is in this context. `snapshot` is what the caller knows."""
        key = batch_workflow_id(snapshot.team, snapshot.id)
        watch = self._watches.get(key)
        if watch is None:
            watch = self._watches[key] = BatchWatch(snapshot)
            watch.polling = asyncio.create_task(self._poll(watch))
        watch.publish(snapshot)
        watch.is_closed |= self._stopped
        watch.watchers += 1
        try:
            yield watch
        finally:
            watch.watchers -= 1
            if watch.watchers == 0:
                del self._watches[key]
                watch.polling.cancel()

    @asynccontextmanager
    async def stream(self, snapshot: BatchSnapshot) -> AsyncGenerator[BatchWatch]:
        """Like `watch`, for callers that follow every change of a job's status."""
        async with self.watch(snapshot) as watch:
            if watch.shown is None or _ended(watch.shown) < _ended(snapshot):
                watch.show(await self._batches.with_renders(watch.latest))
            watch.streams += 1
            try:
                yield watch
            finally:
                watch.streams -= 1

    async def change(self, snapshot: BatchSnapshot, patience: float) -> BatchSnapshot:
        """`BatchWatch.change` for a single wait. A batch that has ended never changes."""
        if snapshot.stats.pending == 0:
            return snapshot
        async with self.watch(snapshot) as watch:
            return await watch.change(snapshot, patience)

    def stop(self) -> None:
        """Release all waiting requests, because the server is shutting down."""
        self._stopped = True
        for watch in self._watches.values():
            watch.close()

    async def _poll(self, watch: BatchWatch) -> None:
        while watch.latest.stats.pending:
            await asyncio.sleep(_INTERVAL)
            try:
                await self._poll_once(watch)
                if watch.streams:
                    watch.show(await self._batches.with_renders(watch.latest))
            except (ReelbatchError, RPCError, ObjectStoreError, WorkflowQueryFailedError) as error:
                log.info("a watched batch cannot be read", batch=watch.latest.id, reason=str(error))

    async def _poll_once(self, watch: BatchWatch) -> None:
        """Query only the counts, and read all jobs only if these have changed."""
        team, batch_id = watch.latest.team, watch.latest.id
        try:
            stats = await self._batches.handle(team, batch_id).query(
                BatchWorkflow.stats,
                reject_condition=QueryRejectCondition.NOT_OPEN,
                rpc_timeout=QUERY_TIMEOUT,
            )
        except WorkflowQueryRejectedError:
            log.debug("a watched batch has ended", batch=batch_id)
        else:
            if stats.pending == watch.latest.stats.pending:
                return
        watch.publish(await self._batches.read_recorded(team, batch_id))


class Followers:
    """Counts the requests that wait for batches, by token, and limits them in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._numbers: Counter[str] = Counter()

    @contextmanager
    def one_more(self, token: str) -> Generator[None]:
        """`token` is its id. Raises TooManyRequests."""
        if self._numbers[token] >= self._limit:
            raise TooManyRequests(
                f"This token already follows batches in {self._limit} requests, the maximum "
                "(REELBATCH_MAX_FOLLOWERS): end some of them, or follow each batch once "
                "for all of its viewers.",
                retry_after=_WAIT,
            )
        self._numbers[token] += 1
        try:
            yield
        finally:
            self._numbers[token] -= 1
            if not self._numbers[token]:
                del self._numbers[token]


async def _followers(request: Request) -> Followers:
    return request.app.state.followers


AllFollowers = Annotated[Followers, Depends(_followers)]


async def _follower(
    request: Request, _: MayReadJobs, followers: AllFollowers
) -> AsyncGenerator[None]:
    with followers.one_more(request.state.token.id):
        yield


CountsAsFollower = Depends(_follower, scope="request")
"""Counts the request as a follower until its response has been sent."""


async def _watches(request: Request) -> BatchWatches:
    return request.app.state.watches


Watches = Annotated[BatchWatches, Depends(_watches)]


def _ended(snapshot: BatchSnapshot) -> int:
    return snapshot.stats.total - snapshot.stats.pending


def _statuses(snapshot: BatchSnapshot) -> list[JobStatus]:
    return [record.status for record in snapshot.records]
