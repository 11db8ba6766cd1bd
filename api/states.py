"""The states of running jobs, from the descriptions of their workflows.

A batch knows which of its jobs have started. Whether a render process has picked up a job, and how
far it is, follows from the pending activities of the job's workflow, which add no events to any
history. They cost one description per workflow, so jobs without possible news are mostly skipped:
Temporal hands out a team's renders of one engine and priority in the order of their arrival, so no
render has begun while the one before it is waiting.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from time import monotonic

from cachetools import LRUCache
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
)
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.converter import decode_typed_search_attributes
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
# How many seconds a job's state is reused:
_MAX_AGE = 1.0  # by default
STATUS_MAX_AGE = 3.0  # if it renders, because its batch reports the end, or is next in line
PROGRESS_MAX_AGE = _MAX_AGE  # of the same jobs, if their progress is shown
_MAX_AGE_IN_LINE = 30.0  # of a job with others ahead of it, in case it overtakes them
_PARALLEL_READS = 16
_MAX_SEEN = 20_000  # jobs, of about 1 kB

_Job = tuple[str, JobSummary]  # with the id of its workflow


@dataclass(frozen=True, order=True)
class _Place:
    """The place of a render that waits in a task queue for its first attempt."""

    queue: str
    priority: int
    since: datetime


@dataclass(frozen=True)
class _Seen:
    """The last known state of a job."""

    run_id: str
    attempt: int  # to render the job as a whole
    state: JobState
    place: _Place | None
    at: float  # by the monotonic clock

    def after(self, earlier: "_Seen | None") -> "_Seen":
        """The newer of two states: reads may overtake each other, but progress never goes back."""
        if earlier is None or earlier.run_id != self.run_id or self.attempt > earlier.attempt:
            return self
        render, before = self.state.render, earlier.state.render
        if before is None and self.attempt == earlier.attempt:
            return self
        if before and render and render.progress > before.progress:
            return self
        return replace(earlier, at=self.at)


class RunningJobs:
    """The states of running jobs; one instance per process, so that they never go back."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: LRUCache[str, _Seen] = LRUCache(_MAX_SEEN)
        self._rendering: LRUCache[str, int] = LRUCache(_MAX_SEEN)  # jobs of each batch, last time
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(_PARALLEL_READS)

    async def recent_states(
        self, batch: str, jobs: Sequence[_Job], render_max_age: float
    ) -> list[JobState]:
        """The states of jobs that their batch considers running, at most a second old.

        The states of rendering jobs, and of those that are next, are at most `render_max_age`
        seconds old. A job whose workflow has just ended counts as running until the batch has
        recorded the end.
        """
        started = monotonic()
        rendering = [job for job in jobs if self._is_rendering(job)]
        others = [job for job in jobs if not (self._place(job) or self._is_rendering(job))]
        await asyncio.gather(
            self._refresh_lines(jobs, render_max_age),
            self._refresh(others, _MAX_AGE),
            self._refresh(rendering, render_max_age),
        )
        before = self._rendering.get(batch, 0)
        if self._number_rendering(jobs) < before:  # one has ended, so the next has started
            await self._refresh_lines(jobs, monotonic() - started)
        if self._number_rendering(jobs) < before:  # but it was not first in line
            await self._refresh(jobs, _MAX_AGE)
        self._rendering[batch] = self._number_rendering(jobs)
        return [self._last_state(*job) for job in jobs]

    def _number_rendering(self, jobs: Sequence[_Job]) -> int:
        return sum(map(self._is_rendering, jobs))

    def _is_rendering(self, job: _Job) -> bool:
        return self._last_state(*job).status is JobStatus.RENDERING

    def _place(self, job: _Job) -> _Place | None:
        seen = self._seen.get(job[0])
        return seen.place if seen else None

    async def _refresh_lines(self, jobs: Sequence[_Job], seconds: float) -> None:
        """Refresh the jobs that wait in each line, with a first one that is younger than this."""
        placed = sorted((place, job) for job in jobs if (place := self._place(job)))
        lines = groupby(placed, lambda found: (found[0].queue, found[0].priority))
        await asyncio.gather(
            *(self._refresh_line([job for _, job in line], seconds) for _, line in lines)
        )

    async def _refresh_line(self, line: Sequence[_Job], seconds: float) -> None:
        """Refresh the first job in line, and the next ones until one is still waiting."""
        for position, first in enumerate(line):
            await self._refresh([first], seconds)
            if self._place(first):
                await self._refresh(line[position + 1 :], _MAX_AGE_IN_LINE)
                break

    async def _refresh(self, jobs: Sequence[_Job], seconds: float) -> None:
        """Read the jobs whose states are at least this old."""
        now = monotonic()
        reads = [
            self._shared_read(workflow_id, summary)
            for workflow_id, summary in jobs
            if (seen := self._seen.get(workflow_id)) is None or now - seen.at >= seconds
        ]
        await asyncio.gather(*reads)

    def _last_state(self, workflow_id: str, summary: JobSummary) -> JobState:
        seen = self._seen.get(workflow_id)
        return seen.state if seen else waiting_state(summary)

    async def _shared_read(self, workflow_id: str, summary: JobSummary) -> None:
        """Read the job once for all concurrent callers."""
        reading = self._reading.get(workflow_id)
        if reading is None:
            reading = asyncio.create_task(self._read(workflow_id, summary))
            self._reading[workflow_id] = reading
            reading.add_done_callback(lambda _: self._reading.pop(workflow_id))
        await asyncio.shield(reading)

    async def state(
        self, description: DescribeWorkflowExecutionResponse, summary: JobSummary
    ) -> JobState:
        """The state of a job according to its description, or a more recent one if it is known."""
        workflow_id = description.workflow_execution_info.execution.workflow_id
        described = await self._interpret(description, summary, self._seen.get(workflow_id))
        seen = self._seen[workflow_id] = described.after(self._seen.get(workflow_id))
        return seen.state

    async def _read(self, workflow_id: str, summary: JobSummary) -> None:
        """Uses Temporal's own message, since the SDK's description costs half as much again."""
        request = DescribeWorkflowExecutionRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
        )
        async with self._gate:
            with suppress(RPCError):  # the batch may be about to start it
                service = self._client.workflow_service
                described = await service.describe_workflow_execution(request, retry=True)
                await self.state(described, summary)

    async def _interpret(
        self,
        description: DescribeWorkflowExecutionResponse,
        summary: JobSummary,
        earlier: _Seen | None,
    ) -> _Seen:
        attempt, render = await self._render_of(description)
        if _is_finished(description):
            render = await self._whole_render(description, earlier)
        state = waiting_state(summary)
        if render is not None:
            state = JobState(JobStatus.RENDERING, render.started_at, render=render)
        elif description.pending_activities:  # its nested jobs are done
            state = replace(state, status=JobStatus.QUEUED)
        run_id = description.workflow_execution_info.execution.run_id
        place = _place_of(description)
        return _Seen(run_id, attempt, state, place=place, at=monotonic())

    async def _render_of(
        self, description: DescribeWorkflowExecutionResponse
    ) -> tuple[int, RenderProgress | None]:
        """The attempt and its progress; None if no render process has picked it up."""
        split = await self._split_of(description)
        if split is not None:
            return 0, await self._progress_of_segments(description, split)
        for render in _pending(description, RENDER):
            return render.attempt, await self._progress(render)
        return 0, None

    async def _progress_of_segments(
        self, description: DescribeWorkflowExecutionResponse, split: SplitRender
    ) -> RenderProgress | None:
        """All segments start together, so those that are not pending have ended."""
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
            if not _is_same(progress.started_at, started_at):  # it is from an earlier attempt
                return RenderProgress(started_at=started_at)
            if progress.waits:
                return None
        return RenderProgress(started_at=started_at, progress=percent)

    async def _whole_render(
        self, description: DescribeWorkflowExecutionResponse, earlier: _Seen | None
    ) -> RenderProgress:
        """The render of a workflow that has its output and is about to end."""
        if earlier is not None and earlier.state.render is not None:
            return earlier.state.render.model_copy(update={"progress": 100.0})
        split = await self._split_of(description)
        started_at = split.started_at if split else await self._start_of_render(description)
        return RenderProgress(started_at=started_at, progress=100.0)

    async def _start_of_render(self, description: DescribeWorkflowExecutionResponse) -> datetime:
        """The start of a render whose state was never read while it was pending."""
        info = description.workflow_execution_info
        workflow_id, run_id = info.execution.workflow_id, info.execution.run_id
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        started_at = info.start_time.ToDatetime(UTC)
        renders: set[int] = set()  # ids of the events that scheduled them
        async for event in handle.fetch_history_events():
            scheduled = event.activity_task_scheduled_event_attributes
            if scheduled.activity_type.name in (RENDER, FIND_EQUAL_RENDER):
                renders.add(event.event_id)
            if event.activity_task_started_event_attributes.scheduled_event_id in renders:
                started_at = event.event_time.ToDatetime(UTC)
            local = event.marker_recorded_event_attributes.details.get("result")
            if local is not None:
                [render] = await self._client.data_converter.decode(local.payloads, [RenderResult])
                started_at = render.started_at if render else started_at
        return started_at

    async def _split_of(self, description: DescribeWorkflowExecutionResponse) -> SplitRender | None:
        payload = description.workflow_execution_info.memo.fields.get(SPLIT_MEMO)
        if payload is None:
            return None
        [split] = await self._client.data_converter.decode([payload], [SplitRender])
        return split if split.segments else None


