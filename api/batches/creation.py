"""From judged jobs to a batch, and what its creation answers. No I/O."""

from collections.abc import Sequence
from datetime import UTC, datetime

from api.jobs.creation import children_created, first_status
from api.submission.batch_request import BatchRequest
from api.submission.schema import Problem, error_of
from api.submission.validation import AcceptedJob, Judged
from api.submission.webhook_records import announced, pending
from api.urls import Urls
from reelbatch.models.ids import batch_job_id, new_batch_id
from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.wire.batches import BatchCreationResponse, JobCreated
from reelbatch.models.wire.jobs import JobError
from reelbatch.settings import Settings


def new_batch(
    team: str, wanted: BatchRequest, judged: Sequence[Judged], settings: Settings, urls: Urls
) -> Batch:
    """Accepted jobs keep their places in the request, so that ids and errors can be matched."""
    batch_id, now = new_batch_id(), datetime.now(UTC)
    jobs = [
        announced(
            job.render_job(batch_job_id(batch_id, index), now, batch_id=batch_id, index=index),
            job.creation.webhook,
            urls,
        )
        for index, job in enumerate(judged)
        if isinstance(job, AcceptedJob)
    ]
    return Batch(
        team=team,
        id=batch_id,
        created_at=now,
        jobs=jobs,
        errors=[
            _job_error(index, wanted.defaults.named_in(problems, wanted.jobs[index]))
            for index, problems in enumerate(judged)
            if not isinstance(problems, AcceptedJob)
        ],
        concurrency=_concurrency(wanted, settings),
        kinds=kinds_of(jobs),
        webhook=pending(wanted.webhook),
    )


def creation_answer(batch: Batch, urls: Urls) -> BatchCreationResponse:
    created = [
        JobCreated(
            index=job.index or 0,
            id=job.id,
            status=first_status(job),
            output_url=urls.of_new_job(job),
            missing_fonts=job.missing_fonts or None,
            children=children_created(job, urls),
        )
        for job in batch.jobs
    ]
    rejected = not created
    return BatchCreationResponse(
        batch_id=batch.id,
        status="error" if rejected else "partial" if batch.errors else "created",
        total_jobs=len(created) + len(batch.errors),
        success_count=len(created),
        jobs=created,
        errors=batch.errors or None,
        error=_all_rejected(batch.errors) if rejected else None,
        error_code=batch.errors[0].error_code if rejected else None,
    )


def _concurrency(wanted: BatchRequest, settings: Settings) -> int:
    if wanted.concurrency is None:
        return settings.batch_concurrency
    return min(wanted.concurrency, settings.max_batch_concurrency)


def _job_error(index: int, problems: list[Problem]) -> JobError:
    error = error_of(problems)
    return JobError(
        index=index,
        error=error.message,
        error_code=error.error_code,
        details=list(error.details),
    )


def _all_rejected(errors: list[JobError]) -> str:
    if len(errors) == 1:
        return f"The job was rejected: {errors[0].error}"
    return f"All {len(errors)} jobs were rejected; the first one: {errors[0].error}"


_INPUTS = {"template_source", "template_url", "composition", "assets", "fonts", "output"}


def kinds_of(jobs: Sequence[RenderJob]) -> list[int] | None:
    """A number for each job, the same for those with equal inputs; None where all differ.

    It is a guess: what files contain only workers know. Nested jobs have ids of their own, and so
    jobs that have some never equal another.
    """
    numbers: dict[str, int] = {}
    kinds = [
        numbers.setdefault(
            job.id if job.children else job.model_dump_json(include=_INPUTS), len(numbers)
        )
        for job in jobs
    ]
    return kinds if len(numbers) < len(kinds) else None
