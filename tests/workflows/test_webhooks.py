"""When webhooks are sent, and their contents, on the time-skipping server."""

import asyncio
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from reelbatch.models.ids import new_id
from reelbatch.models.orchestration.batches import Cancellation
from reelbatch.models.orchestration.jobs import RenderJob, RenderResult
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, webhook_workflow_id
from reelbatch.models.orchestration.webhooks import WebhookDelivery
from tests.workflows.workbench import Workbench, a_batch, finished, with_webhooks
from workflows.batch import BatchWorkflow
from workflows.webhook import DeliverWebhookWorkflow


async def finish(job: RenderJob) -> RenderResult:
    return finished(job)


async def delivered(workbench: Workbench, team: str, *ids: str) -> list[WebhookDelivery]:
    """Wait for the deliveries about these jobs and batches, and return them in this order."""
    for id_ in ids:
        handle = workbench.client.get_workflow_handle(webhook_workflow_id(team, id_))
        await handle.result()
    by_id = {delivery.id: delivery for delivery in workbench.deliveries}
    return [by_id[id_] for id_ in ids]


async def test_each_end_of_a_job_sends_one_webhook(workbench: Workbench) -> None:
    waiting = asyncio.Event()

    async def render(job: RenderJob) -> RenderResult:
        if job.index == 0:
            return finished(job)
        if job.index == 1:
            raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
        waiting.set()
        while True:
            activity.heartbeat(1.0)
            await asyncio.sleep(0.02)

    batch = with_webhooks(a_batch(range(4), concurrency=1))
    async with workbench.worker(render):
        handle = await workbench.start(batch)
        await waiting.wait()
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="all"))
        await handle.result()
        sent = await delivered(workbench, batch.team, *(job.id for job in batch.jobs), batch.id)

    *jobs, end = [delivery.body for delivery in sent]
    assert [body["status"] for body in jobs] == [
        "finished", "error", "manually_cancelled", "manually_cancelled"
    ]  # fmt: skip
    assert [body["state"] for body in jobs] == [body["status"] for body in jobs]
    assert all(body["outputUrl"] == "https://host/output.png" for body in jobs)
    assert (jobs[0]["progress"], jobs[0]["renderDuration"]) == (100.0, 0.5)
    assert jobs[0]["finishedAt"] == "2026-01-02T03:04:05.000Z"
    assert (jobs[1]["error"], jobs[1]["errorCode"]) == ("no such layer", "ASSET_INVALID")
    assert jobs[1]["finishedAt"] is None
    assert (end["type"], end["status"], end["batchId"]) == (
        "batch.finished", "finished", batch.id
    )  # fmt: skip
    assert end["stats"] == {"total": 4, "finished": 1, "error": 3, "pending": 0, "cancelled": 2}
    assert "jobs" not in end
    assert len(workbench.deliveries) == 5


async def test_a_receiver_that_never_responds_delays_nothing(workbench: Workbench) -> None:
    deaf = asyncio.Event()
    workbench.receive = deaf.wait
    batch = with_webhooks(a_batch(range(3), concurrency=1))
    async with workbench.worker(finish):
        snapshot = await (await workbench.start(batch)).result()
        deaf.set()
        await delivered(workbench, batch.team, *(job.id for job in batch.jobs), batch.id)
    assert snapshot.stats.finished == 3


async def test_a_receiver_that_refuses_is_tried_four_times_with_the_same_body(
    skipping_workbench: Workbench,
) -> None:
    async def refuse() -> None:
        raise ApplicationError("503", type="WEBHOOK_UNDELIVERED")

    skipping_workbench.receive = refuse
    delivery = WebhookDelivery(
        team=f"team-{uuid4().hex[:8]}", id=new_id(), receiver="https://example.com", body={"n": 1}
    )
    async with skipping_workbench.worker(finish):
        with pytest.raises(WorkflowFailureError):
            await skipping_workbench.client.execute_workflow(
                DeliverWebhookWorkflow.run,
                delivery,
                id=webhook_workflow_id(delivery.team, delivery.id),
                task_queue=CONTROL_TASK_QUEUE,
            )
    assert skipping_workbench.deliveries == [delivery] * 4


async def test_every_job_that_never_starts_sends_its_webhook(workbench: Workbench) -> None:
    waiting = asyncio.Event()

    async def render(_job: RenderJob) -> RenderResult:
        waiting.set()
        while True:
            activity.heartbeat(1.0)
            await asyncio.sleep(0.02)

    batch = with_webhooks(a_batch(range(40), concurrency=3))
    async with workbench.worker(render):
        handle = await workbench.start(batch)
        await waiting.wait()
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="all"))
        await handle.result()
        await delivered(workbench, batch.team, *(job.id for job in batch.jobs), batch.id)
    assert len(workbench.deliveries) == 41


async def test_a_cancelled_jobs_webhook_goes_out_while_the_batch_still_renders(
    workbench: Workbench,
) -> None:
    go_on = asyncio.Event()

    async def render(job: RenderJob) -> RenderResult:
        while not go_on.is_set():
            activity.heartbeat(1.0)
            await asyncio.sleep(0.02)
        return finished(job)

    batch = with_webhooks(a_batch(range(2), concurrency=1))
    async with workbench.worker(render):
        handle = await workbench.start(batch)
        cancellation = Cancellation(request_id="one", indexes=[1])
        await handle.signal(BatchWorkflow.cancel, cancellation)
        while not workbench.deliveries:  # noqa: ASYNC110  there is nothing to wait for
            await asyncio.sleep(0.02)
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        go_on.set()
        await handle.result()
        await delivered(workbench, batch.team, *(job.id for job in batch.jobs), batch.id)
    assert workbench.deliveries[0].id == batch.jobs[1].id
