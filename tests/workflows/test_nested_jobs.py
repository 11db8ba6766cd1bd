"""Nested jobs are rendered before their parent, all at once; if one fails, all are stopped."""

import asyncio
from collections.abc import Sequence

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError

from reelbatch.models.orchestration.batches import Cancellation
from reelbatch.models.orchestration.jobs import RenderJob, RenderResult, RenderTask
from reelbatch.models.orchestration.names import job_workflow_id
from reelbatch.models.wire.jobs import JobStatus
from tests.workflows.workbench import (
    Workbench,
    a_batch,
    a_job,
    a_single_job,
    finished,
    with_children,
)
from workflows.batch import BatchWorkflow
from workflows.job import RenderJobWorkflow

Handle = WorkflowHandle[RenderJobWorkflow, RenderResult]


class Stage:
    """Renders that end or go on forever, depending on the layer they are for."""

    def __init__(self, parent: RenderJob, *, endless: Sequence[int] = ()) -> None:
        self.layers = {child.job.id: child.position for child in parent.children or ()}
        self.endless = endless
        self.rendered: list[RenderTask] = []
        self.running: set[int] = set()
        self.all_run = asyncio.Event()  # set once all endless ones are running
        self.one_ends = asyncio.Event()

    async def render(self, task: RenderTask) -> RenderResult:
        position = self.layers.get(task.id)
        self.rendered.append(task)
        if position is not None and position in self.endless:
            await self._go_on(position)
        self.one_ends.set()
        return finished(task)

    async def _go_on(self, position: int) -> None:
        self.running.add(position)
        if len(self.running) == len(self.endless):
            self.all_run.set()
        try:
            while True:
                activity.heartbeat(1.0)
                await asyncio.sleep(0.05)
        finally:
            self.running.discard(position)


def children_of(workbench: Workbench, job: RenderJob) -> list[Handle]:
    return [
        workbench.client.get_workflow_handle_for(
            RenderJobWorkflow.run, job_workflow_id(job.team, child.job.id)
        )
        for child in job.children or ()
    ]


async def failure(handle: Handle) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, ApplicationError)
    return raised.value.cause


async def is_cancelled(handle: Handle) -> bool:
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    return isinstance(raised.value.cause, CancelledError)


async def test_a_parent_renders_last_and_gets_the_outputs_of_its_nested_jobs(
    workbench: Workbench,
) -> None:
    job = with_children(a_single_job(), *"abc")
    stage = Stage(job)
    async with workbench.worker(stage.render):
        await (await workbench.start_job(job)).result()

    *before, last = stage.rendered
    children = [child.job for child in job.children or ()]
    assert {task.id for task in before} == {child.id for child in children}
    assert last.id == job.id
    assert [(output.position, output.id, output.output_key) for output in last.outputs] == [
        (position, child.id, child.output_key) for position, child in enumerate(children)
    ]
    assert last.children is None


async def test_nested_jobs_render_at_the_same_time(workbench: Workbench) -> None:
    job = with_children(a_single_job(), *"abcd")
    stage = Stage(job, endless=range(4))
    async with workbench.worker(stage.render):
        handle = await workbench.start_job(job)
        await stage.all_run.wait()
        await handle.cancel()
        assert await is_cancelled(handle)


async def test_a_failed_nested_job_stops_its_siblings_and_is_named(workbench: Workbench) -> None:
    job = with_children(a_single_job(), *"abc")
    stage = Stage(job, endless=(0, 2))

    async def render(task: RenderTask) -> RenderResult:
        if stage.layers.get(task.id) == 1:
            await stage.all_run.wait()
            raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
        return await stage.render(task)

    async with workbench.worker(render):
        error = await failure(await workbench.start_job(job))
        children = children_of(workbench, job)
        assert await is_cancelled(children[0])
        assert await is_cancelled(children[2])

    child_id = (job.children or [])[1].job.id
    assert error.message == f"The nested job {child_id} (layer 1) failed: no such layer"
    assert error.type == "CHILD_FAILED"
    assert job.id not in {task.id for task in stage.rendered}
    assert not stage.running


async def test_a_cancelled_parent_leaves_no_nested_job_running(workbench: Workbench) -> None:
    job = with_children(a_single_job(), *"abc")
    stage = Stage(job, endless=(1, 2))
    async with workbench.worker(stage.render):
        handle = await workbench.start_job(job)
        children = children_of(workbench, job)
        await stage.one_ends.wait()
        await children[0].result()
        await stage.all_run.wait()
        await handle.cancel()
        assert await is_cancelled(handle)
        assert not stage.running
        assert [await is_cancelled(child) for child in children[1:]] == [True, True]


async def test_a_parent_that_is_cancelled_at_once_starts_no_render_of_its_own(
    workbench: Workbench,
) -> None:
    job = with_children(a_single_job(), *"abcde")
    stage = Stage(job, endless=range(5))
    handle = await workbench.start_job(job)
    await handle.cancel()
    async with workbench.worker(stage.render):
        assert await is_cancelled(handle)
    assert job.id not in {task.id for task in stage.rendered}
    assert not stage.running


async def test_a_batch_distinguishes_waiting_from_rendering_parents(workbench: Workbench) -> None:
    batch = a_batch(range(1))
    job = with_children(batch.jobs[0], "a")
    batch = batch.model_copy(update={"jobs": [job]})
    children, parent = asyncio.Event(), asyncio.Event()

    async def render(task: RenderTask) -> RenderResult:
        await (parent if task.id == job.id else children).wait()
        return finished(task)

    async with workbench.worker(render):
        handle = await workbench.start(batch)
        await until_status(handle, JobStatus.PENDING)
        children.set()
        await until_status(handle, JobStatus.RENDERING)
        parent.set()
        snapshot = await handle.result()
    assert snapshot.stats.finished == 1


async def until_status(handle: WorkflowHandle[BatchWorkflow, object], status: JobStatus) -> None:
    async with asyncio.timeout(30):
        while (await handle.query(BatchWorkflow.snapshot)).records[0].status is not status:  # noqa: ASYNC110  remote
            await asyncio.sleep(0.02)


async def test_cancelling_a_batch_also_cancels_its_nested_jobs(workbench: Workbench) -> None:
    batch = a_batch(range(2), concurrency=1)
    batch = batch.model_copy(update={"jobs": [with_children(job, *"ab") for job in batch.jobs]})
    stage = Stage(batch.jobs[0], endless=range(2))
    async with workbench.worker(stage.render):
        handle = await workbench.start(batch)
        await stage.all_run.wait()
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="r"))
        snapshot = await handle.result()
    assert snapshot.stats.cancelled == 2
    assert {task.id for task in stage.rendered} == set(stage.layers)
    assert not stage.running


async def test_a_parent_whose_batch_is_gone_still_renders(workbench: Workbench) -> None:
    batch = a_batch(range(1))
    job = with_children(a_job(batch.team, batch.id, 0), "a")
    stage = Stage(job)
    async with workbench.worker(stage.render):
        result = await (await workbench.start_job(job)).result()
    assert result.output_key == job.output_key
