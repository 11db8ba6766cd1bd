"""Waiting for a batch to change: one look a second, however many clients wait for it.

How many a token may have waiting at a time is bounded: each holds a connection and some memory.
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
_INTERVAL = 1.0  # seconds between two looks at a batch


class BatchWatch:
    """The latest that a batch itself has told, for all who wait for more."""

    def __init__(self, snapshot: BatchSnapshot) -> None:
        self.latest = snapshot
        self.shown: BatchSnapshot | None = None
        """With what its jobs' renders tell; the same object as long as no job's status changes."""
        self.looking: asyncio.Task[None]
        self.is_closed = False
        self.watchers = 0
        self.streams = 0  # of the watchers, those who want to be told of renders too
        self._news = asyncio.Event()

    def publish(self, snapshot: BatchSnapshot) -> None:
        """Jobs only ever end: what has fewer ended ones is older, and nobody's news."""
        if _ended(snapshot) > _ended(self.latest):
            self.latest = snapshot
            self._wake()

    def show(self, shown: BatchSnapshot) -> BatchSnapshot:
        """Tell what the batch's renders have told. The result is what everybody is told."""
        if self.shown is None or _statuses(shown) != _statuses(self.shown):
            self.shown = shown
            self._wake()
        return self.shown

    def close(self) -> None:
        self.is_closed = True
        self._wake()

    async def change(self, seen: BatchSnapshot, patience: float) -> BatchSnapshot:
        """The batch as soon as more of its jobs have ended than in `seen`.

        After `patience` seconds, or when the server stops, it is what is known by then.
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
        """What is shown as soon as it is not `seen` any more, or what is shown after `patience`
        seconds, or when the server stops.
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
    """All batches that somebody waits for. One a process."""

    def __init__(self, batches: BatchReader) -> None:
        self._batches = batches
        self._watches: dict[str, BatchWatch] = {}
        self._reading: dict[str, asyncio.Task[BatchSnapshot]] = {}
        self._stopped = False

    async def read(self, team: str, batch_id: str) -> BatchSnapshot:
        """The batch for one who will wait for more of it: as others know it, if there are any, and
        else read once for all who ask at this moment. Raises BatchNotFound.
        """
        key = batch_workflow_id(team, batch_id)
        if watch := self._watches.get(key):
            return watch.latest
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._batches.read_books(team, batch_id))
            self._reading[key] = reading
            reading.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(reading)

    @asynccontextmanager
    async def watch(self, snapshot: BatchSnapshot) -> AsyncGenerator[BatchWatch]:
        """Look at the batch while anybody is in this context. `snapshot` is what is known."""
        key = batch_workflow_id(snapshot.team, snapshot.id)
        watch = self._watches.get(key)
        if watch is None:
            watch = self._watches[key] = BatchWatch(snapshot)
            watch.looking = asyncio.create_task(self._look_often(watch))
        watch.publish(snapshot)
        watch.is_closed |= self._stopped
        watch.watchers += 1
        try:
            yield watch
        finally:
            watch.watchers -= 1
            if watch.watchers == 0:
                del self._watches[key]
                watch.looking.cancel()

    @asynccontextmanager
    async def stream(self, snapshot: BatchSnapshot) -> AsyncGenerator[BatchWatch]:
        """As `watch`, for one who is told of each change of a job's status."""
        async with self.watch(snapshot) as watch:
            if watch.shown is None or _ended(watch.shown) < _ended(snapshot):
                watch.show(await self._batches.with_renders(watch.latest))
            watch.streams += 1
            try:
                yield watch
            finally:
                watch.streams -= 1

    async def change(self, snapshot: BatchSnapshot, patience: float) -> BatchSnapshot:
        """As `BatchWatch.change`, for those who wait once. A batch that has ended never changes."""
        if snapshot.stats.pending == 0:
            return snapshot
        async with self.watch(snapshot) as watch:
            return await watch.change(snapshot, patience)

    def stop(self) -> None:
        """Let go of everybody: the server is about to end."""
        self._stopped = True
        for watch in self._watches.values():
            watch.close()

    async def _look_often(self, watch: BatchWatch) -> None:
        while watch.latest.stats.pending:
            await asyncio.sleep(_INTERVAL)
            try:
                await self._look(watch)
                if watch.streams:
                    watch.show(await self._batches.with_renders(watch.latest))
            except (ReelbatchError, RPCError, ObjectStoreError, WorkflowQueryFailedError) as error:
                log.info("a watched batch cannot be read", batch=watch.latest.id, reason=str(error))

    async def _look(self, watch: BatchWatch) -> None:
        """Ask for the counts alone, and for a thousand jobs only if those have changed."""
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
        watch.publish(await self._batches.read_books(team, batch_id))


class Followers:
    """Who waits for batches, by token: at most so many in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: Counter[str] = Counter()

    @contextmanager
    def one_more(self, token: str) -> Generator[None]:
        """`token` is its id. Raises TooManyRequests."""
        if self._numbers[token] >= self._most:
            raise TooManyRequests(
                f"This token follows batches in {self._most} requests already, which is all that "
                "it may at a time (REELBATCH_MAX_FOLLOWERS): end some, or follow a batch once for "
                "all who look at it.",
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
"""Until the response has been sent."""


async def _watches(request: Request) -> BatchWatches:
    return request.app.state.watches


Watches = Annotated[BatchWatches, Depends(_watches)]


def _ended(snapshot: BatchSnapshot) -> int:
    return snapshot.stats.total - snapshot.stats.pending


def _statuses(snapshot: BatchSnapshot) -> list[JobStatus]:
    return [record.status for record in snapshot.records]
