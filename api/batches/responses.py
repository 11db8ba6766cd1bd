"""Responses about batches, of which only what has changed is written anew.

Clients read a batch of a thousand jobs again and again while a few of its jobs end.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from cachetools import LRUCache
from fastapi import Depends, Request

from api.http.conditional_reads import tag_of
from api.snapshots import job_at, jobs_of
from api.urls import Urls
from reelbatch.models.orchestration.batches import BatchSnapshot, JobRecord
from reelbatch.models.orchestration.jobs import shortcomings_of
from reelbatch.models.wire.batches import BatchJob, BatchListItem, BatchStats, BatchStatusResponse
from workflows.job_states import BatchJobSnapshot, job_stats

_MOST_BYTES = 64 * 1024**2  # of responses in memory; one of a thousand jobs takes 3 MB
_RECORD_BYTES = 2500  # of a job's record, which a part may be the last to hold: measured
_NO_JOBS = '"jobs":[]'


def batch_response(snapshot: BatchSnapshot, urls: Urls) -> BatchStatusResponse:
    """As GET /batches/{id} responds."""
    return BatchStatusResponse(
        batch_id=snapshot.id,
        name=snapshot.name,
        status=snapshot.stats.status,
        created_at=snapshot.created_at,
        stats=snapshot.stats,
        jobs=[_batch_job(snapshot.team, job, urls) for job in jobs_of(snapshot)],
        errors=snapshot.errors or None,
    )


def list_item(snapshot: BatchSnapshot) -> BatchListItem:
    """The batch without its jobs, as GET /batches has it."""
    return BatchListItem(
        batch_id=snapshot.id,
        name=snapshot.name,
        submission=snapshot.submission,
        first_row=snapshot.first_row,
        schedule=snapshot.schedule,
        outputs=snapshot.outputs,
        status=snapshot.stats.status,
        created_at=snapshot.created_at,
        stats=snapshot.stats,
        rejected=len(snapshot.errors) or None,
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """The response's entry for a job, as long as its record is this one."""

    record: JobRecord
    text: str


@dataclass(frozen=True)
class _Whole:
    """The response of these parts, as long as the counts are these."""

    stats: BatchStats
    content: bytes
    etag: str


@dataclass(eq=False)
class _Remembered:
    parts: list[_Part]
    whole: _Whole | None = None


class BatchResponses:
    """One a process. Remembers the last responses."""

    def __init__(self) -> None:
        self._last: LRUCache[tuple[str, str, str], _Remembered] = LRUCache(_MOST_BYTES, _bytes_of)

    def json(self, snapshot: BatchSnapshot, urls: Urls) -> tuple[bytes, str]:
        """The same as `batch_response`, as JSON, and its ETag."""
        last = self._current(snapshot, urls)
        if last.whole is None or last.whole.stats != snapshot.stats:
            jobs = ",".join(part.text for part in last.parts)
            text = _around(snapshot, urls).replace(_NO_JOBS, f'"jobs":[{jobs}]', 1)
            content = text.encode()
            last.whole = _Whole(snapshot.stats, content, tag_of(content))
        return last.whole.content, last.whole.etag

    def jobs(self, snapshot: BatchSnapshot, urls: Urls) -> list[str]:
        """The response's entries for jobs as JSON, in the order of the snapshot's records."""
        return [part.text for part in self._current(snapshot, urls).parts]

    def _current(self, snapshot: BatchSnapshot, urls: Urls) -> _Remembered:
        """The last response's as long as no record changes."""
        key = (urls.base, snapshot.team, snapshot.id)
        last = self._last.get(key) or _Remembered([])
        parts = [
            part if part and part.record is record else _part(snapshot, position, urls)
            for position, (record, part) in enumerate(
                zip(snapshot.records, last.parts or [None] * len(snapshot.records), strict=True)
            )
        ]
        if parts != last.parts:  # as objects: equal records of another reading are to be kept
            last = _Remembered(parts)
            with suppress(ValueError):  # it is too large to be remembered
                self._last[key] = last
        return last


async def _responses(request: Request) -> BatchResponses:
    return request.app.state.batch_responses


Responses = Annotated[BatchResponses, Depends(_responses)]


def _bytes_of(last: _Remembered) -> int:
    """With what Python adds, and with each text once more in the whole."""
    return 500 + sum(_RECORD_BYTES + 2 * len(part.text) for part in last.parts)


def _part(snapshot: BatchSnapshot, position: int, urls: Urls) -> _Part:
    job = _batch_job(snapshot.team, job_at(snapshot, position), urls)
    return _Part(snapshot.records[position], job.model_dump_json(by_alias=True))


def _around(snapshot: BatchSnapshot, urls: Urls) -> str:
    """The response without jobs. No text in it has `_NO_JOBS`: quotes in texts are escaped."""
    without_jobs = snapshot.model_copy(update={"summaries": [], "records": []})
    return batch_response(without_jobs, urls).model_dump_json(by_alias=True)


def _batch_job(team: str, job: BatchJobSnapshot, urls: Urls) -> BatchJob:
    state = job.state
    output_url = urls.of_job(team, job.id, job.summary)
    return BatchJob(
        index=job.index,
        row=job.summary.row,
        output=job.summary.row_output,
        id=job.id,
        name=job.summary.name,
        status=state.status,
        output_url=output_url,
        poster_url=job.summary.poster_url(output_url),
        renderer=job.summary.renderer,
        stats=job_stats(job.summary, state) if state.status.is_terminal else None,
        error=state.failure.error if state.failure else None,
        error_code=state.failure.error_code if state.failure else None,
        **shortcomings_of(job.summary, state.result),
    )
