"""Small jobs are rendered by the worker that runs their workflow, or from the queue."""

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from reelbatch.models.orchestration.jobs import RenderJob, RenderResult, RenderTask
from tests.workflows.workbench import Workbench, a_single_job, finished
from workflows.job import RenderJobWorkflow

SMALL = {"small": True}


async def test_a_small_job_needs_no_queue(workbench: Workbench) -> None:
    workbench.render_locally = _render
    async with workbench.worker(_never):
        handle = await workbench.start_job(a_single_job().model_copy(update=SMALL))
        assert (await handle.result()).frames == 1
    assert "render" not in await _scheduled(handle)


async def test_a_small_job_for_which_the_worker_has_no_process_is_queued(
    workbench: Workbench,
) -> None:
    async with workbench.worker(_render):
        handle = await workbench.start_job(a_single_job().model_copy(update=SMALL))
        assert (await handle.result()).frames == 1
    assert "render" in await _scheduled(handle)


async def test_a_temporary_failure_is_retried_through_the_queue(workbench: Workbench) -> None:
    async def fail(_task: RenderTask) -> None:
        raise ApplicationError("the store does not respond", type="OSError")

    workbench.render_locally = fail
    async with workbench.worker(_render):
        handle = await workbench.start_job(a_single_job().model_copy(update=SMALL))
        assert (await handle.result()).frames == 1


async def test_a_small_job_that_cannot_be_rendered_fails_at_once(workbench: Workbench) -> None:
    async def fail(_task: RenderTask) -> None:
        raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)

    workbench.render_locally = fail
    async with workbench.worker(_never):
        handle = await workbench.start_job(a_single_job().model_copy(update=SMALL))
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    [stored] = workbench.stored_jobs
    assert stored.failure is not None
    assert (stored.failure.error, stored.failure.error_code) == ("no such layer", "ASSET_INVALID")


async def test_a_larger_job_is_queued(workbench: Workbench) -> None:
    async def render_locally(_task: RenderTask) -> None:
        raise AssertionError("it was rendered locally")

    workbench.render_locally = render_locally
    async with workbench.worker(_render):
        handle = await workbench.start_job(a_single_job())
        await handle.result()
    assert "render" in await _scheduled(handle)


async def _render(job: RenderJob) -> RenderResult:
    return finished(job)


async def _never(_job: RenderJob) -> RenderResult:
    raise ApplicationError("it was queued", non_retryable=True)


async def _scheduled(handle: WorkflowHandle[RenderJobWorkflow, RenderResult]) -> list[str]:
    """The names of the activities that were queued."""
    history = await handle.fetch_history()
    scheduled = (each.activity_task_scheduled_event_attributes for each in history.events)
    return [each.activity_type.name for each in scheduled]
