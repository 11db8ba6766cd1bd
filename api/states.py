"""Where jobs stand, as their own workflows tell.

A batch knows which of its jobs have started. Which of these a render process has, and how far it
is, is what the pending activities of the jobs' workflows say: that costs no event of any history.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic

from cachetools import LRUCache
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.service import RPCError

from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.jobs import JobSummary, RenderProgress, RenderResult
from reelbatch.models.orchestration.segments import SPLIT_MEMO, SplitRender, percent_of_segments
from reelbatch.models.wire.jobs import JobStatus
from workflows.activity_names import FIND_EQUAL_RENDER, RENDER, RENDER_SEGMENT
from workflows.job import RenderJobWorkflow, failure_of, unfinished_of
from workflows.job_states import JobState

JobHandle = WorkflowHandle[RenderJobWorkflow, RenderResult]

STATUS_OF_EXECUTION = {
    WorkflowExecutionStatus.RUNNING: JobStatus.RENDERING,
    WorkflowExecutionStatus.COMPLETED: JobStatus.FINISHED,
    WorkflowExecutionStatus.FAILED: JobStatus.ERROR,
    WorkflowExecutionStatus.TIMED_OUT: JobStatus.ERROR,
    WorkflowExecutionStatus.CANCELED: JobStatus.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: JobStatus.CANCELLED,
}

_STARTED = (
    PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
    PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
)
_FRESH = 1.0  # seconds for which a look at a job serves all who read its batch
_LOOKS_AT_ONCE = 16
_MOST_SEEN = 20_000  # jobs, of about 1 kB


@dataclass(frozen=True)
class _Seen:
    """A job as its workflow told."""

    run_id: str
    attempt: int  # at its render as a whole
    state: JobState
    at: float  # by the monotonic clock

    def after(self, earlier: "_Seen | None") -> "_Seen":
        """No attempt goes back: looks may overtake each other."""
        if earlier is None or earlier.run_id != self.run_id or self.attempt > earlier.attempt:
            return self
        render, before = self.state.render, earlier.state.render
        if before is None and self.attempt == earlier.attempt:
            return self
        if before and render and render.progress > before.progress:
            return self
        return replace(earlier, at=self.at)


class RunningJobs:
    """What is known of running jobs. One a process: what it told once it does not take back."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: LRUCache[str, _Seen] = LRUCache(_MOST_SEEN)
        self._looking: dict[str, asyncio.Task[JobState]] = {}
        self._gate = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def recent_states(self, jobs: Sequence[tuple[str, JobSummary]]) -> list[JobState]:
        """Where jobs stand that their batch takes for running, as it was within a second.

        Each comes with its workflow's id. A job whose workflow has just ended runs until the batch
        has noted the end.
        """
        recent = [self._recent_state(workflow_id) for workflow_id, _ in jobs]
        missing = [job for job, state in zip(jobs, recent, strict=True) if state is None]
        looks = iter(await asyncio.gather(*(self._shared_look(*job) for job in missing)))
        return [state or next(looks) for state in recent]

    def _recent_state(self, workflow_id: str) -> JobState | None:
        seen = self._seen.get(workflow_id)
        return seen.state if seen and monotonic() - seen.at < _FRESH else None

    async def _shared_look(self, workflow_id: str, summary: JobSummary) -> JobState:
        """One look for all who ask for the job meanwhile."""
        looking = self._looking.get(workflow_id)
        if looking is None:
            looking = asyncio.create_task(self._look(workflow_id, summary))
            self._looking[workflow_id] = looking
            looking.add_done_callback(lambda _: self._looking.pop(workflow_id))
        return await asyncio.shield(looking)

    async def state(
        self, description: WorkflowExecutionDescription, summary: JobSummary
    ) -> JobState:
        """Where the job stands that has just been described, unless its end is noted already."""
        earlier = self._seen.get(description.id)
        told = await self._tell(description, summary, earlier)
        seen = self._seen[description.id] = told.after(self._seen.get(description.id))
        return seen.state

    async def _look(self, workflow_id: str, summary: JobSummary) -> JobState:
        async with self._gate:
            try:
                description = await self._client.get_workflow_handle(workflow_id).describe()
            except RPCError:  # perhaps the batch is just about to start it
                seen = self._seen.get(workflow_id)
                return seen.state if seen else waiting_state(summary)
            return await self.state(description, summary)

    async def _tell(
        self,
        description: WorkflowExecutionDescription,
        summary: JobSummary,
        earlier: _Seen | None,
    ) -> _Seen:
        attempt, render = await self._render_of(description)
        if _is_finished(description):
            render = await self._whole_render(description, earlier)
        state = waiting_state(summary)
        if render is not None:
            state = JobState(JobStatus.RENDERING, render.started_at, render=render)
        elif description.raw_description.pending_activities:  # its nested jobs are done
            state = replace(state, status=JobStatus.QUEUED)
        return _Seen(description.run_id or "", attempt, state, at=monotonic())

    async def _render_of(
        self, description: WorkflowExecutionDescription
    ) -> tuple[int, RenderProgress | None]:
        """The attempt, and how far it is; None where no render process has it."""
        split = await _split_of(description)
        if split is not None:
            return 0, await self._progress_of_segments(description, split)
        for render in _pending(description, RENDER):
            return render.attempt, await self._progress(render)
        return 0, None

    async def _progress_of_segments(
        self, description: WorkflowExecutionDescription, split: SplitRender
    ) -> RenderProgress | None:
        """Segments all start together, so those that are not pending have ended."""
        pending = _pending(description, RENDER_SEGMENT)
        ended = split.segments - len(pending)
        found = [await self._progress(segment) for segment in pending]
        begun = [progress.progress for progress in found if progress is not None]
        if not ended and not begun:
            return None
        percent = percent_of_segments([*begun, *[100.0] * ended], split.segments)
        return RenderProgress(started_at=split.started_at, progress=percent)

    async def _progress(self, activity: PendingActivityInfo) -> RenderProgress | None:
        if activity.state not in _STARTED:
            return None
        started_at = activity.last_started_time.ToDatetime(UTC)
        payloads = list(activity.heartbeat_details.payloads)
        if not payloads:
            return RenderProgress(started_at=started_at)
        percent, *details = await self._client.data_converter.decode(
            payloads, [float, RenderProgress]
        )
        for progress in details:
            if not _is_same(progress.started_at, started_at):  # the attempt before this one
                return RenderProgress(started_at=started_at)
            if progress.waits:
                return None
        return RenderProgress(started_at=started_at, progress=percent)

    async def _whole_render(
        self, description: WorkflowExecutionDescription, earlier: _Seen | None
    ) -> RenderProgress:
        """The render of a workflow that has its output, and is about to end."""
        if earlier is not None and earlier.state.render is not None:
            return earlier.state.render.model_copy(update={"progress": 100.0})
        split = await _split_of(description)
        started_at = split.started_at if split else await self._start_of_render(description)
        return RenderProgress(started_at=started_at, progress=100.0)

    async def _start_of_render(self, description: WorkflowExecutionDescription) -> datetime:
        """Of one that nobody has looked at while it was pending."""
        handle = self._client.get_workflow_handle(description.id, run_id=description.run_id)
        started_at = description.start_time
        renders: set[int] = set()  # ids of the events that scheduled them
        async for event in handle.fetch_history_events():
            scheduled = event.activity_task_scheduled_event_attributes
            if scheduled.activity_type.name in (RENDER, FIND_EQUAL_RENDER):
                renders.add(event.event_id)
            if event.activity_task_started_event_attributes.scheduled_event_id in renders:
                started_at = event.event_time.ToDatetime(UTC)
        return started_at


