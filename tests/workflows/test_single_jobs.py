"""A job that belongs to no batch is stored when it ends, whether or not it has finished."""

import asyncio
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from reelbatch.models.orchestration.jobs import RenderJob, RenderResult
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, job_workflow_id
from reelbatch.models.wire.jobs import JobStatus
from tests.workflows.workbench import Workbench, a_batch, a_single_job, finished


async def test_a_finished_job_is_stored_with_its_result(workbench: Workbench) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    job = a_single_job()
    async with workbench.worker(render):
        result = await (await workbench.start_job(job)).result()
    [stored] = workbench.stored_jobs
    assert (stored.id, stored.team, stored.status) == (job.id, job.team, JobStatus.FINISHED)
    assert stored.result == result


async def test_a_failed_job_is_stored_with_its_error(workbench: Workbench) -> None:
    async def render(_: RenderJob) -> RenderResult:
        raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)

    async with workbench.worker(render):
        with pytest.raises(WorkflowFailureError):
            await (await workbench.start_job(a_single_job())).result()
    [stored] = workbench.stored_jobs
    assert stored.status is JobStatus.ERROR
    assert stored.failure is not None
    assert stored.failure.error_code == "ASSET_INVALID"


async def test_a_cancelled_job_is_stored(workbench: Workbench) -> None:
    rendering = asyncio.Event()

    async def render(_: RenderJob) -> RenderResult:
        rendering.set()
        while True:
            activity.heartbeat()
            await asyncio.sleep(0.05)

    async with workbench.worker(render):
        handle = await workbench.start_job(a_single_job())
        await rendering.wait()
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert [stored.status for stored in workbench.stored_jobs] == [JobStatus.CANCELLED]


async def test_jobs_of_a_batch_are_stored_only_in_its_manifest(workbench: Workbench) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    async with workbench.worker(render):
        await (await workbench.start(a_batch(range(3)))).result()
    assert not workbench.stored_jobs
    assert len(workbench.manifests) == 1


async def test_a_job_with_a_field_of_a_later_version_waits_for_a_worker_that_knows_it(
    workbench: Workbench,
) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    job = a_single_job()
    async with workbench.worker(render):
        handle = await workbench.client.start_workflow(
            "RenderJob",
            job.model_dump(mode="json", by_alias=True) | {"addedLater": True},
            id=job_workflow_id(job.team, job.id),
            task_queue=CONTROL_TASK_QUEUE,
        )
        assert "addedLater" in await _failed_task(handle)
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        await handle.terminate()
    assert not workbench.stored_jobs


async def _failed_task(handle: WorkflowHandle[Any, Any]) -> str:
    """The failure of a task of the workflow."""
    async with asyncio.timeout(30):
        while True:
            async for event in handle.fetch_history_events():
                if event.HasField("workflow_task_failed_event_attributes"):
                    return str(event.workflow_task_failed_event_attributes.failure)
            await asyncio.sleep(0.05)


async def test_a_job_gives_up_once_its_engine_was_unserved_for_its_timeout(
    workbench: Workbench,
) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    job = a_single_job().model_copy(update={"engine": "away", "unserved_timeout": 0.2})
    workbench.served = [False, False, False, True]  # it was served in time, but not for long
    async with workbench.worker(render):
        with pytest.raises(WorkflowFailureError):
            await (await workbench.start_job(job)).result()
    [stored] = workbench.stored_jobs
    assert stored.failure is not None
    assert stored.failure.error_code == "ENGINE_NOT_SERVED"
    assert workbench.served == []
