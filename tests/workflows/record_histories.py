"""Records the histories that must keep replaying.

    python -m tests.workflows.record_histories VERSION [SHAPE …]

Run it after a deliberate change to the shape of workflows, with a new version and the shapes that
changed (none: all of them). Histories of earlier versions stay, since workflows of those versions
may still be open somewhere.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from reelbatch.models.ids import new_id
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.batches import Cancellation
from reelbatch.models.orchestration.jobs import RenderJob, RenderResult, RenderTask
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    job_workflow_id,
    template_workflow_id,
    webhook_workflow_id,
)
from reelbatch.models.orchestration.schedules import ScheduledRun
from reelbatch.models.orchestration.segments import JoinTask, Segment, SegmentTask
from reelbatch.models.orchestration.templates import TemplateDownloadJob, TemplateInspectionJob
from reelbatch.process import end_process
from tests.workflows.workbench import (
    Workbench,
    a_batch,
    a_join,
    a_single_job,
    finished,
    long_job,
    with_children,
    with_webhooks,
)
from workflows.batch import BatchWorkflow
from workflows.sweep import SweepWorkflow

HISTORIES = Path(__file__).parent / "histories"


async def render(job: RenderJob) -> RenderResult:
    """Let jobs end in every possible way, depending on their index."""
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
        await save(await an_inspection(client), f"inspect-template-{version}")


async def record_equal_jobs(client: Client, version: str) -> None:
    """Record a batch in which some jobs reuse the renders of others, and start after the rest."""

    async def reuse(job: RenderTask) -> RenderResult:
        reused_from = None if job.index in (0, 2) else batch.jobs[0].id
        return finished(job).model_copy(update={"reused_from": reused_from})

    workbench = Workbench(client)
    batch = a_batch(range(6), concurrency=3)
    batch = batch.model_copy(update={"kinds": [0, 0, 1, 0, 1, 0]})
    async with workbench.worker(reuse):
        handle = await workbench.start(batch)
        await handle.result()
        await save(handle, f"batch-of-equal-jobs-{version}")


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


async def record_templates(client: Client, version: str) -> None:
    workbench = Workbench(client)
    async with workbench.worker(render):
        await save(await a_download(client), f"download-template-{version}")
        workbench.inspect = refuse
        await save(await an_inspection(client), f"inspect-template-given-up-{version}")
        workbench.download = refuse
        await save(await a_download(client), f"download-template-refused-{version}")


async def refuse(_template: object) -> NoReturn:
    raise ApplicationError("no such file", type="TEMPLATE_INVALID", non_retryable=True)


async def a_download(client: Client) -> WorkflowHandle[Any, Any]:
    """A download that has ended."""
    job = TemplateDownloadJob(team="team", template_id=new_id(), engine="test", download="d")
    return await ended(client, "DownloadTemplate", job)


async def an_inspection(client: Client) -> WorkflowHandle[Any, Any]:
    """An inspection that has ended."""
    job = TemplateInspectionJob(team="team", template_id=new_id(), engine="test", source="s")
    return await ended(client, "InspectTemplate", job)


async def ended(
    client: Client, workflow: str, job: TemplateDownloadJob | TemplateInspectionJob
) -> WorkflowHandle[Any, Any]:
    id_ = template_workflow_id(job.team, job.template_id)
    handle = await client.start_workflow(workflow, job, id=id_, task_queue=CONTROL_TASK_QUEUE)
    await handle.result()
    return handle


async def record_singles(client: Client, version: str) -> None:
    """Record single jobs, which are stored one by one, and a sweep."""

    async def render_single(job: RenderTask) -> RenderResult:
        if job.template_name == "broken":
            raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
        if job.template_name == "endless":
            await heartbeat_forever()
        return finished(job)

    workbench = Workbench(client)
    async with workbench.worker(render_single):
        for name, ending in {
            "promo": "finished",
            "broken": "failed",
            "endless": "cancelled",
        }.items():
            job = a_single_job().model_copy(update={"template_name": name})
            handle = await workbench.start_job(job)
            if ending == "cancelled":
                while not (await handle.describe()).raw_description.pending_activities:  # noqa: ASYNC110  remote
                    await asyncio.sleep(0.05)
                await handle.cancel()
            with contextlib.suppress(WorkflowFailureError):
                await handle.result()
            await save(handle, f"single-job-{ending}-{version}")
        sweep = await client.start_workflow(
            SweepWorkflow.run, id="sweep", task_queue=CONTROL_TASK_QUEUE
        )
        await sweep.result()
        await save(sweep, f"sweep-{version}")


async def record_nested(client: Client, version: str) -> None:
    """Record parents whose nested jobs finish, fail or are cancelled; a batch of them; a join."""
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


async def record_segments(client: Client, version: str) -> None:
    """Record long jobs that finish, fail, are cancelled, don't fit together, or find no slots."""
    workbench = Workbench(client)
    rendering = asyncio.Event()
    refused = ApplicationError("other parameters", type="SEGMENTS_UNUSABLE", non_retryable=True)

    async def render_whole(task: RenderTask) -> RenderResult:
        return finished(task)

    async def find_slots() -> int:
        return 3

    async def render_segment(task: SegmentTask) -> Segment:
        if task.template_name == "fails" and task.number == 1:
            raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)
        if task.template_name in ("fails", "endless"):
            rendering.set()
            await heartbeat_forever()
        return await render_all(task)

    async def join(task: JoinTask) -> RenderResult:
        if task.template_name == "unusable":
            raise refused
        return await join_all(task)

    async def end(template: str, ending: str) -> None:
        handle = await workbench.start_job(
            long_job().model_copy(update={"template_name": template})
        )
        if ending == "cancelled":
            await rendering.wait()
            await handle.cancel()
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await save(handle, f"long-job-{ending}-{version}")

    async with workbench.worker(render_whole):
        await end("promo", "whole")
        render_all, join_all = workbench.render_segment, workbench.join_segments
        workbench.find_free_slots = find_slots
        workbench.render_segment, workbench.join_segments = render_segment, join
        await end("promo", "finished")
        await end("unusable", "unusable")
        await end("fails", "failed")
        rendering.clear()
        await end("endless", "cancelled")
        workbench.equal_render = finished(long_job())
        await end("promo", "reused")


