"""A worker whose activities a test can replace, and builders of batches and jobs."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.worker import Worker

from activities.heartbeats import HEARTBEAT_INTERVAL
from reelbatch.models.ids import batch_job_id, new_batch_id, new_nested_job_id, new_single_job_id
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.batches import Batch, BatchSnapshot
from reelbatch.models.orchestration.jobs import (
    BatchRenderJob,
    ChildJob,
    Output,
    RenderJob,
    RenderResult,
    RenderTask,
    Split,
)
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    SUBMISSION_TASK_QUEUE,
    batch_workflow_id,
    inspection_task_queue,
    job_workflow_id,
    render_task_queue,
    schedule_workflow_id,
)
from reelbatch.models.orchestration.schedules import (
    EndedRun,
    FetchedTable,
    ScheduledRun,
    SubmittedTable,
)
from reelbatch.models.orchestration.segments import (
    EqualRender,
    JoinTask,
    Segment,
    SegmentsOfJob,
    SegmentTask,
    SlotsQuestion,
)
from reelbatch.models.orchestration.sweeps import SweepReport
from reelbatch.models.orchestration.templates import (
    DownloadedTemplate,
    TemplateDownloadJob,
    TemplateFailure,
    TemplateInspectionJob,
)
from reelbatch.models.orchestration.webhooks import PendingWebhook, WebhookDelivery
from reelbatch.models.stored.jobs import StoredJob
from reelbatch.models.wire.schedules import ScheduleRun
from reelbatch.models.wire.tables import CSV
from reelbatch.models.wire.templates import TemplateStatus
from workflows.activity_names import (
    AWAIT_BATCHES,
    CLEAR_SEGMENTS,
    DELIVER_WEBHOOK,
    DOWNLOAD_TEMPLATE,
    FAIL_TEMPLATE,
    FETCH_TABLE,
    FIND_EQUAL_RENDER,
    FIND_FREE_SLOTS,
    INSPECT_TEMPLATE,
    IS_ENGINE_SERVED,
    JOIN_SEGMENTS,
    RECORD_RUN,
    RENDER,
    RENDER_LOCALLY,
    RENDER_SEGMENT,
    SAVE_JOB,
    SUBMIT_TABLE,
    SWEEP,
    WRITE_MANIFEST,
)
from workflows.batch import BatchWorkflow
from workflows.job import RenderJobWorkflow
from workflows.schedule import ScheduledBatchWorkflow
from workflows.sweep import SweepWorkflow
from workflows.template import DownloadTemplateWorkflow, InspectTemplateWorkflow
from workflows.webhook import DeliverWebhookWorkflow

WORKFLOWS: list[type] = [
    BatchWorkflow,
    RenderJobWorkflow,
    InspectTemplateWorkflow,
    DownloadTemplateWorkflow,
    DeliverWebhookWorkflow,
    ScheduledBatchWorkflow,
    SweepWorkflow,
]

SCHEDULE = "01JSCHEDVLE000000000000000"
SCHEDULED = "01JBATCH000000000000000000"  # the batch that the schedule creates
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Render = Callable[[RenderTask], Awaitable[RenderResult]]

J = TypeVar("J", bound=RenderJob)


class Workbench:
    """A client of a server, the activities of its worker, and what these were called with."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.manifests: list[BatchSnapshot] = []
        self.stored_jobs: list[StoredJob] = []
        self.deliveries: list[WebhookDelivery] = []
        self.receive: Callable[[], Awaitable[object]] = _accept  # what a webhook's receiver does
        self.download: Callable[[TemplateDownloadJob], Awaitable[DownloadedTemplate]] = _found
        self.inspect: Callable[[TemplateInspectionJob], Awaitable[TemplateStatus]] = _usable
        self.failures: list[TemplateFailure] = []
        self.write_failure: Callable[[], Awaitable[object]] = _accept  # of a template
        self.find_free_slots: Callable[[], Awaitable[int]] = _none
        self.served: list[bool] = []  # the result of each check of engines; False after the last
        self.equal_render: RenderResult | None = None  # the one that a long job finds
        self.searches: list[RenderTask] = []
        self.on_search: Callable[[], Awaitable[object]] = _accept  # called while it searches
        self.render_locally: Callable[[RenderTask], Awaitable[RenderResult | None]] = _elsewhere
        self.render_segment: Callable[[SegmentTask], Awaitable[Segment]] = _rendered
        self.join_segments: Callable[[JoinTask], Awaitable[RenderResult]] = _joined
        self.cleared: list[SegmentsOfJob] = []
        self.fetch_table: Callable[[ScheduledRun], Awaitable[FetchedTable | None]] = _fetched
        self.submit_table: Callable[[FetchedTable], Awaitable[SubmittedTable]] = _submitted
        self.await_batches: Callable[[], Awaitable[object]] = _accept
        self.runs: list[EndedRun] = []

    @asynccontextmanager
    async def worker(self, render: Render, slots: int = 100) -> AsyncGenerator[None]:
        @activity.defn(name=WRITE_MANIFEST)
        async def write_manifest(snapshot: BatchSnapshot) -> None:
            self.manifests.append(snapshot)

        @activity.defn(name=SAVE_JOB)
        async def save_job(job: StoredJob) -> None:
            self.stored_jobs.append(job)

        @activity.defn(name=SWEEP)
        async def sweep() -> SweepReport:
            return SweepReport(payloads=1)

        @activity.defn(name=DELIVER_WEBHOOK)
        async def deliver_webhook(delivery: WebhookDelivery) -> None:
            self.deliveries.append(delivery)
            await self.receive()

        @activity.defn(name=FIND_FREE_SLOTS)
        async def find_free_slots(_question: SlotsQuestion) -> int:
            return await self.find_free_slots()

        @activity.defn(name=IS_ENGINE_SERVED)
        async def is_engine_served(_question: SlotsQuestion) -> bool:
            return self.served.pop(0) if self.served else False

        @activity.defn(name=CLEAR_SEGMENTS)
        async def clear_segments(job: SegmentsOfJob) -> None:
            self.cleared.append(job)

        @activity.defn(name=FIND_EQUAL_RENDER)
        async def find_equal_render(task: RenderTask) -> EqualRender:
            self.searches.append(task)
            await self.on_search()
            return EqualRender(result=self.equal_render)

        @activity.defn(name=RENDER_SEGMENT)
        async def render_segment(task: SegmentTask) -> Segment:
            return await self.render_segment(task)

        @activity.defn(name=JOIN_SEGMENTS)
        async def join_segments(task: JoinTask) -> RenderResult:
            return await self.join_segments(task)

        @activity.defn(name=RENDER)
        async def render_activity(job: RenderTask) -> RenderResult:
            return await render(job)

        @activity.defn(name=RENDER_LOCALLY)
        async def render_locally(job: RenderTask) -> RenderResult | None:
            return await self.render_locally(job)

        @activity.defn(name=INSPECT_TEMPLATE)
        async def inspect_template(template: TemplateInspectionJob) -> TemplateStatus:
            return await self.inspect(template)

        @activity.defn(name=DOWNLOAD_TEMPLATE)
        async def download_template(template: TemplateDownloadJob) -> DownloadedTemplate:
            return await self.download(template)

        @activity.defn(name=FAIL_TEMPLATE)
        async def fail_template(failure: TemplateFailure) -> None:
            await self.write_failure()
            self.failures.append(failure)

        @activity.defn(name=FETCH_TABLE)
        async def fetch_table(run: ScheduledRun) -> FetchedTable | None:
            return await self.fetch_table(run)

        @activity.defn(name=SUBMIT_TABLE)
        async def submit_table(table: FetchedTable) -> SubmittedTable:
            return await self.submit_table(table)

        @activity.defn(name=AWAIT_BATCHES)
        async def await_batches(_submitted: SubmittedTable) -> None:
            await self.await_batches()

        @activity.defn(name=RECORD_RUN)
        async def record_run(ended: EndedRun) -> None:
            self.runs.append(ended)

        control = Worker(
            self.client,
            task_queue=CONTROL_TASK_QUEUE,
            workflows=WORKFLOWS,
            activities=[
                render_locally,
                write_manifest,
                save_job,
                sweep,
                deliver_webhook,
                download_template,
                fail_template,
                find_free_slots,
                is_engine_served,
                clear_segments,
                fetch_table,
                record_run,
                await_batches,
            ],
        )
        engine = Worker(
            self.client,
            task_queue=render_task_queue("test"),
            activities=[
                render_activity,
                find_equal_render,
                render_segment,
                join_segments,
            ],
            max_concurrent_activities=slots,
            # As for real workers; otherwise a cancellation arrives up to 8 seconds later.
            max_heartbeat_throttle_interval=timedelta(seconds=HEARTBEAT_INTERVAL),
            default_heartbeat_throttle_interval=timedelta(seconds=HEARTBEAT_INTERVAL),
        )
        inspections = Worker(
            self.client,
            task_queue=inspection_task_queue("test"),
            activities=[inspect_template],
        )
        submissions = Worker(
            self.client, task_queue=SUBMISSION_TASK_QUEUE, activities=[submit_table]
        )
        async with control, engine, inspections, submissions:
            yield

    async def start(self, batch: Batch) -> WorkflowHandle[BatchWorkflow, BatchSnapshot]:
        return await self.client.start_workflow(
            BatchWorkflow.run,
            batch,
            id=batch_workflow_id(batch.team, batch.id),
            task_queue=CONTROL_TASK_QUEUE,
        )

    async def start_job(self, job: RenderJob) -> WorkflowHandle[RenderJobWorkflow, RenderResult]:
        return await self.client.start_workflow(
            RenderJobWorkflow.run,
            job,
            id=job_workflow_id(job.team, job.id),
            task_queue=CONTROL_TASK_QUEUE,
        )

    async def start_scheduled(
        self,
    ) -> WorkflowHandle[ScheduledBatchWorkflow, ScheduleRun | None]:
        """Start a run as Temporal does when the schedule of the team `team` comes due."""
        return await self.client.start_workflow(
            ScheduledBatchWorkflow.run,
            id=f"{schedule_workflow_id('team', SCHEDULE)}-{uuid4().hex[:8]}",
            task_queue=CONTROL_TASK_QUEUE,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(search_attributes.TEAM, "team"),
                    SearchAttributePair(
                        search_attributes.TAGS, [search_attributes.schedule_tag(SCHEDULE)]
                    ),
                ]
            ),
        )


