"""GET /batches/{id}/events: a batch as it goes on, as server-sent events.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.batches.responses import batch_response
from api.batches.watch import BatchWatches, Watches
from api.http.errors import documented
from api.http.parameters import UlidPath
from api.openapi.document import event_stream
from api.resources import MayReadJobs, Recheck, RequestUrls, Shared
from api.urls import Urls
from reelbatch.models.errors import BatchNotFound, RequestError, TooManyRequests, Unauthorized
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.wire.batches import BatchListItem
from reelbatch.models.wire.jobs import JobStatus

router = APIRouter(tags=["batches"])

# Seconds of silence after which proxies get a sign of life, and the token is looked at again.
_HEARTBEAT = 4.0
_RECONNECT = 2000  # milliseconds that a client waits when the stream broke off

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last event that arrived: what came after it is sent again.",
        json_schema_extra={"pattern": "^[0-9]{1,15}$"},  # any other gets all events
    ),
]

_Seen = dict[int, JobStatus]
"""The statuses that the client knows, by the jobs' indexes."""


@router.get(
    "/batches/{batch_id}/events",
    response_class=StreamingResponse,
    responses={
        **documented(RequestError, BatchNotFound),
        200: event_stream("Until the batch has ended.", "stats", "job", "end"),
    },
)
async def get_events(
    batch_id: UlidPath,
    resources: Shared,
    team: MayReadJobs,
    urls: RequestUrls,
    recheck: Recheck,
    watches: Watches,
    last_event_id: LastEventId = None,
) -> Response:
    """`stats` and `job` events as jobs end, then `end`.

    A client that reconnects with Last-Event-ID gets what it has missed.
    """
    snapshot = await resources.batches.read(team, batch_id)
    seen = _seen_before(snapshot, last_event_id or "")
    return StreamingResponse(
        _while_allowed(_events(watches, snapshot, seen, urls), recheck),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _while_allowed(events: AsyncGenerator[str], recheck: Recheck) -> AsyncGenerator[str]:
    """The events until the token no longer holds."""
    async with aclosing(events):
        async for event in events:
            try:
                await recheck()
            except (Unauthorized, TooManyRequests):
                return
            yield event


async def _events(
    watches: BatchWatches, snapshot: BatchSnapshot, seen: _Seen, urls: Urls
) -> AsyncGenerator[str]:
    yield f"retry: {_RECONNECT}\n\n"
    async with watches.watch(snapshot) as watch:
        while True:
            yield _event("stats", snapshot.stats)
            for event in _job_events(snapshot, seen, urls):
                yield event
            if snapshot.stats.pending == 0:
                yield _event("end", _summary(snapshot))
                return
            while (newer := await watch.change(snapshot, _HEARTBEAT)) is snapshot:
                if watch.is_closed:
                    return
                yield ": still here\n\n"
            snapshot = newer


def _job_events(snapshot: BatchSnapshot, seen: _Seen, urls: Urls) -> Iterator[str]:
    """One for each job whose status the client does not know, in the order of the changes."""
    jobs = {job.index: job for job in batch_response(snapshot, urls).jobs}
    for record in sorted(snapshot.records, key=lambda record: record.updated_at):
        if seen.get(record.index, JobStatus.QUEUED) is not record.status:
            seen[record.index] = record.status
            yield _event("job", jobs[record.index], _milliseconds(record.updated_at))


def _seen_before(snapshot: BatchSnapshot, last_event_id: str) -> _Seen:
    """What changed before the last event that arrived; of its millisecond some may be missing."""
    if not last_event_id.isdecimal():
        return {}
    last = int(last_event_id[:15])
    return {
        record.index: record.status
        for record in snapshot.records
        if _milliseconds(record.updated_at) < last
    }


def _event(name: str, content: BaseModel, event_id: int | None = None) -> str:
    id_line = "" if event_id is None else f"id: {event_id}\n"
    return f"{id_line}event: {name}\ndata: {content.model_dump_json(by_alias=True)}\n\n"


def _summary(snapshot: BatchSnapshot) -> BatchListItem:
    return BatchListItem(
        batch_id=snapshot.id,
        status=snapshot.stats.status,
        created_at=snapshot.created_at,
        stats=snapshot.stats,
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
