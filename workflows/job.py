"""The life of one render job."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import (
    Priority,
    RetryPolicy,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ApplicationErrorCategory,
    CancelledError,
    FailureError,
    is_cancelled_exception,
)
from temporalio.exceptions import TimeoutError as ActivityTimeoutError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.errors import RendererInterrupted, RenderError
    from reelbatch.models.orchestration import search_attributes
    from reelbatch.models.orchestration.batches import StoppedRender
    from reelbatch.models.orchestration.jobs import (
        ChildOutput,
        JobFailure,
        RenderJob,
        RenderProgress,
        RenderResult,
        RenderTask,
        UnfinishedJob,
    )
    from reelbatch.models.orchestration.names import job_workflow_id
    from reelbatch.models.orchestration.webhooks import WebhookDelivery
    from reelbatch.models.stored.jobs import StoredJob
    from reelbatch.models.wire.batches import BatchStatus
    from reelbatch.models.wire.jobs import JobStatus
    from workflows.activity_names import RENDER, SAVE_JOB
    from workflows.children import RENDER_STOPPED, render_children, signal_batch
    from workflows.job_states import JobSnapshot, JobState
    from workflows.local_render import render_locally
    from workflows.markdown import MAX_DETAILS, plain, shortened
    from workflows.rendering import (
        extent_in_words,
        job_headline,
        on_engine,
        progress_of,
        render_priority,
    )
    from workflows.segments import render_in_segments
    from workflows.uninterrupted import uninterrupted
    from workflows.webhook import start_delivery
    from workflows.webhook_bodies import job_body

_KEEPS_SINGLE_JOBS = "keeps-single-jobs"
_SPLITS_LONG_RENDERS = "splits-long-renders"


@workflow.defn(name="RenderJob")
class RenderJobWorkflow:
    """Renders one job. If it fails, the type of its failure is the error's code."""

    def __init__(self) -> None:
        self._segments: RenderProgress | None = None  # progress of a job rendered in segments

    @workflow.run
    async def run(self, job: RenderJob) -> RenderResult:
        try:
            outputs = await render_children(job, start_render_job)
            result = await self._render(job, outputs)
        except (ActivityError, ApplicationError, CancelledError, asyncio.CancelledError) as error:
            render = self._segments or progress_of(error)
            # A local activity starts after the time of the workflow's task.
            now = max(workflow.now(), render.started_at) if render else workflow.now()
            if is_cancelled_exception(error):
                await uninterrupted(_signal_progress(job, now, render))
                await _conclude(job, JobState(JobStatus.CANCELLED, now, render=render))
                raise
            failure = failure_of(error)
            await _conclude(job, JobState(JobStatus.ERROR, now, render=render, failure=failure))
            unfinished = UnfinishedJob(ended_at=now, render=render)
            raise ApplicationError(
                failure.error, unfinished, type=failure.error_code, category=_category_of(error)
            ) from error
        await _conclude(job, JobState(JobStatus.FINISHED, workflow.now(), result=result))
        return result

    async def _render(self, job: RenderJob, outputs: Sequence[ChildOutput]) -> RenderResult:
        if job.split is not None and workflow.patched(_SPLITS_LONG_RENDERS):
            result = await render_in_segments(job, job.split, outputs, self._note_segments)
            if result is not None:
                return result
        task = RenderTask.of(job, outputs)
        if job.small:  # never set in earlier histories
            result = await render_locally(task)
            if result is not None:
                return result
        return await on_engine(RENDER, task, RenderResult, job_headline(job))

    def _note_segments(self, progress: RenderProgress) -> None:
        self._segments = progress


async def _signal_progress(
    job: RenderJob, ended_at: datetime, render: RenderProgress | None
) -> None:
    """Signal the progress to the batch, because a cancelled workflow has no result."""
    if job.index is not None and render is not None:
        stopped = StoppedRender(index=job.index, ended_at=ended_at, render=render)
        await signal_batch(job, RENDER_STOPPED, stopped)


async def _conclude(job: RenderJob, end: JobState) -> None:
    code = [search_attributes.ERROR_CODE.value_set(end.failure.error_code)] if end.failure else []
    set_end_attributes(end.status, *code)
    if job.batch_id is None and workflow.patched(_KEEPS_SINGLE_JOBS):
        await uninterrupted(_save_record(job, end))
    await start_job_webhook(job, end)


async def _save_record(job: RenderJob, end: JobState) -> None:
    """Store a single job as a record of its own; the jobs of a batch are in its manifest."""
    await workflow.execute_activity(
        SAVE_JOB,
        StoredJob(
            team=job.team,
            id=job.id,
            summary=job.summary,
            status=end.status,
            updated_at=end.updated_at,
            result=end.result,
            failure=end.failure,
            render=end.render,
        ),
        start_to_close_timeout=timedelta(minutes=1),
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        summary="record",
        priority=Priority(fairness_key=job.team),
    )


