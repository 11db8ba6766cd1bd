"""Jobs and batches as answers, with URLs that reach this server. No I/O."""

from api.urls import Urls
from reelbatch.models.ids import batch_job_id
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.wire.batches import BatchJob, BatchStatusResponse
from reelbatch.models.wire.jobs import Job
from workflows.job_states import KnownJob, job_as_read, job_stats, state_of


def jobs_of(snapshot: BatchSnapshot) -> list[KnownJob]:
    """In the order of the request."""
    return [job_at(snapshot, position) for position in range(len(snapshot.records))]


def job_at(snapshot: BatchSnapshot, position: int) -> KnownJob:
    """`position` counts the batch's accepted jobs."""
    summary, record = snapshot.summaries[position], snapshot.records[position]
    return KnownJob(
        id=batch_job_id(snapshot.id, record.index),
        batch_id=snapshot.id,
        summary=summary,
        state=state_of(record, summary),
    )


def job_answer(team: str, job: KnownJob, urls: Urls) -> Job:
    return job_as_read(job, urls.of_job(team, job.id, job.summary))


def batch_answer(snapshot: BatchSnapshot, urls: Urls) -> BatchStatusResponse:
    return BatchStatusResponse(
        batch_id=snapshot.id,
        status=snapshot.stats.status,
        created_at=snapshot.created_at,
        stats=snapshot.stats,
        jobs=[batch_job(snapshot.team, job, urls) for job in jobs_of(snapshot)],
        errors=snapshot.errors or None,
    )


def batch_job(team: str, job: KnownJob, urls: Urls) -> BatchJob:
    state = job.state
    return BatchJob(
        index=job.summary.index or 0,
        id=job.id,
        status=state.status,
        output_url=urls.of_job(team, job.id, job.summary),
        stats=job_stats(job.summary, state) if state.status.is_terminal else None,
        error=state.failure.error if state.failure else None,
        error_code=state.failure.error_code if state.failure else None,
    )
