"""The cached responses about a batch."""

import gc
import json
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest

from api.batches.responses import BatchResponses, batch_response
from api.urls import Urls
from reelbatch.models.ids import new_batch_id
from reelbatch.models.orchestration.batches import BatchChanges, BatchSnapshot, JobRecord
from reelbatch.models.orchestration.jobs import JobFailure, JobSummary
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import JobError, JobStatus
from reelbatch.storage.signing import Signer

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URLS = Urls("http://localhost:8080", Signer(b"k" * 32))


def a_batch(jobs: int) -> BatchSnapshot:
    return BatchSnapshot(
        team="default",
        id=new_batch_id(),
        created_at=NOW,
        stats=BatchStats(total=jobs, pending=jobs),
        summaries=[
            JobSummary(
                index=index, template_id="T" * 26, extension="png", total_assets=0, created_at=NOW
            )
            for index in range(jobs)
        ],
        records=[JobRecord(index=index, updated_at=NOW) for index in range(jobs)],
        errors=[JobError(index=jobs, error='"jobs":[] is not a list of jobs', error_code="X")],
    )


def with_failed_job(
    batch: BatchSnapshot, index: int, error: str = 'it says "jobs":[]'
) -> BatchSnapshot:
    failure = JobFailure(error=error, error_code="RENDER_FAILED")
    record = JobRecord(index=index, status=JobStatus.ERROR, updated_at=NOW, failure=failure)
    total = batch.stats.total
    stats = BatchStats(total=total, error=1, pending=total - 1)
    return batch.with_changes(BatchChanges(revision=1, stats=stats, records=[record]))


def content(responses: BatchResponses, batch: BatchSnapshot, urls: Urls = URLS) -> Any:
    return json.loads(responses.json(batch, urls)[0])


def whole(batch: BatchSnapshot, urls: Urls = URLS) -> Any:
    return json.loads(batch_response(batch, urls).model_dump_json(by_alias=True))


def test_a_cached_response_after_changes_equals_a_new_one() -> None:
    responses, before = BatchResponses(), a_batch(3)
    assert content(responses, before) == whole(before)
    after = with_failed_job(before, 1)
    assert content(responses, after) == whole(after)
    assert content(responses, before) == whole(before)


def test_a_response_is_built_once_while_nothing_changes() -> None:
    responses, before = BatchResponses(), a_batch(3)
    first, etag = responses.json(before, URLS)
    assert responses.json(before.model_copy(), URLS)[0] is first
    assert responses.json(with_failed_job(before, 1), URLS)[1] != etag
    assert responses.json(before, URLS)[1] == etag


def test_a_response_at_another_address_has_urls_of_that_address() -> None:
    responses, batch = BatchResponses(), a_batch(2)
    elsewhere = Urls("https://films.example.com", URLS.signer)
    responses.json(batch, URLS)
    assert content(responses, batch, elsewhere) == whole(batch, elsewhere)


def test_a_batch_without_accepted_jobs_has_an_empty_list() -> None:
    batch = a_batch(0)
    assert content(BatchResponses(), batch) == whole(batch)


def test_a_response_stays_the_same_after_a_hundred_other_batches() -> None:
    responses, first = BatchResponses(), a_batch(1)
    for batch in (first, *(a_batch(1) for _ in range(100)), first):
        assert content(responses, batch) == whole(batch)


def test_a_response_that_is_too_large_for_the_cache_is_still_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.batches.responses._MAX_BYTES", 10_000)
    responses, batch = BatchResponses(), with_failed_job(a_batch(1), 0, error="x" * 10_000)
    for _ in range(2):
        assert content(responses, batch) == whole(batch)


def test_the_cache_is_limited_by_size_and_not_by_number() -> None:
    assert still_in_memory([1] * 100) == 100
    assert 0 < still_in_memory([500] * 100) < 60


def still_in_memory(sizes: list[int]) -> int:
    """The number of responses still cached after one for a batch of each of these sizes."""
    responses = BatchResponses()
    records: list[weakref.ref[JobRecord]] = []
    for size in sizes:
        batch = a_batch(size)
        responses.json(batch, URLS)
        records.append(weakref.ref(batch.records[0]))
        del batch
    gc.collect()
    return sum(record() is not None for record in records)