def waiting_state(summary: JobSummary) -> JobState:
    """A job that waits for its nested jobs, or for a render process."""
    status = JobStatus.PENDING if summary.child_ids else JobStatus.QUEUED
    return JobState(status, summary.created_at)


async def ended_state(
    client: Client, workflow_id: str, status: JobStatus, closed_at: datetime
) -> JobState:
    """Where a job stands whose workflow has ended with this status."""
    if status is JobStatus.CANCELLED:
        return JobState(status, closed_at)
    handle = client.get_workflow_handle_for(RenderJobWorkflow.run, workflow_id)
    try:
        return JobState(status, closed_at, result=await handle.result())
    except WorkflowFailureError as error:
        unfinished = unfinished_of(error.cause)
        return JobState(
            status,
            unfinished.ended_at if unfinished else closed_at,
            render=unfinished.render if unfinished else None,
            failure=failure_of(error.cause),
        )


async def _split_of(description: WorkflowExecutionDescription) -> SplitRender | None:
    split = await description.memo_value(SPLIT_MEMO, default=None, type_hint=SplitRender)
    return split if split is not None and split.segments else None


def _is_finished(description: WorkflowExecutionDescription) -> bool:
    ending = description.typed_search_attributes.get(search_attributes.STATUS)
    return ending == JobStatus.FINISHED


def _is_same(written: datetime, moment: datetime) -> bool:
    """Written in JSON moments have milliseconds."""
    return timedelta() <= moment - written < timedelta(milliseconds=1)


def _pending(
    description: WorkflowExecutionDescription, activity: str
) -> Sequence[PendingActivityInfo]:
    pending = description.raw_description.pending_activities
    return [info for info in pending if info.activity_type.name == activity]