def waiting_state(summary: JobSummary) -> JobState:
    """A job that waits for its nested jobs, or for a render process."""
    status = JobStatus.PENDING if summary.child_ids else JobStatus.QUEUED
    return JobState(status, summary.created_at)


async def ended_state(
    client: Client, workflow_id: str, status: JobStatus, closed_at: datetime
) -> JobState:
    """The state of a job whose workflow has ended with this status."""
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


def _is_finished(description: DescribeWorkflowExecutionResponse) -> bool:
    attributes = description.workflow_execution_info.search_attributes
    if search_attributes.STATUS.name not in attributes.indexed_fields:
        return False
    ending = decode_typed_search_attributes(attributes).get(search_attributes.STATUS)
    return ending == JobStatus.FINISHED


def _place_of(description: DescribeWorkflowExecutionResponse) -> _Place | None:
    """The render's place in its task queue; None if something else delays the render."""
    waiting = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    for render in _pending(description, RENDER):
        if render.state == waiting and render.attempt <= 1 and not render.paused:
            return _Place(
                queue=render.activity_options.task_queue.name,
                priority=render.priority.priority_key,
                since=render.scheduled_time.ToDatetime(UTC),
            )
    return None


def _is_same(written: datetime, moment: datetime) -> bool:
    """Return whether the times are equal; in JSON they only have milliseconds."""
    return timedelta() <= moment - written < timedelta(milliseconds=1)


def _pending(
    description: DescribeWorkflowExecutionResponse, activity: str
) -> Sequence[PendingActivityInfo]:
    return [info for info in description.pending_activities if info.activity_type.name == activity]
