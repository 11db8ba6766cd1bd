"""The estimated size of snapshots, which limits how many are cached."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from api.snapshots import bytes_of
from reelbatch.models.ids import new_batch_id
from reelbatch.models.orchestration.batches import BatchSnapshot, JobRecord
from reelbatch.models.orchestration.jobs import JobFailure, JobSummary, RenderResult
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import FieldError, JobError, JobStatus

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOBS = 200


def a_batch(tags: list[str], failure: str | None = None, rejection: str = "") -> bytes:
    """A snapshot as Temporal stores it."""
    summary = JobSummary(
        index=0, template_id="T" * 26, extension="mp4", total_assets=3, created_at=NOW, tags=tags
    )
    record = JobRecord(
        index=0,
        updated_at=NOW,
        status=JobStatus.FINISHED,
        result=RenderResult(
            output_key="teams/default/outputs/" + "J" * 26 + "/output.mp4",
            media_type="video/mp4",
            size=123_456,
            width=1920,
            height=1080,
            frames=300,
            render_duration=1.5,
            started_at=NOW,
            finished_at=NOW,
        ),
    )
    if failure is not None:
        found = JobFailure(error=failure, error_code="RENDER_FAILED")
        record = JobRecord(index=0, updated_at=NOW, status=JobStatus.ERROR, failure=found)
    details = [FieldError(field="assets.0.src", message=rejection)]
    error = JobError(index=0, error="X", error_code="ASSET_INVALID", details=details)
    batch = BatchSnapshot(
        team="default",
        id=new_batch_id(),
        created_at=NOW,
        stats=BatchStats(total=JOBS, pending=0, finished=JOBS),
        summaries=[summary] * JOBS,
        records=[record] * JOBS,
        errors=[error] * JOBS if rejection else [],
    )
    return batch.model_dump_json().encode()


@pytest.mark.parametrize(
    "content",
    [
        a_batch(tags=[]),
        a_batch(tags=["tag" * 1000] * 3),
        a_batch(tags=[], failure="why " * 2000),
        a_batch(tags=[], rejection="no " * 5000),
    ],
    ids=["usual", "tags", "failures", "rejections"],
)
def test_the_estimate_is_close_to_the_real_size(content: bytes) -> None:
    BatchSnapshot.model_validate(json.loads(content))  # so that one-time allocations do not count
    tracemalloc.start()
    snapshot = BatchSnapshot.model_validate_json(content)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.5 < bytes_of(snapshot) / taken < 2
