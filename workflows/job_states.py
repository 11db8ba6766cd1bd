"""The state of a job, and how the contract represents it (contract 3.8).

The API's responses and the webhooks that workflows send both use it.
"""

from dataclasses import dataclass
from datetime import datetime

from reelbatch.models.orchestration.batches import JobRecord
from reelbatch.models.orchestration.jobs import (
    JobFailure,
    JobSummary,
    RenderProgress,
    RenderResult,
    shortcomings_of,
)
from reelbatch.models.stored.jobs import StoredJob
from reelbatch.models.wire.jobs import Job, JobStats, JobStatus


@dataclass(frozen=True)
class JobState:
    """The state of a job at one moment."""

    status: JobStatus
    updated_at: datetime
    render: RenderProgress | None = None  # None: it has not begun, or there is a `result`
    result: RenderResult | None = None
    failure: JobFailure | None = None


@dataclass(frozen=True, kw_only=True)
class JobSnapshot:
    """A job at one moment, with everything that a response about it needs."""

    id: str
    batch_id: str | None
    summary: JobSummary
    state: JobState

    @classmethod
    def of_stored(cls, job: StoredJob) -> "JobSnapshot":
        state = JobState(
            job.status, job.updated_at, render=job.render, result=job.result, failure=job.failure
        )
        return cls(id=job.id, batch_id=None, summary=job.summary, state=state)


@dataclass(frozen=True, kw_only=True)
class BatchJobSnapshot(JobSnapshot):
    """A job of a batch, with its position there."""

    batch_id: str
    index: int


def state_of(record: JobRecord, summary: JobSummary) -> JobState:
    """The state of a batch's job. One that is queued with nested jobs is reported as pending."""
    status = record.status
    if status is JobStatus.QUEUED and summary.child_ids:
        status = JobStatus.PENDING
    updated_at, render = record.updated_at, record.render
    if record.unfinished is not None:
        updated_at, render = record.unfinished.ended_at, record.unfinished.render
    return JobState(status, updated_at, render=render, result=record.result, failure=record.failure)


def wire_job(job: JobSnapshot, output_url: str) -> Job:
    """The job as GET /jobs/{id} returns it."""
    summary, state = job.summary, job.state
    return Job(
        id=job.id,
        template_id=summary.template_id,
        renderer=summary.renderer,
        name=summary.name,
        status=state.status,
        progress=_progress(state),
        stats=job_stats(summary, state),
        output_url=output_url,
        poster_url=summary.poster_url(output_url),
        batch_id=job.batch_id,
        index=summary.index,
        row=summary.row,
        output=summary.row_output,
        parent_id=summary.parent_id,
        child_ids=summary.child_ids,
        tags=summary.tags,
        priority=summary.priority,
        **shortcomings_of(summary, state.result),
        error=state.failure.error if state.failure else None,
        error_code=state.failure.error_code if state.failure else None,
    )


def job_stats(summary: JobSummary, state: JobState) -> JobStats:
    result, render = state.result, state.render
    began = result or render
    updated_at = max(_updated_at(summary, state), summary.created_at)
    is_finished = state.status is JobStatus.FINISHED
    return JobStats(
        created_at=summary.created_at,
        updated_at=updated_at,
        started_at=began.started_at if began else None,
        finished_at=updated_at if is_finished else None,
        error_at=updated_at if state.status.is_terminal and not is_finished else None,
        total_assets=summary.total_assets,
        render_duration=result.render_duration if result else None,
        error=state.failure.error if state.failure else None,
    )


def _updated_at(summary: JobSummary, state: JobState) -> datetime:
    """A time that depends neither on the job's workflow nor on its batch's: the two notice changes
    at different moments.
    """
    if state.result is not None:
        return state.result.finished_at
    if state.status in (JobStatus.QUEUED, JobStatus.PENDING):
        return summary.created_at
    if state.status is JobStatus.RENDERING and state.render is not None:
        return state.render.started_at
    return state.updated_at


def _progress(state: JobState) -> float:
    if state.status is JobStatus.FINISHED:
        return 100.0
    return max(0.0, min(100.0, state.render.progress)) if state.render else 0.0
