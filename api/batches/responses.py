"""Responses about batches, cached so that only changed jobs are serialised again.

Clients poll a batch of a thousand jobs while only a few of its jobs end.
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

_MAX_BYTES = 64 * 1024**2  # of responses in memory; a batch of a thousand jobs takes 3 MB
_RECORD_BYTES = 2500  # measured: a job's record, which may only be kept alive by its cache entry
_NO_JOBS = '"jobs":[]'


def batch_response(snapshot: BatchSnapshot, urls: Urls) -> BatchStatusResponse:
    """The response of GET /batches/{id}."""
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
    """The batch as an entry of GET /batches, without its jobs."""
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
class _CachedJob:
    """A job's entry in the response, valid as long as its record is the same object."""

    record: JobRecord
    text: str


@dataclass(frozen=True)
class _CachedBody:
    """The whole response, valid as long as the batch's counts are the same."""

    stats: BatchStats
    content: bytes
    etag: str


@dataclass(eq=False)
class _CachedResponse:
    jobs: list[_CachedJob]
    body: _CachedBody | None = None


class BatchResponses:
    """The most recent responses about batches; one instance per process."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[str, str, str], _CachedResponse] = LRUCache(
            _MAX_BYTES, _bytes_of
        )

    def json(self, snapshot: BatchSnapshot, urls: Urls) -> tuple[bytes, str]:
        """The JSON of `batch_response`, and its ETag."""
        cached = self._current(snapshot, urls)
        if cached.body is None or cached.body.stats != snapshot.stats:
            jobs = ",".join(job.text for job in cached.jobs)
            text = _without_jobs(snapshot, urls).replace(_NO_JOBS, f'"jobs":[{jobs}]', 1)
            content = text.encode()
            cached.body = _CachedBody(snapshot.stats, content, tag_of(content))
        return cached.body.content, cached.body.etag

    def jobs(self, snapshot: BatchSnapshot, urls: Urls) -> list[str]:
        """The response's entries for jobs as JSON, in the order of the snapshot's records."""
        return [job.text for job in self._current(snapshot, urls).jobs]

    def _current(self, snapshot: BatchSnapshot, urls: Urls) -> _CachedResponse:
        """The cached response, with new entries for jobs whose records have changed."""
        key = (urls.base, snapshot.team, snapshot.id)
        cached = self._cache.get(key) or _CachedResponse([])
        jobs = [
            job if job and job.record is record else _cached_job(snapshot, position, urls)
            for position, (record, job) in enumerate(
                zip(snapshot.records, cached.jobs or [None] * len(snapshot.records), strict=True)
            )
        ]
        if jobs != cached.jobs:  # by identity: equal records of a later reading replace these
            cached = _CachedResponse(jobs)
            with suppress(ValueError):  # it is too large for the cache
                self._cache[key] = cached
        return cached


async def _responses(request: Request) -> BatchResponses:
    return request.app.state.batch_responses


Responses = Annotated[BatchResponses, Depends(_responses)]


def _bytes_of(response: _CachedResponse) -> int:
    """The approximate size in memory; the body contains each job's text once more."""
    return 500 + sum(_RECORD_BYTES + 2 * len(job.text) for job in response.jobs)


def _cached_job(snapshot: BatchSnapshot, position: int, urls: Urls) -> _CachedJob:
    job = _batch_job(snapshot.team, job_at(snapshot, position), urls)
    return _CachedJob(snapshot.records[position], job.model_dump_json(by_alias=True))


def _without_jobs(snapshot: BatchSnapshot, urls: Urls) -> str:
    """The response without jobs. No text in it contains `_NO_JOBS`, since quotes are escaped."""
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