async def record_schedules(client: Client, version: str) -> None:
    """Record runs of schedules: one whose table becomes a batch, and one that cannot fetch it."""
    workbench = Workbench(client)

    async def refuse(_run: ScheduledRun) -> NoReturn:
        raise ApplicationError("no such table", type="ASSET_INVALID", non_retryable=True)

    async def end(ending: str) -> None:
        handle = await workbench.start_scheduled()
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await save(handle, f"scheduled-batch-{ending}-{version}")

    async with workbench.worker(render):
        await end("finished")
        workbench.fetch_table = refuse
        await end("failed")


async def record_unserved(client: Client, version: str) -> None:
    """Record jobs that wait for an engine: one that is served in time, and one that gives up."""

    async def render_late(job: RenderTask) -> RenderResult:
        while workbench.served:
            activity.heartbeat(1.0)
            await asyncio.sleep(0.1)
        return finished(job)

    async def end(engine: str, ending: str) -> None:
        changes = {"engine": engine, "unserved_timeout": 0.8}
        handle = await workbench.start_job(a_single_job().model_copy(update=changes))
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await save(handle, f"waiting-job-{ending}-{version}")

    workbench = Workbench(client)
    workbench.served = [True, True]
    async with workbench.worker(render_late):
        await end("test", "finished")
        await end("away", "given-up")


async def record_small(client: Client, version: str) -> None:
    """Record small jobs, which are rendered locally or end up in the queue."""

    async def refuse(_task: RenderTask) -> NoReturn:
        raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)

    async def end(ending: str) -> None:
        handle = await workbench.start_job(a_single_job().model_copy(update={"small": True}))
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await save(handle, f"small-job-{ending}-{version}")

    workbench = Workbench(client)
    async with workbench.worker(render):
        await end("queued")
        workbench.render_locally = render
        await end("finished")
        workbench.render_locally = refuse
        await end("failed")


SHAPES = {
    "small": record_small,
    "plain": record_plain,
    "equal-jobs": record_equal_jobs,
    "webhooks": record_webhooks,
    "templates": record_templates,
    "singles": record_singles,
    "nested": record_nested,
    "segments": record_segments,
    "schedules": record_schedules,
    "unserved": record_unserved,
}


async def save(handle: WorkflowHandle[Any, Any], name: str) -> None:
    HISTORIES.mkdir(exist_ok=True)
    history = json.loads((await handle.fetch_history()).to_json())
    text = json.dumps(without_stack_traces(history), indent=1)
    (HISTORIES / f"{name}.json").write_text(f"{text}\n")


def without_stack_traces(part: Any) -> Any:
    """Remove stack traces, since they contain the folders of the recording machine."""
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
