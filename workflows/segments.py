"""Rendering long outputs in segments, one per slot, which are joined without re-encoding."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.errors import SegmentsUnusable
    from reelbatch.models.orchestration.jobs import (
        ChildOutput,
        RenderJob,
        RenderProgress,
        RenderResult,
        RenderTask,
        Split,
    )
    from reelbatch.models.orchestration.segments import (
        SPLIT_MEMO,
        EqualRender,
        JoinTask,
        Segment,
        SegmentsOfJob,
        SegmentTask,
        SlotsQuestion,
        SplitRender,
        percent_of_segments,
    )
    from workflows.activity_names import (
        CLEAR_SEGMENTS,
        FIND_EQUAL_RENDER,
        FIND_FREE_SLOTS,
        JOIN_SEGMENTS,
        RENDER_SEGMENT,
    )
    from workflows.children import all_or_none
    from workflows.rendering import job_headline, on_engine, progress_of
    from workflows.uninterrupted import uninterrupted

# If the server is too busy to respond by then, the render is not split.
_SLOTS_TIMEOUT = timedelta(seconds=5)
_LOOKS_FOR_EQUAL_RENDERS = "looks-for-equal-renders"
_CLEARING_TIMEOUT = timedelta(minutes=10)  # after that, the sweep removes the segments

Report = Callable[[RenderProgress], None]


async def render_in_segments(
    job: RenderJob, split: Split, outputs: Sequence[ChildOutput], report: Report
) -> RenderResult | None:
    """Render the job in as many segments as there are free slots.

    `report` gets the progress if the render fails or is cancelled. Returns None if the job must be
    rendered as a whole, because no slots are free or the segments did not fit together. Raises
    ActivityError once no segment is running, and none is left in the object store.
    """
    number = min(split.most, await _free_slots(job))
    if number < 2:
        return None
    if workflow.patched(_LOOKS_FOR_EQUAL_RENDERS):
        equal = await _find_equal(job, outputs)
        if equal is not None:
            return equal
    started_at = _note(number)
    percents: list[float | None] = [None] * number
    try:
        segments = await _render_all(job, split, outputs, percents)
        task = JoinTask.of_segments(job, outputs, segments, split.frame_rate)
        headline = job_headline(job, f"{number} segments joined")
        result = await on_engine(JOIN_SEGMENTS, task, RenderResult, headline)
        return result.model_copy(update={"started_at": started_at})  # as reported so far
    except (ActivityError, CancelledError, asyncio.CancelledError) as error:
        if _did_not_fit(error):
            _note(0)
            return None
        begun = [percent for percent in percents if percent is not None]
        if begun:
            progress = percent_of_segments(begun, number)
            report(RenderProgress(started_at=started_at, progress=progress))
        raise
    finally:
        await uninterrupted(_clear(job))


async def _free_slots(job: RenderJob) -> int:
    """The number of free slots for the job; 0 if it is unknown."""
    try:
        return await workflow.execute_activity(
            FIND_FREE_SLOTS,
            SlotsQuestion(engine=job.engine),
            result_type=int,
            schedule_to_close_timeout=_SLOTS_TIMEOUT,
            retry_policy=RetryPolicy(maximum_attempts=1),
            summary="free slots",
            priority=Priority(fairness_key=job.team),
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return 0


async def _find_equal(job: RenderJob, outputs: Sequence[ChildOutput]) -> RenderResult | None:
    """Look for an equal job's render; segments, unlike a whole render, cannot do so themselves."""
    task = RenderTask.of(job, outputs)
    headline = job_headline(job, "look for an equal render")
    return (await on_engine(FIND_EQUAL_RENDER, task, EqualRender, headline)).result


async def _render_all(
    job: RenderJob, split: Split, outputs: Sequence[ChildOutput], percents: list[float | None]
) -> list[Segment]:
    """Render all segments. The first failure, or a cancellation, stops all of them.

    `percents` are set to each segment's progress when it ends, or None if it had not begun.
    """
    number = len(percents)
    this = asyncio.current_task()
    if this is not None and this.cancelling():  # an activity that ended first has swallowed it
        raise asyncio.CancelledError
    tasks = [
        SegmentTask.of_frames(job, outputs, frames=frames, number=place, segments=number)
        for place, frames in enumerate(frame_ranges(split, number))
    ]
    running = [asyncio.create_task(_render(task, percents)) for task in tasks]
    await all_or_none(running)
    return [task.result() for task in running]


def frame_ranges(split: Split, number: int) -> list[range]:
    """The frames of each of `number` segments of equal length."""
    ends = [split.first_frame + split.frames * done // number for done in range(number + 1)]
    return [range(start, end) for start, end in pairwise(ends)]


async def _render(task: SegmentTask, percents: list[float | None]) -> Segment:
    frames = f"frames {task.output.first_frame}-{(task.output.end_frame or 0) - 1}"
    headline = job_headline(task, frames)
    try:
        segment = await on_engine(RENDER_SEGMENT, task, Segment, headline)
    except (ActivityError, CancelledError) as error:
        progress = progress_of(error)
        percents[task.number] = progress.progress if progress else None
        raise
    percents[task.number] = 100.0
    return segment


def _note(segments: int) -> datetime:
    """Record the number of segments for readers of the job's progress, and return the time."""
    split = SplitRender(segments=segments, started_at=workflow.now())
    workflow.upsert_memo({SPLIT_MEMO: split})
    return split.started_at


def _did_not_fit(error: BaseException) -> bool:
    cause = error.cause if isinstance(error, ActivityError) else None
    return isinstance(cause, ApplicationError) and cause.type == SegmentsUnusable.error_code


async def _clear(job: RenderJob) -> None:
    try:
        await workflow.execute_activity(
            CLEAR_SEGMENTS,
            SegmentsOfJob(team=job.team, job_id=job.id),
            schedule_to_close_timeout=_CLEARING_TIMEOUT,
            start_to_close_timeout=timedelta(minutes=1),
            summary="remove the segments",
            priority=Priority(fairness_key=job.team),
        )
    except ActivityError as error:
        workflow.logger.warning("the segments of job %s were not removed: %s", job.id, error)
