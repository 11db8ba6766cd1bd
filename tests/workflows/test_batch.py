"""The life of a batch, on the time-skipping server."""

import asyncio

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from reelbatch.models.orchestration.batches import BatchSnapshot, Cancellation
from reelbatch.models.orchestration.jobs import RenderJob, RenderResult
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, job_workflow_id
from reelbatch.models.wire.batches import BatchStatus
from reelbatch.models.wire.jobs import JobStatus
from tests.workflows.workbench import Workbench, a_batch, finished
from workflows.batch import BatchWorkflow
from workflows.job import RenderJobWorkflow


async def test_every_job_finishes_and_the_counts_say_so(workbench: Workbench) -> None:
    async def render(job: RenderJob) -> RenderResult:
        return finished(job)

    batch = a_batch([0, 2, 3, 7])
    async with workbench.worker(render):
        snapshot = await (await workbench.start(batch)).result()

    assert snapshot.stats.model_dump() == {
        "total": 4,
        "finished": 4,
        "error": 0,
        "pending": 0,
        "cancelled": 0,
    }
    assert [record.index for record in snapshot.records] == [0, 2, 3, 7]
    assert snapshot.stats.status is BatchStatus.FINISHED
    assert workbench.manifests == [snapshot]


async def test_no_more_jobs_than_the_batch_allows_are_in_flight(workbench: Workbench) -> None:
    running: set[str] = set()
    most = 0
    full, go_on = asyncio.Event(), asyncio.Event()

    async def render(job: RenderJob) -> RenderResult:
        nonlocal most
        running.add(job.id)
        most = max(most, len(running))
        if most == 3:
            full.set()
        await go_on.wait()
        running.discard(job.id)
        return finished(job)

    async with workbench.worker(render):
        handle = await workbench.start(a_batch(range(12), concurrency=3))
        await full.wait()
        snapshot = await handle.query(BatchWorkflow.snapshot)
        go_on.set()
        await handle.result()
    statuses = [record.status for record in snapshot.records]
    assert statuses == [JobStatus.RENDERING] * 3 + [JobStatus.QUEUED] * 9
    assert most == 3


async def test_invalid_input_fails_one_job_without_a_retry(workbench: Workbench) -> None:
    attempts: list[int] = []

    async def render(job: RenderJob) -> RenderResult:
        if job.index == 1:
            attempts.append(activity.info().attempt)
            raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
        return finished(job)

    async with workbench.worker(render):
        snapshot = await (await workbench.start(a_batch(range(3)))).result()

    assert attempts == [1]
    assert (snapshot.stats.finished, snapshot.stats.error) == (2, 1)
    failure = snapshot.records[1].failure
    assert failure is not None
    assert (failure.error, failure.error_code) == ("no such layer", "ASSET_INVALID")


async def test_a_transient_failure_is_retried(workbench: Workbench) -> None:
    async def render(job: RenderJob) -> RenderResult:
        if activity.info().attempt < 3:
            raise ApplicationError("the store is down", type="ASSET_UNAVAILABLE")
        return finished(job)

    async with workbench.worker(render):
        snapshot = await (await workbench.start(a_batch([0]))).result()
    assert snapshot.stats.finished == 1


async def test_a_batch_whose_jobs_all_failed_is_an_error(workbench: Workbench) -> None:
    async def render(_job: RenderJob) -> RenderResult:
        raise ApplicationError("broken", type="TEMPLATE_INVALID", non_retryable=True)

    async with workbench.worker(render):
        snapshot = await (await workbench.start(a_batch(range(2)))).result()
    assert snapshot.stats.status is BatchStatus.ERROR


async def _until_rendering(
    handle: WorkflowHandle[BatchWorkflow, BatchSnapshot], count: int
) -> None:
    while True:
        snapshot = await handle.query(BatchWorkflow.snapshot)
        rendering = [r for r in snapshot.records if r.status is JobStatus.RENDERING]
        if len(rendering) >= count:
            return
        await asyncio.sleep(0.02)


async def test_cancel_stops_running_jobs_and_never_starts_queued_ones(workbench: Workbench) -> None:
    started: set[int | None] = set()
    stopped: set[int | None] = set()
    waiting = asyncio.Semaphore(0)

    async def render(job: RenderJob) -> RenderResult:
        if job.index == 0:
            return finished(job)
        started.add(job.index)
        waiting.release()
        try:
            while True:
                activity.heartbeat(10.0)
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            stopped.add(job.index)
            raise

    batch = a_batch(range(6), concurrency=3)
    async with workbench.worker(render):
        handle = await workbench.start(batch)
        for _ in range(3):
            await waiting.acquire()
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="one"))
        snapshot = await handle.result()

    assert started == stopped == {1, 2, 3}
    assert snapshot.stats.model_dump() == {
        "total": 6,
        "finished": 1,
        "error": 5,
        "pending": 0,
        "cancelled": 5,
    }
    [outcome] = snapshot.cancellations
    assert (outcome.cancelled, outcome.skipped, outcome.settled) == ([1, 2, 3, 4, 5], [0], True)
    never_started = workbench.client.get_workflow_handle(
        job_workflow_id(batch.team, batch.jobs[5].id)
    )
    with pytest.raises(RPCError) as absent:
        await never_started.describe()
    assert absent.value.status is RPCStatusCode.NOT_FOUND


async def test_cancelling_one_job_leaves_the_others_alone(workbench: Workbench) -> None:
    go_on = asyncio.Event()

    async def render(job: RenderJob) -> RenderResult:
        while not go_on.is_set():
            activity.heartbeat(1.0)
            await asyncio.sleep(0.02)
        return finished(job)

    async with workbench.worker(render):
        handle = await workbench.start(a_batch([0, 4], concurrency=1))
        await _until_rendering(handle, 1)
        request = Cancellation(request_id="r", indexes=[4])
        await handle.signal(BatchWorkflow.cancel, request)
        await handle.signal(BatchWorkflow.cancel, request)  # a repeated signal changes nothing
        go_on.set()
        snapshot = await handle.result()

    assert [record.status for record in snapshot.records] == [
        JobStatus.FINISHED,
        JobStatus.CANCELLED,
    ]
    assert [outcome.cancelled for outcome in snapshot.cancellations] == [[4]]


async def test_an_operators_cancel_ends_the_batch_with_complete_counts(
    workbench: Workbench,
) -> None:
    async def render(_job: RenderJob) -> RenderResult:
        while True:
            activity.heartbeat(1.0)
            await asyncio.sleep(0.05)

    async with workbench.worker(render):
        handle = await workbench.start(a_batch(range(4), concurrency=2))
        await _until_rendering(handle, 2)
        await handle.cancel()
        snapshot = await handle.result()
    assert (snapshot.stats.pending, snapshot.stats.cancelled) == (0, 4)
    assert workbench.manifests == [snapshot]


async def test_a_single_jobs_failure_carries_the_error_code(workbench: Workbench) -> None:
    async def render(_job: RenderJob) -> RenderResult:
        raise ApplicationError("too many pixels", type="LIMIT_EXCEEDED", non_retryable=True)

    job = a_batch([0]).jobs[0]
    async with workbench.worker(render):
        with pytest.raises(WorkflowFailureError) as failed:
            await workbench.client.execute_workflow(
                RenderJobWorkflow.run,
                job,
                id=job_workflow_id(job.team, job.id),
                task_queue=CONTROL_TASK_QUEUE,
            )
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.message) == ("LIMIT_EXCEEDED", "too many pixels")
