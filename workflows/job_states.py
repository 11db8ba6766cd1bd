"""Where a job stands, and how the contract words it (contract 3.8).

The API answers with it, and workflows tell the same in webhooks.
"""

from dataclasses import dataclass
from datetime import datetime

from reelbatch.models.orchestration.batches import JobRecord
from reelbatch.models.orchestration.jobs import (
    JobFailure,
    JobSummary,
    RenderResult,
    shortcomings_of,
)
from reelbatch.models.stored.jobs import KeptJob
from reelbatch.models.wire.jobs import Job, JobStats, JobStatus


@dataclass(frozen=True)
class JobState:
    """Where a job stands."""

    status: JobStatus
    updated_at: datetime
    started_at: datetime | None = None
    progress: float = 0.0  # percent, of a job that is rendering
    result: RenderResult | None = None
    failure: JobFailure | None = None


@dataclass(frozen=True, kw_only=True)
class JobSnapshot:
    """A job at one moment, with all that a response about it needs."""

    id: str
    batch_id: str | None
    summary: JobSummary
    state: JobState

    @classmethod
    def of_kept(cls, job: KeptJob) -> "JobSnapshot":
        state = JobState(job.status, job.updated_at, result=job.result, failure=job.failure)
        return cls(id=job.id, batch_id=None, summary=job.summary, state=state)


@dataclass(frozen=True, kw_only=True)
class BatchJobSnapshot(JobSnapshot):
    """A job of a batch: it has its place there."""

    batch_id: str
    index: int


def state_of(record: JobRecord, summary: JobSummary) -> JobState:
    """A job that waits in its batch waits for its nested jobs as well."""
    status = record.status
    if status is JobStatus.QUEUED and summary.child_ids:
        status = JobStatus.PENDING
    return JobState(status, record.updated_at, result=record.result, failure=record.failure)


def job_as_read(job: JobSnapshot, output_url: str) -> Job:
    """The job as GET /jobs/{id} answers it."""
    summary, state = job.summary, job.state
    return Job(
        id=job.id,
        template_id=summary.template_id,
        status=state.status,
        progress=_progress(state),
        stats=job_stats(summary, state),
        output_url=output_url,
        batch_id=job.batch_id,
        index=summary.index,
        parent_id=summary.parent_id,
        child_ids=summary.child_ids,
        tags=summary.tags,
        priority=summary.priority,
        **shortcomings_of(summary, state.result),
        error=state.failure.error if state.failure else None,
        error_code=state.failure.error_code if state.failure else None,
    )


def job_stats(summary: JobSummary, state: JobState) -> JobStats:
    return JobStats(
        created_at=summary.created_at,
        updated_at=max(state.updated_at, summary.created_at),
        started_at=state.result.started_at if state.result else state.started_at,
        finished_at=_finished_at(state),
        error_at=_failed_at(state.updated_at, state.status),
        total_assets=summary.total_assets,
        render_duration=state.result.render_duration if state.result else None,
        error=state.failure.error if state.failure else None,
    )


def _finished_at(state: JobState) -> datetime | None:
    if state.status is not JobStatus.FINISHED:
        return None
    return state.result.finished_at if state.result else state.updated_at


def _failed_at(moment: datetime | None, status: JobStatus) -> datetime | None:
    """`errorAt` is the end of a job that did not finish well."""
    return moment if status in (JobStatus.ERROR, JobStatus.CANCELLED) else None


def _progress(state: JobState) -> float:
    if state.status is JobStatus.FINISHED:
        return 100.0
    if state.status is JobStatus.RENDERING:
        return max(0.0, min(100.0, state.progress))
    return 0.0