async def start_render_job(
    job: RenderJob,
) -> workflow.ChildWorkflowHandle[RenderJobWorkflow, RenderResult]:
    return await workflow.start_child_workflow(
        RenderJobWorkflow.run,
        job,
        id=job_workflow_id(job.team, job.id),
        cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
        memo={"job": job.summary},
        search_attributes=job_search_attributes(job),
        static_summary=job_headline(job),
        static_details=job_details(job),
        priority=render_priority(job),
    )


async def start_job_webhook(job: RenderJob, end: JobState) -> None:
    """Start the delivery of the job's webhook, if it has one."""
    if job.webhook is None:
        return
    ended = JobSnapshot(id=job.id, batch_id=job.batch_id, summary=job.summary, state=end)
    await start_delivery(
        WebhookDelivery(
            team=job.team,
            id=job.id,
            receiver=job.webhook.receiver,
            body=job_body(ended, job.webhook.output_url),
        )
    )


def set_end_attributes(status: JobStatus | BatchStatus, *more: SearchAttributeUpdate[Any]) -> None:
    """Set the search attributes by which ended workflows are found."""
    updates = [search_attributes.STATUS.value_set(status), *more]
    workflow.upsert_search_attributes(updates)  # pyright: ignore[reportUnknownMemberType]  the SDK's own type is partly unknown


def failure_of(error: BaseException) -> JobFailure:
    """The failure in a form that people can act on."""
    cause = _acted_on(error)
    if isinstance(cause, ApplicationError):
        return JobFailure(error=cause.message, error_code=cause.type or RenderError.error_code)
    if cause is not None:
        return JobFailure(
            error="The worker that rendered this job repeatedly stopped responding.",
            error_code=RendererInterrupted.error_code,
        )
    return JobFailure(error=str(error), error_code=RenderError.error_code)


def _category_of(error: BaseException) -> ApplicationErrorCategory:
    """Benign if the activity's failure is: the SDK then does not count a failed workflow."""
    cause = _acted_on(error)
    is_known = isinstance(cause, ApplicationError)
    return cause.category if is_known else ApplicationErrorCategory.UNSPECIFIED


def _acted_on(error: BaseException) -> ApplicationError | ActivityTimeoutError | None:
    """The first such error in Temporal's chain of causes; None if there is none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ApplicationError | ActivityTimeoutError):
            return cause
        cause = cause.cause if isinstance(cause, FailureError) else cause.__cause__
    return None


def unfinished_of(cause: BaseException | None) -> UnfinishedJob | None:
    """The progress of a job, which its workflow's failure has in its details."""
    if isinstance(cause, ApplicationError):
        with suppress(ValidationError):
            return UnfinishedJob.model_validate(cause.details[0] if cause.details else None)
    return None


def job_details(job: RenderJob) -> str:
    """The job in Markdown, for its workflow's page in the Temporal Web UI."""
    name = plain(job.template_name)
    lines = {
        "Job": f"`{job.id}`",
        "Batch": f"`{job.batch_id}`" if job.batch_id else "none",
        "Nested in": f"`{job.parent_id}`" if job.parent_id else "",
        "Template": f"{name} (`{plain(job.template_id)}`)" if job.template_id else "",
        "Composition": plain(job.composition),
        "Output": ", ".join((*extent_in_words(job), job.output.codec)),
        "Assets": str(len(job.assets)),
        "Missing fonts": plain(", ".join(job.missing_fonts)),
        "Tags": ", ".join(job.tags),
    }
    shown = [f"- {name}: {value}" for name, value in lines.items() if value]
    return shortened("\n".join([*shown, *_children_details(job)]), MAX_DETAILS)


def _children_details(job: RenderJob) -> list[str]:
    if not job.children:
        return []
    rows = [
        f"- `{child.job.id}` for the layer {plain(child.layer_name)}: {plain(child.job.title)}"
        for child in job.children
    ]
    return ["", "Nested jobs:", "", *rows]


def job_search_attributes(job: RenderJob) -> TypedSearchAttributes:
    """The search attributes of a job's workflow; single and nested jobs have no batch id."""
    pairs: list[SearchAttributePair[str] | SearchAttributePair[list[str]]] = [
        SearchAttributePair(search_attributes.TEAM, job.team),
    ]
    if job.batch_id:
        pairs.append(SearchAttributePair(search_attributes.BATCH_ID, job.batch_id))
    tags = search_attributes.tag_list(job.template_ids, job.team_font_ids, job.tags)
    if tags:
        pairs.append(SearchAttributePair(search_attributes.TAGS, tags))
    return TypedSearchAttributes(pairs)
