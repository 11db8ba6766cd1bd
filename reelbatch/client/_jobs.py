"""Operations on jobs, whether they belong to a batch or not."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Literal, TypeAlias

import httpx

from reelbatch.client._batches import AnyJob
from reelbatch.client._errors import WaitTimedOut
from reelbatch.client._session import Session, read_model, read_models
from reelbatch.client._steps import Emit, Flow, Pause, Steps
from reelbatch.models.wire.base import rfc3339
from reelbatch.models.wire.jobs import Job, JobCreationResponse

JobSort: TypeAlias = Literal["newest_first", "oldest_first", "priority"]

_PAGE_SIZE = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0  # seconds


def create_job(
    session: Session, job: AnyJob, *, idempotency_key: str | None = None
) -> Steps[JobCreationResponse]:
    """Submit a single job, without a batch.

    Args:
        job: The job, as a dictionary with the fields of `POST /jobs` or as a `JobCreation`.
        idempotency_key: All attempts send the same key, so that a job is never created twice. Set
            it yourself to be safe against a crash of your own program as well.
    """
    request = session.creation("jobs", key=idempotency_key, body=job)
    return read_model(JobCreationResponse, (yield from session.send(request)))


def join_clips(
    session: Session,
    assets: Iterable[Mapping[str, Any]],
    *,
    idempotency_key: str | None = None,
    **options: Any,
) -> Steps[JobCreationResponse]:
    """Join clips into one video, in which they play one after the other.

    Args:
        assets: 1 to 100 clips: videos by URL, or nested jobs.
        idempotency_key: See `create`.
        **options: Other fields of `POST /jobs/join`.
    """
    body = {**options, "assets": list(assets)}
    request = session.creation("jobs", "join", key=idempotency_key, body=body)
    return read_model(JobCreationResponse, (yield from session.send(request)))


def read_job(session: Session, job_id: str) -> Steps[Job]:
    """Read a job, with its progress in percent while it is rendering."""
    return read_model(Job, (yield from session.send(session.request("GET", "jobs", job_id))))


def list_jobs(
    session: Session,
    *,
    states: Sequence[str] = (),
    exclude_states: Sequence[str] = (),
    tags: Sequence[str] = (),
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    sort: JobSort = "newest_first",
    page_size: int = _PAGE_SIZE,
) -> Flow[Job]:
    """Iterate over the team's jobs.

    Each job comes once. Jobs that are created during the iteration may be missing.

    Args:
        states: Only jobs with one of these statuses.
        exclude_states: No jobs with one of these statuses.
        tags: Only jobs with any of these tags.
        created_from: Only jobs created at this time or later.
        created_to: Only jobs created at this time or earlier.
        sort: The order of the jobs.
        page_size: How many jobs one request reads.
    """
    query = {
        "states": ",".join(states) or None,
        "exclude_states": ",".join(exclude_states) or None,
        "tags": ",".join(tags) or None,
        "from_date": rfc3339(created_from) if created_from else None,
        "to_date": rfc3339(created_to) if created_to else None,
        "sort": sort,
        "limit": page_size,
    }
    seen: set[str] = set()
    offset = 0
    while True:
        request = session.request("GET", "jobs", query={**query, "from": offset})
        page = read_models(Job, (yield from session.send(request)))
        for job in page:
            if job.id not in seen:
                seen.add(job.id)
                yield Emit(job)
        offset += len(page)
        if len(page) < page_size:
            return


def wait_for_job(session: Session, job_id: str, timeout: float | None = None) -> Steps[Job]:
    """Wait until a job has ended. A job that failed raises no error.

    Args:
        job_id: The id of the job.
        timeout: Seconds to wait; None: without a limit.

    Raises:
        WaitTimedOut: The job has not ended after `timeout` seconds.
    """
    deadline = None if timeout is None else monotonic() + timeout
    pause = _FIRST_PAUSE
    job = yield from read_job(session, job_id)
    while True:
        if job.status.is_terminal:
            return job
        if deadline is not None and monotonic() + pause > deadline:
            raise WaitTimedOut(f"Job {job_id} has not ended yet ({job.status}).")
        yield Pause(pause)
        pause = min(_LONGEST_PAUSE, pause * 1.5)
        request = session.request("GET", "jobs", job_id)
        job = read_model(Job, (yield from session.send(request, session.outage_retries)))


def cancel_job(session: Session, job_id: str) -> Steps[list[Job]]:
    """Cancel a job, together with jobs that are useless without it.

    Returns:
        All jobs that were cancelled.

    Raises:
        Conflict: The job has ended.
    """
    request = session.request("PATCH", "jobs", job_id, "cancel")
    return read_models(Job, (yield from session.send(request)))


def cancel_jobs(session: Session, job_ids: Iterable[str]) -> Steps[list[Job]]:
    """Cancel several jobs, or none of them if one does not exist or has ended.

    Returns:
        All jobs that were cancelled.

    Raises:
        NotFound: One of the jobs does not exist.
        Conflict: One of the jobs has ended.
    """
    request = session.request("POST", "jobs", "cancel", body={"jobs": list(job_ids)})
    return read_models(Job, (yield from session.send(request)))


def read_log(session: Session, job_id: str) -> Steps[str]:
    """Read the log of a job: what each attempt to render it did.

    Raises:
        NotFound: No attempt has ended yet.
    """
    response: httpx.Response = yield from session.send(
        session.request("GET", "jobs", job_id, "logs")
    )
    return response.content.decode(errors="replace")