async def _fetched(run: ScheduledRun) -> FetchedTable:
    return FetchedTable(run=run, source=f"table-{run.run_id}", media_type=CSV)


async def _submitted(table: FetchedTable) -> SubmittedTable:
    return SubmittedTable(team=table.run.team, batch_ids=[SCHEDULED], jobs=3, rejected_jobs=1)


async def _none() -> int:
    return 0


async def _elsewhere(_task: RenderTask) -> None:
    """Behave as a worker whose render processes are busy."""


async def _rendered(task: SegmentTask) -> Segment:
    first, end = task.output.first_frame, task.output.end_frame or 0
    return Segment(frames=end - first, render_duration=0.5, started_at=NOW)


async def _joined(task: JoinTask) -> RenderResult:
    frames = sum(segment.frames for segment in task.segments)
    return finished(task).model_copy(update={"frames": frames})


async def _accept() -> None:
    """Succeed, for example as a receiver that responds with 200."""


async def _found(template: TemplateDownloadJob) -> DownloadedTemplate:
    return DownloadedTemplate(source=f"source-{template.download}")


async def _usable(_template: TemplateInspectionJob) -> TemplateStatus:
    return TemplateStatus.UPLOADED


def a_batch(indexes: Iterable[int], concurrency: int = 20) -> Batch:
    """A batch of accepted jobs; `indexes` are their positions in the request."""
    batch_id = new_batch_id()
    team = f"team-{uuid4().hex[:8]}"
    return Batch(
        team=team,
        id=batch_id,
        created_at=NOW,
        jobs=[a_job(team, batch_id, index) for index in indexes],
        concurrency=concurrency,
    )


