"""Reads the state of a job from its workflow, its batch, or the object store."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Response
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
)

from api.http.errors import documented
from api.http.requests import id_or_not_found
from api.http.responses import respond
from api.resources import MayReadJobs, RequestUrls, Resources, Shared
from api.snapshots import describe, jobs_of
from api.states import STATUS_OF_EXECUTION, JobHandle, ended_state
from api.urls import Urls
from reelbatch.models.errors import BatchNotFound, JobNotFound, Unavailable
from reelbatch.models.ids import place_of_job
from reelbatch.models.orchestration.jobs import JobSummary
from reelbatch.models.orchestration.names import job_workflow_id
from reelbatch.models.stored.jobs import NestedJobRecord
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import Job, JobStatus
from reelbatch.parallel import gather_each
from reelbatch.storage.jobs import read_nested_job, read_stored_job
from workflows.job import RenderJobWorkflow
from workflows.job_states import JobSnapshot, JobState, wire_job

router = APIRouter(tags=["jobs"])

_PARALLEL_READS = 16


@router.get("/jobs/{job_id}", response_model=Job, responses=documented(JobNotFound, Unavailable))
async def get_job(job_id: str, resources: Shared, team: MayReadJobs, urls: RequestUrls) -> Response:
    """Get one job, with its progress while it renders."""
    job = await read_job(resources, team, id_or_not_found(job_id, JobNotFound))
    return respond(job_response(team, job, urls))


def job_response(team: str, job: JobSnapshot, urls: Urls) -> Job:
    """The job as the API returns it, with URLs of this server."""
    return wire_job(job, urls.of_job(team, job.id, job.summary))


def job_handle(client: Client, team: str, job_id: str) -> JobHandle:
    return client.get_workflow_handle_for(RenderJobWorkflow.run, job_workflow_id(team, job_id))


async def read_job(resources: Resources, team: str, job_id: str) -> JobSnapshot:
    """The job in its current state. Raises JobNotFound."""
    place = place_of_job(job_id)
    if place is None:
        raise JobNotFound
    own = await _read_own(resources, team, job_id, place.batch_id)
    if own is not None:
        return own
    if place.is_nested:
        return await _read_nested(resources, team, job_id)
    if place.batch_id is not None:
        for job in await _jobs_of_batch(resources, team, place.batch_id):
            if job.id == job_id:
                return job
    raise JobNotFound


async def read_jobs(resources: Resources, team: str, job_ids: Sequence[str]) -> list[JobSnapshot]:
    """The jobs in this order, reading each batch once.

    Raises JobNotFound, with all unknown ids in its details.
    """
    places = {job_id: place_of_job(job_id) for job_id in job_ids}
    batch_ids = {place.batch_id for place in places.values() if place and place.batch_id}
    singles = [job_id for job_id, place in places.items() if place and not place.batch_id]
    gate = asyncio.Semaphore(_PARALLEL_READS)

    async def of_batch(batch_id: str) -> Sequence[JobSnapshot]:
        async with gate:
            return await _jobs_of_batch(resources, team, batch_id)

    async def single(job_id: str) -> Sequence[JobSnapshot]:
        async with gate:
            try:
                return [await read_job(resources, team, job_id)]
            except JobNotFound:
                return []

    found: list[Sequence[JobSnapshot]] = await asyncio.gather(
        *map(of_batch, batch_ids), *map(single, singles)
    )
    by_id = {job.id: job for jobs in found for job in jobs}
    unknown = [job_id for job_id in job_ids if job_id not in by_id]
    if unknown:
        details = [FieldError(field=job_id, message="is unknown") for job_id in unknown]
        raise JobNotFound(f"There is no job {unknown[0]}.", details=details)
    return [by_id[job_id] for job_id in job_ids]


async def read_children(
    resources: Resources, team: str, parents: Sequence[JobSnapshot]
) -> list[JobSnapshot]:
    """The jobs that are nested in `parents`, in the order of the parents and of their assets."""
    parent_of = {id_: parent for parent in parents for id_ in parent.summary.child_ids or ()}

    async def read(job_id: str) -> JobSnapshot | None:
        own = await _read_own(resources, team, job_id, None)
        if own is not None:
            return own
        record = await read_nested_job(resources.store, team, job_id)
        return _not_started(job_id, record, parent_of[job_id]) if record else None

    found = await gather_each(read, parent_of, at_once=_PARALLEL_READS)
    return [job for job in found if job is not None]


async def _read_own(
    resources: Resources, team: str, job_id: str, batch_id: str | None
) -> JobSnapshot | None:
    """The job according to its own workflow or its stored record; None if it has neither.

    Whether a batch's job has ended is for the batch to say.
    """
    description = await describe(job_handle(resources.client, team, job_id))
    if description is None:
        stored = await read_stored_job(resources.store, team, job_id) if batch_id is None else None
        return JobSnapshot.of_stored(stored) if stored else None
    if batch_id is not None and description.status is not WorkflowExecutionStatus.RUNNING:
        for job in await _jobs_of_batch(resources, team, batch_id):
            if job.id == job_id:
                return job
    summary = await read_summary(description)
    state = await read_state(resources, team, description, summary)
    return JobSnapshot(id=job_id, batch_id=batch_id, summary=summary, state=state)


async def _read_nested(resources: Resources, team: str, job_id: str) -> JobSnapshot:
    """A nested job without a workflow, whose state follows its parent's. Raises JobNotFound."""
    record = await read_nested_job(resources.store, team, job_id)
    if record is None:
        raise JobNotFound
    parent = await read_job(resources, team, record.parent_id)
    return _not_started(job_id, record, parent)


def _not_started(job_id: str, record: NestedJobRecord, parent: JobSnapshot) -> JobSnapshot:
    """A nested job that waits with its parent, or never starts because the parent has ended."""
    state = JobState(JobStatus.QUEUED, record.summary.created_at)
    if parent.state.status.is_terminal:
        state = JobState(JobStatus.CANCELLED, parent.state.updated_at)
    return JobSnapshot(id=job_id, batch_id=None, summary=record.summary, state=state)


async def read_summary(execution: WorkflowExecution) -> JobSummary:
    return await execution.memo_value("job", type_hint=JobSummary)


async def read_state(
    resources: Resources, team: str, execution: WorkflowExecution, summary: JobSummary
) -> JobState:
    """The state of this workflow's job; the execution comes from a list or a description."""
    client, description = resources.client, execution
    if execution.status is WorkflowExecutionStatus.RUNNING:
        if not isinstance(description, WorkflowExecutionDescription):
            description = await client.get_workflow_handle(execution.id).describe()
        if description.status is WorkflowExecutionStatus.RUNNING:
            return await resources.batches.running.state(description.raw_description, summary)
    if description.status is not WorkflowExecutionStatus.COMPLETED:
        stored = await read_stored_job(resources.store, team, execution.id.rsplit("/", 1)[-1])
        if stored is not None:  # a cancelled workflow has no result that says how far it got
            return JobSnapshot.of_stored(stored).state
    status = STATUS_OF_EXECUTION.get(
        description.status or WorkflowExecutionStatus.FAILED, JobStatus.ERROR
    )
    closed_at = description.close_time or description.start_time
    return await ended_state(client, description.id, status, closed_at)


async def _jobs_of_batch(resources: Resources, team: str, batch_id: str) -> Sequence[JobSnapshot]:
    try:
        return jobs_of(await resources.batches.read(team, batch_id))
    except BatchNotFound:
        return []
