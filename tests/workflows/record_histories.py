"""Records the histories that must keep replaying.

    python -m tests.workflows.record_histories VERSION [plain] [webhooks] [nested]

Run it after a deliberate change of the workflows' shape, with a new version and the shapes that
changed (none: all of them); histories of earlier versions stay, since workflows of those versions
may still be open somewhere.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from connection import end_process
from models import search_attributes
from models.batches import Cancellation
from models.ids import job_workflow_id, template_workflow_id, webhook_workflow_id
from models.jobs import RenderJob, RenderResult, RenderTask
from models.templates import TemplateInspectionJob
from tests.workflows.workbench import (
    Workbench,
    a_batch,
    a_join,
    a_single_job,
    finished,
    with_children,
    with_webhooks,
)
from workflows.activity_names import CONTROL_TASK_QUEUE
from workflows.batch import BatchWorkflow
from workflows.template import InspectTemplateWorkflow

HISTORIES = Path(__file__).parent / "histories"


async def render(job: RenderJob) -> RenderResult:
    """Jobs end in every way that there is, by their index."""
    if job.index == 1:
        raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
    if job.index is not None and job.index >= 6:
        await heartbeat_forever()
    return finished(job)


async def heartbeat_forever() -> None:
    while True:
        activity.heartbeat(1.0)
        await asyncio.sleep(0.1)


async def record_plain(client: Client, version: str) -> None:
    workbench = Workbench(client)
    async with workbench.worker(render):
        batch = a_batch(range(12), concurrency=3)
        handle = await workbench.start(batch)
        while (await handle.query(BatchWorkflow.stats)).finished < 5:  # noqa: ASYNC110  remote
            await asyncio.sleep(0.05)
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="one", indexes=[11]))
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="all"))
        await handle.result()
        await save(handle, f"batch-{version}")
        for index in (0, 1, 6):
            job_id = job_workflow_id(batch.team, batch.jobs[index].id)
            ending = {0: "finished", 1: "failed", 6: "cancelled"}[index]
            await save(client.get_workflow_handle(job_id), f"job-{ending}-{version}")
        template = TemplateInspectionJob(
            team=batch.team, template_id="01JTEMPLATE000000000000000", engine="test", source="s"
        )
        inspection = await client.start_workflow(
            InspectTemplateWorkflow.run,
            template,
            id=template_workflow_id(batch.team, template.template_id),
            task_queue=CONTROL_TASK_QUEUE,
        )
        await inspection.result()
        await save(inspection, f"inspect-template-{version}")


async def record_webhooks(client: Client, version: str) -> None:
    workbench = Workbench(client)
    async with workbench.worker(render):
        batch = with_webhooks(a_batch(range(12), concurrency=3))
        handle = await workbench.start(batch)
        while (await handle.query(BatchWorkflow.stats)).finished < 5:  # noqa: ASYNC110  remote
            await asyncio.sleep(0.05)
        await handle.signal(BatchWorkflow.cancel, Cancellation(request_id="all"))
        await handle.result()
        await save(handle, f"batch-with-webhooks-{version}")
        for index, ending in {0: "finished", 1: "failed", 6: "cancelled"}.items():
            job_id = batch.jobs[index].id
            job = client.get_workflow_handle(job_workflow_id(batch.team, job_id))
            await save(job, f"job-with-webhook-{ending}-{version}")
        for job in batch.jobs:
            delivery = client.get_workflow_handle(webhook_workflow_id(batch.team, job.id))
            await delivery.result()
        delivery = client.get_workflow_handle(webhook_workflow_id(batch.team, batch.id))
        await delivery.result()
        await save(delivery, f"deliver-webhook-{version}")


async def record_nested(client: Client, version: str) -> None:
    """Parents whose nested jobs finish, fail and are cancelled; a batch of parents; and a join."""
    workbench = Workbench(client)
    rendering = asyncio.Event()

    async def render_nested(task: RenderTask) -> RenderResult:
        if task.template_name == "fails":
            raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
        if task.template_name == "endless":
            rendering.set()
            await heartbeat_forever()
        return finished(task)

    async def end(job: RenderJob, name: str, *, cancelled: bool = False) -> None:
        handle = await workbench.start_job(job)
        if cancelled:
            await rendering.wait()
            await handle.cancel()
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await save(handle, f"{name}-{version}")

    async with workbench.worker(render_nested):
        await end(with_children(a_single_job(), "a", "b"), "parent-finished")
        await end(with_children(a_single_job(), "a", "fails", "endless"), "parent-failed")
        rendering.clear()
        parent = with_children(a_single_job(), "a", "endless", "endless")
        await end(parent, "parent-cancelled", cancelled=True)
        await end(a_join(with_children(a_single_job(), "a")), "join")
        batch = a_batch(range(3))
        jobs = [with_children(job, "a", "b") for job in batch.jobs]
        handle = await workbench.start(batch.model_copy(update={"jobs": jobs}))
        await handle.result()
        await save(handle, f"batch-of-parents-{version}")
        parent = client.get_workflow_handle(job_workflow_id(batch.team, batch.jobs[0].id))
        await save(parent, f"parent-of-batch-{version}")


SHAPES = {"plain": record_plain, "webhooks": record_webhooks, "nested": record_nested}


async def save(handle: WorkflowHandle[Any, Any], name: str) -> None:
    HISTORIES.mkdir(exist_ok=True)
    history = json.loads((await handle.fetch_history()).to_json())
    text = json.dumps(without_stack_traces(history), indent=1)
    (HISTORIES / f"{name}.json").write_text(f"{text}\n")


def without_stack_traces(part: Any) -> Any:
    """They name the folders of the machine that records."""
    if isinstance(part, dict):
        entries = cast("dict[str, Any]", part).items()
        return {key: without_stack_traces(v) for key, v in entries if key != "stackTrace"}
    if isinstance(part, list):
        return [without_stack_traces(entry) for entry in cast("list[Any]", part)]
    return part


async def main(version: str, shapes: Sequence[str]) -> None:
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  the SDK's own type is partly unknown
        identity="recorder",
        data_converter=pydantic_data_converter,
        search_attributes=search_attributes.ALL,
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
    ) as environment:
        for shape in shapes or SHAPES:
            await SHAPES[shape](environment.client, version)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
    end_process(0)