def with_webhooks(batch: Batch) -> Batch:
    """The batch with a webhook for itself and for each of its jobs."""
    of_batch = PendingWebhook(receiver="https://example.com")
    of_job = of_batch.model_copy(update={"output_url": "https://host/output.png"})
    jobs = [job.model_copy(update={"webhook": of_job}) for job in batch.jobs]
    return batch.model_copy(update={"jobs": jobs, "webhook": of_batch})


def a_single_job() -> RenderJob:
    """A job that belongs to no batch."""
    return _a_job(f"team-{uuid4().hex[:8]}", new_single_job_id())


def long_job(most: int = 3) -> RenderJob:
    """A job of 300 frames, from frame 30 on, that can be rendered in up to `most` segments."""
    split = Split(first_frame=30, frames=300, frame_rate=25.0, most=most)
    output = Output(
        output_type="video", codec="video_h264_vbr_5mbps", first_frame=30, end_frame=330
    )
    return a_single_job().model_copy(update={"split": split, "output": output})


def with_children(job: J, *templates: str) -> J:
    """The job with a nested job for each template, in its layers `layer 0`, `layer 1` and so on."""
    children = [
        ChildJob(position=position, layer_name=f"layer {position}", job=_nested(job, template))
        for position, template in enumerate(templates)
    ]
    return job.model_copy(update={"children": children})


def a_join(job: RenderJob) -> RenderJob:
    """The job as a join, without a template."""
    none = {"template_id": None, "template_source": None}
    return job.model_copy(
        update=dict.fromkeys(("template_name", "template_type", "composition"), "") | none
    )


def _nested(parent: RenderJob, template: str) -> RenderJob:
    job = _a_job(parent.team, new_nested_job_id())
    return job.model_copy(update={"parent_id": parent.id, "template_name": template})


def finished(job: RenderJob) -> RenderResult:
    """The result of a successful render."""
    return RenderResult(
        output_key=job.output_key,
        media_type="image/png",
        size=1,
        width=1,
        height=1,
        frames=1,
        render_duration=0.5,
        started_at=NOW,
        finished_at=NOW,
    )


def a_job(team: str, batch_id: str, index: int) -> BatchRenderJob:
    job = _a_job(team, batch_job_id(batch_id, index))
    return BatchRenderJob.model_validate({**dict(job), "batch_id": batch_id, "index": index})


def _a_job(team: str, job_id: str) -> RenderJob:
    return RenderJob(
        team=team,
        id=job_id,
        index=None,
        batch_id=None,
        engine="test",
        template_id="01JTEMPLATE000000000000000",
        template_name="promo",
        template_type="lottie",
        template_source="teams/t/templates/x/source-y",
        composition="main",
        assets=[],
        output=Output(output_type="image", codec="image_png", end_frame=1),
        output_key=f"teams/{team}/outputs/{job_id}.png",
        created_at=NOW,
    )
