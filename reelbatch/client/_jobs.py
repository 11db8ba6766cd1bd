"""What can be done with jobs, those of batches and single ones alike."""

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

_PAGE = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0  # seconds


def create_job(
    session: Session, job: AnyJob, *, idempotency_key: str | None = None
) -> Steps[JobCreationResponse]:
    """Accept one job that belongs to no batch."""
    request = session.creation("jobs", key=idempotency_key, body=job)
    return read_model(JobCreationResponse, (yield from session.send(request)))


def join_clips(
    session: Session,
    assets: Iterable[Mapping[str, Any]],
    *,
    idempotency_key: str | None = None,
    **options: Any,
) -> Steps[JobCreationResponse]:
    """One video of clips, one after the other. `options` are other fields of POST /jobs/join."""
    body = {**options, "assets": list(assets)}
    request = session.creation("jobs", "join", key=idempotency_key, body=body)
    return read_model(JobCreationResponse, (yield from session.send(request)))


def read_job(session: Session, job_id: str) -> Steps[Job]:
    """One job, with its progress while it renders."""
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
    page_size: int = _PAGE,
) -> Flow[Job]:
    """The team's jobs; pages of `page_size` are read as they are needed.

    A job that is made meanwhile may be missing. One comes only once.
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
    """The job once it has ended. `timeout` is in seconds. Raises WaitTimedOut."""
    deadline = None if timeout is None else monotonic() + timeout
    pause = _FIRST_PAUSE
    job = yield from read_job(session, job_id)
    while True:
        if job.status.is_terminal:
            return job
        if deadline is not None and monotonic() + pause > deadline:
            raise WaitTimedOut(f"Job {job_id} has not ended: {job.status}.")
        yield Pause(pause)
        pause = min(_LONGEST_PAUSE, pause * 1.5)
        request = session.request("GET", "jobs", job_id)
        job = read_model(Job, (yield from session.send(request, session.outage_retries)))


def cancel_job(session: Session, job_id: str) -> Steps[list[Job]]:
    """Cancel a job with the jobs that make no sense without it; all that were cancelled."""
    request = session.request("PATCH", "jobs", job_id, "cancel")
    return read_models(Job, (yield from session.send(request)))


def cancel_jobs(session: Session, job_ids: Iterable[str]) -> Steps[list[Job]]:
    """Cancel all of them, or none if one is unknown or has ended."""
    request = session.request("POST", "jobs", "cancel", body={"jobs": list(job_ids)})
    return read_models(Job, (yield from session.send(request)))


def read_log(session: Session, job_id: str) -> Steps[str]:
    """What each attempt to render the job did. Raises NotFound until the first has ended."""
    response: httpx.Response = yield from session.send(
        session.request("GET", "jobs", job_id, "logs")
    )
    return response.content.decode(errors="replace")
