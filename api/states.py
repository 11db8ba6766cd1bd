"""Where jobs stand, as their own workflows tell.

A batch knows which of its jobs have started. Which of these a render process has, and how far it
is, is what the pending activities of the jobs' workflows say: that costs no event of any history.
It costs a description of each workflow, so those are mostly spared that can tell nothing new:
Temporal hands out a team's renders of one engine and priority in the order in which they came, and
so none has begun as long as the one before it waits.
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
_FRESH = 1.0  # seconds for which a look at a job serves all who read its batch
STATUS_HOLDS = 3.0  # the same, of one that renders: its end is the batch's to tell
PROGRESS_HOLDS = _FRESH  # the same for those who are told of its progress
_FRESH_IN_LINE = 30.0  # the same, of a job before which others wait, should it overtake them
_LOOKS_AT_ONCE = 16
_MOST_SEEN = 20_000  # jobs, of about 1 kB

_Job = tuple[str, JobSummary]  # with the id of its workflow


@dataclass(frozen=True, order=True)
class _Place:
    """Of a render that waits in a task queue for its first attempt."""

    queue: str
    priority: int
    since: datetime


@dataclass(frozen=True)
class _Seen:
    """A job as its workflow told."""

    run_id: str
    attempt: int  # at its render as a whole
    state: JobState
    place: _Place | None
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
        self._begun: LRUCache[str, int] = LRUCache(_MOST_SEEN)  # of each batch, at its last read
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def recent_states(
        self, batch: str, jobs: Sequence[_Job], render_holds: float
    ) -> list[JobState]:
        """Where jobs stand that their batch takes for running, as it was within a second, or of
        those that render within `render_holds` seconds.

        A job whose workflow has just ended runs until the batch has noted the end.
        """
        begun = [job for job in jobs if self._is_rendering(job)]
        others = [job for job in jobs if not (self._place(job) or self._is_rendering(job))]
        placed = sorted((place, job) for job in jobs if (place := self._place(job)))
        lines = groupby(placed, lambda found: (found[0].queue, found[0].priority))
        looks = [self._look_along([job for _, job in line]) for _, line in lines]
        looks += [self._look_at(others, _FRESH), self._look_at(begun, render_holds)]
        await asyncio.gather(*looks)
        before, self._begun[batch] = self._begun.get(batch, 0), self._number_begun(jobs)
        if self._begun[batch] < before:  # one has ended, and who follows may not be the first
            await self._look_at(jobs, _FRESH)
            self._begun[batch] = self._number_begun(jobs)
        return [self._last_state(*job) for job in jobs]

    def _number_begun(self, jobs: Sequence[_Job]) -> int:
        return sum(map(self._is_rendering, jobs))

    def _is_rendering(self, job: _Job) -> bool:
        return self._last_state(*job).status is JobStatus.RENDERING

    def _place(self, job: _Job) -> _Place | None:
        seen = self._seen.get(job[0])
        return seen.place if seen else None

    async def _look_along(self, line: Sequence[_Job]) -> None:
        """Look at the first of those that wait in line, and at the next one if it has left it."""
        for position, first in enumerate(line):
            await self._look_at([first], _FRESH)
            if self._place(first):
                await self._look_at(line[position + 1 :], _FRESH_IN_LINE)
                break

    async def _look_at(self, jobs: Sequence[_Job], seconds: float) -> None:
        """Look at those of the jobs at which nobody has looked for so long."""
        now = monotonic()
        looks = [
            self._shared_look(workflow_id, summary)
            for workflow_id, summary in jobs
            if (seen := self._seen.get(workflow_id)) is None or now - seen.at >= seconds
        ]
        await asyncio.gather(*looks)

    def _last_state(self, workflow_id: str, summary: JobSummary) -> JobState:
        seen = self._seen.get(workflow_id)
        return seen.state if seen else waiting_state(summary)

    async def _shared_look(self, workflow_id: str, summary: JobSummary) -> None:
        """One look for all who ask for the job meanwhile."""
        looking = self._looking.get(workflow_id)
        if looking is None:
            looking = asyncio.create_task(self._look(workflow_id, summary))
            self._looking[workflow_id] = looking
            looking.add_done_callback(lambda _: self._looking.pop(workflow_id))
        await asyncio.shield(looking)

    async def state(
        self, description: DescribeWorkflowExecutionResponse, summary: JobSummary
    ) -> JobState:
        """Where the job stands that has just been described, unless its end is noted already."""
        workflow_id = description.workflow_execution_info.execution.workflow_id
        told = await self._tell(description, summary, self._seen.get(workflow_id))
        seen = self._seen[workflow_id] = told.after(self._seen.get(workflow_id))
        return seen.state

    async def _look(self, workflow_id: str, summary: JobSummary) -> None:
        """By Temporal's own message: the SDK's description of it costs half as much again."""
        request = DescribeWorkflowExecutionRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
        )
        async with self._gate:
            with suppress(RPCError):  # perhaps the batch is just about to start it
                service = self._client.workflow_service
                described = await service.describe_workflow_execution(request, retry=True)
                await self.state(described, summary)

    async def _tell(
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
        """The attempt, and how far it is; None where no render process has it."""
        split = await self._split_of(description)
        if split is not None:
            return 0, await self._progress_of_segments(description, split)
        for render in _pending(description, RENDER):
            return render.attempt, await self._progress(render)
        return 0, None

    async def _progress_of_segments(
        self, description: DescribeWorkflowExecutionResponse, split: SplitRender
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
        self, description: DescribeWorkflowExecutionResponse, earlier: _Seen | None
    ) -> RenderProgress:
        """The render of a workflow that has its output, and is about to end."""
        if earlier is not None and earlier.state.render is not None:
            return earlier.state.render.model_copy(update={"progress": 100.0})
        split = await self._split_of(description)
        started_at = split.started_at if split else await self._start_of_render(description)
        return RenderProgress(started_at=started_at, progress=100.0)

    async def _start_of_render(self, description: DescribeWorkflowExecutionResponse) -> datetime:
        """Of one that nobody has looked at while it was pending."""
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


def _is_finished(description: DescribeWorkflowExecutionResponse) -> bool:
    attributes = description.workflow_execution_info.search_attributes
    if search_attributes.STATUS.name not in attributes.indexed_fields:
        return False
    ending = decode_typed_search_attributes(attributes).get(search_attributes.STATUS)
    return ending == JobStatus.FINISHED


def _place_of(description: DescribeWorkflowExecutionResponse) -> _Place | None:
    """None where it is not a task queue alone that decides when the render begins."""
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
    """Written in JSON moments have milliseconds."""
    return timedelta() <= moment - written < timedelta(milliseconds=1)


def _pending(
    description: DescribeWorkflowExecutionResponse, activity: str
) -> Sequence[PendingActivityInfo]:
    return [info for info in description.pending_activities if info.activity_type.name == activity]
