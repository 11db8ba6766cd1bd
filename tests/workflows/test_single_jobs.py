"""A job that belongs to no batch is kept when it ends, in whatever way."""

import asyncio

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from models.jobs import JobStatus, RenderJob, RenderResult
from tests.workflows.workbench import Workbench, a_batch, a_single_job, finished


async def test_a_finished_job_is_kept_with_its_result(workbench: Workbench) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    job = a_single_job()
    async with workbench.worker(render):
        result = await (await workbench.start_job(job)).result()
    [kept] = workbench.kept_jobs
    assert (kept.id, kept.team, kept.status) == (job.id, job.team, JobStatus.FINISHED)
    assert kept.result == result


async def test_a_failed_job_is_kept_with_its_error(workbench: Workbench) -> None:
    async def render(_: RenderJob) -> RenderResult:
        raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)

    async with workbench.worker(render):
        with pytest.raises(WorkflowFailureError):
            await (await workbench.start_job(a_single_job())).result()
    [kept] = workbench.kept_jobs
    assert kept.status is JobStatus.ERROR
    assert kept.failure is not None
    assert kept.failure.error_code == "ASSET_INVALID"


async def test_a_cancelled_job_is_kept(workbench: Workbench) -> None:
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
    assert [kept.status for kept in workbench.kept_jobs] == [JobStatus.CANCELLED]


async def test_jobs_of_a_batch_are_kept_by_its_manifest_alone(workbench: Workbench) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    async with workbench.worker(render):
        await (await workbench.start(a_batch(range(3)))).result()
    assert not workbench.kept_jobs
    assert len(workbench.manifests) == 1
