"""GET /batches/{id}/events: the progress of a batch, as server-sent events.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.batches.responses import Responses, list_item
from api.batches.watch import BatchWatches, CountsAsFollower, Watches
from api.http.errors import documented
from api.http.parameters import UlidPath
from api.resources import MayReadJobs, Recheck, RequestUrls
from reelbatch.models.errors import BatchNotFound, RequestError, TooManyRequests, Unauthorized
from reelbatch.models.orchestration.batches import BatchSnapshot, JobRecord
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import JobStatus

router = APIRouter(tags=["batches"])

# Seconds of silence after which a comment keeps proxies connected, and the token is rechecked.
_HEARTBEAT = 4.0
_RECONNECT = 2000  # milliseconds that a client waits after the stream has broken off

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last event that was received: later events are sent again.",
        json_schema_extra={"pattern": "^[0-9]{1,15}$"},  # with any other value, all events are sent
    ),
]

_Seen = dict[int, JobStatus]
"""The statuses that the client knows, by job index."""
_JobTexts = Callable[[BatchSnapshot], list[str]]


@router.get(
    "/batches/{batch_id}/events",
    response_class=StreamingResponse,
    dependencies=[CountsAsFollower],
    responses={
        **documented(RequestError, BatchNotFound, TooManyRequests),
        # Without a schema: tools disagree on whether it describes the stream or one event.
        200: {
            "description": "A stream of events until the batch has ended: `stats` with BatchStats "
            "as JSON, `job` with BatchJob, and `end` with BatchListItem.",
            "content": {"text/event-stream": {}},
        },
    },
)
async def get_batch_events(
    batch_id: UlidPath,
    team: MayReadJobs,
    urls: RequestUrls,
    recheck: Recheck,
    watches: Watches,
    responses: Responses,
    last_event_id: LastEventId = None,
) -> Response:
    """Follow a batch with server-sent events.

    There are `stats` events as jobs end, `job` events as their statuses change, and a final `end`
    event. A client that reconnects with Last-Event-ID receives the events that it has missed.
    """
    snapshot = await watches.read(team, batch_id)
    seen = _seen_before(snapshot, last_event_id or "")
    jobs_of = partial(responses.jobs, urls=urls)
    return StreamingResponse(
        _while_allowed(_events(watches, snapshot, seen, jobs_of), recheck),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _while_allowed(events: AsyncGenerator[str], recheck: Recheck) -> AsyncGenerator[str]:
    """The events, for as long as the token is valid."""
    async with aclosing(events):
        async for event in events:
            try:
                await recheck()
            except (Unauthorized, TooManyRequests):
                return
            yield event


async def _events(
    watches: BatchWatches,
    snapshot: BatchSnapshot,
    seen: _Seen,
    jobs_of: _JobTexts,
) -> AsyncGenerator[str]:
    yield f"retry: {_RECONNECT}\n\n"
    sent_stats: BatchStats | None = None
    async with watches.stream(snapshot) as watch:
        shown = watch.shown or snapshot
        while True:
            if shown.stats != sent_stats:
                yield _event("stats", _json(shown.stats))
                sent_stats = shown.stats
            changed = _changed(shown, seen)
            if changed:
                texts = jobs_of(shown)
                yield "".join(_job_event(record, texts[position]) for position, record in changed)
            if shown.stats.pending == 0:
                yield _event("end", _json(list_item(shown)))
                return
            while (newer := await watch.next_shown(shown, _HEARTBEAT)) is shown:
                if watch.is_closed:
                    return
                yield ": still here\n\n"
            shown = newer


def _changed(snapshot: BatchSnapshot, seen: _Seen) -> list[tuple[int, JobRecord]]:
    """The jobs whose status the client does not know, with their positions, in order of change.

    Adds their statuses to `seen`.
    """
    changed = [
        (position, record)
        for position, record in enumerate(snapshot.records)
        if seen.get(record.index, JobStatus.QUEUED) is not record.status
    ]
    seen.update((record.index, record.status) for _, record in changed)
    return sorted(changed, key=lambda found: found[1].updated_at)


def _job_event(record: JobRecord, text: str) -> str:
    return _event("job", text, _milliseconds(record.updated_at))


def _seen_before(snapshot: BatchSnapshot, last_event_id: str) -> _Seen:
    """The jobs that ended before the last event that was received.

    Jobs that ended in the same millisecond are left out, because some of their events may be lost.
    """
    if not last_event_id.isdecimal():
        return {}
    last = int(last_event_id[:15])
    return {
        record.index: record.status
        for record in snapshot.records
        if record.status.is_terminal and _milliseconds(record.updated_at) < last
    }


def _event(name: str, content: str, event_id: int | None = None) -> str:
    id_line = "" if event_id is None else f"id: {event_id}\n"
    return f"{id_line}event: {name}\ndata: {content}\n\n"


def _json(content: BaseModel) -> str:
    return content.model_dump_json(by_alias=True)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
