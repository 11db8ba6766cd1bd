"""Running renders, and parts of them, as activities on an engine's task queue."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError
from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.exceptions import TimeoutError as ActivityTimeoutError
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.errors import EngineNotServed
    from reelbatch.models.orchestration.jobs import RenderJob, RenderProgress, RenderTask
    from reelbatch.models.orchestration.names import inspection_task_queue, render_task_queue
    from reelbatch.models.orchestration.segments import SlotsQuestion
    from workflows.activity_names import IS_ENGINE_SERVED
    from workflows.markdown import headline, plain

# The worker enforces the time limit of a render; this is only the last resort.
_RENDER_TIMEOUT = timedelta(hours=24)
# After this time without a heartbeat, another worker takes over a render.
_HEARTBEAT_TIMEOUT = timedelta(seconds=10)
_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=10,
)

# How often, while a job with an unserved timeout waits, to check whether its engine is served.
_CHECKS = 4

T = TypeVar("T")


async def on_engine(activity: str, task: RenderTask, result_type: type[T], summary: str) -> T:
    """Have `task` done by one of the engine's workers.

    Raises ActivityError, CancelledError if it was stopped in the middle, or ApplicationError if no
    worker served the engine for as long as the job waits.
    """
    result_or_progress: Any = Annotated[
        result_type | RenderProgress, Field(union_mode="left_to_right")
    ]
    render: workflow.ActivityHandle[T | RenderProgress] = workflow.start_activity(
        activity,
        task,
        result_type=result_or_progress,
        task_queue=inspection_task_queue(task.engine)
        if task.preview
        else render_task_queue(task.engine),
        start_to_close_timeout=_RENDER_TIMEOUT,
        heartbeat_timeout=_HEARTBEAT_TIMEOUT,
        retry_policy=_RETRIES,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
        priority=render_priority(task),
    )
    async with _giving_up_if_unserved(render, task):
        result = await render
        if isinstance(result, RenderProgress):  # a cancelled activity could not report progress
            raise CancelledError("The render was stopped.", result)
    return result


@asynccontextmanager
async def _giving_up_if_unserved(
    render: workflow.ActivityHandle[Any], task: RenderTask
) -> AsyncGenerator[None]:
    """Cancel the render, and raise ApplicationError, if nobody serves its engine for too long."""
    if task.unserved_timeout is None:
        yield
        return
    giving_up = asyncio.create_task(_give_up_unserved(render, task.engine, task.unserved_timeout))
    try:
        yield
    except (ActivityError, CancelledError) as error:
        if giving_up.done():
            message = (
                f"No worker served the engine {task.engine} for {task.unserved_timeout:g} seconds "
                "(REELBATCH_UNSERVED_TIMEOUT). Start one, and retry the job."
            )
            raise ApplicationError(message, type=EngineNotServed.error_code) from error
        raise
    finally:
        giving_up.cancel()


async def _give_up_unserved(
    render: workflow.ActivityHandle[Any], engine: str, seconds: float
) -> None:
    """Cancel the render once its engine has not been served for this many seconds."""
    unserved = 0
    while unserved < _CHECKS:
        await workflow.sleep(seconds / _CHECKS, summary=f"check whether {engine} is served")
        is_served = await workflow.execute_activity(
            IS_ENGINE_SERVED,
            SlotsQuestion(engine=engine),
            result_type=bool,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        )
        unserved = 0 if is_served else unserved + 1
    render.cancel()


def progress_of(error: BaseException | None) -> RenderProgress | None:
    """The progress of the activity that ended with this error; None if it is unknown."""
    if isinstance(error, ActivityError):
        return progress_of(error.cause)
    details: Sequence[Any] = ()
    if isinstance(error, ActivityTimeoutError):
        details = error.last_heartbeat_details[1:]
    if isinstance(error, ApplicationError | CancelledError):
        details = error.details
    with suppress(ValidationError):
        progress = RenderProgress.model_validate(details[0] if details else None)
        return None if progress.waits else progress
    return None


def render_priority(job: RenderJob) -> Priority:
    """Teams share workers fairly; within a team, jobs with a higher priority go first.

    Temporal has the keys 1 (first) to 5. A job's default priority of 0 becomes 3.
    """
    return Priority(priority_key=max(1, min(5, 3 - job.priority)), fairness_key=job.team)


def job_headline(job: RenderJob, more: str = "") -> str:
    """One line for lists in the Temporal Web UI:
    `00042 · promo · main · 1280x720 · 60 frames · video_h264_vbr_5mbps`, and perhaps `more`.
    """
    place = "" if job.index is None else f"{job.index:05d}"
    parent = f"for {job.parent_id}" if job.parent_id else ""
    output = (*extent_in_words(job), job.output.codec)
    return headline(place, parent, plain(job.title), *output, more, flexible=2)


def extent_in_words(job: RenderJob) -> Sequence[str]:
    """The output's size, and its number of frames or the frame that a still shows, for people."""
    extent = job.extent
    if extent is None:
        return ()
    frames = "1 frame" if extent.frames == 1 else f"{extent.frames} frames"
    if job.output.output_type == "image":
        frames = f"frame {job.output.first_frame}"
    return f"{extent.width}x{extent.height}", frames
