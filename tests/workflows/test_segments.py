"""Long jobs are rendered in segments if slots are free, and as a whole if not."""

import asyncio
from collections.abc import Callable

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError

from reelbatch.models.orchestration.jobs import RenderJob, RenderResult, RenderTask
from reelbatch.models.orchestration.names import job_workflow_id
from reelbatch.models.orchestration.segments import (
    SPLIT_MEMO,
    JoinTask,
    Segment,
    SegmentTask,
    SplitRender,
)
from tests.workflows.workbench import (
    NOW,
    Workbench,
    a_single_job,
    finished,
    long_job,
    with_children,
)
from workflows.activity_names import RENDER, SAVE_JOB


class Renders:
    """The renders that a workbench was asked for."""

    def __init__(self, workbench: Workbench, free_slots: int) -> None:
        self.whole: list[RenderTask] = []
        self.segments: list[SegmentTask] = []
        self.joins: list[JoinTask] = []
        self._free_slots = free_slots
        self._render_segment, self._join = workbench.render_segment, workbench.join_segments
        workbench.find_free_slots = self.find_free_slots
        workbench.render_segment = self.render_segment
        workbench.join_segments = self.join

    async def find_free_slots(self) -> int:
        return self._free_slots

    async def render(self, task: RenderTask) -> RenderResult:
        self.whole.append(task)
        return finished(task)

    async def render_segment(self, task: SegmentTask) -> Segment:
        self.segments.append(task)
        return await self._render_segment(task)

    async def join(self, task: JoinTask) -> RenderResult:
        self.joins.append(task)
        return await self._join(task)

    @property
    def ranges(self) -> list[tuple[int, int | None]]:
        return sorted((task.output.first_frame, task.output.end_frame) for task in self.segments)


async def run(workbench: Workbench, renders: Renders, job: RenderJob) -> RenderResult:
    async with workbench.worker(renders.render):
        return await (await workbench.start_job(job)).result()


async def history_of(workbench: Workbench, job: RenderJob) -> list[HistoryEvent]:
    id_ = job_workflow_id(job.team, job.id)
    return list((await workbench.client.get_workflow_handle(id_).fetch_history()).events)


async def test_a_long_job_is_rendered_on_all_free_slots(workbench: Workbench) -> None:
    renders = Renders(workbench, free_slots=3)
    job = long_job(most=10)
    result = await run(workbench, renders, job)
    assert renders.ranges == [(30, 130), (130, 230), (230, 330)]
    [join] = renders.joins
    assert [segment.frames for segment in join.segments] == [100, 100, 100]
    assert (join.output.first_frame, join.output.end_frame) == (30, 330)
    assert join.frame_rate == 25.0
    assert result.frames == 300
    assert not renders.whole
    assert [cleared.job_id for cleared in workbench.cleared] == [job.id]


async def test_a_long_job_reuses_the_render_of_an_equal_job(workbench: Workbench) -> None:
    renders = Renders(workbench, free_slots=3)
    job = long_job()
    workbench.equal_render = finished(job).model_copy(update={"reused_from": "another"})
    result = await run(workbench, renders, job)
    assert result.reused_from == "another"
    assert not renders.segments
    assert not renders.whole


async def test_an_equal_render_has_the_same_nested_outputs(workbench: Workbench) -> None:
    renders = Renders(workbench, free_slots=3)
    job = with_children(long_job(), "nested")
    await run(workbench, renders, job)
    [child], [search] = job.children or [], workbench.searches
    assert [output.id for output in search.outputs] == [child.job.id]
    assert search.outputs == renders.segments[0].outputs


async def test_a_job_never_has_more_segments_than_its_maximum(workbench: Workbench) -> None:
    renders = Renders(workbench, free_slots=50)
    await run(workbench, renders, long_job(most=2))
    assert renders.ranges == [(30, 180), (180, 330)]


@pytest.mark.parametrize("free_slots", [0, 1])
async def test_a_long_job_is_rendered_whole_when_slots_are_busy(
    workbench: Workbench, free_slots: int
) -> None:
    renders = Renders(workbench, free_slots)
    await run(workbench, renders, long_job())
    assert len(renders.whole) == 1
    assert not renders.segments


async def test_a_long_job_is_rendered_whole_when_slots_cannot_be_counted(
    workbench: Workbench,
) -> None:
    async def refuse() -> int:
        raise RuntimeError("no such method")

    renders = Renders(workbench, free_slots=9)
    workbench.find_free_slots = refuse
    await run(workbench, renders, long_job())
    assert len(renders.whole) == 1
    assert not renders.segments


async def test_a_short_job_runs_no_further_activities(workbench: Workbench) -> None:
    renders = Renders(workbench, free_slots=9)
    job = a_single_job()
    await run(workbench, renders, job)
    history = await history_of(workbench, job)
    scheduled = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    assert scheduled == [RENDER, SAVE_JOB]
    markers = [e for e in history if e.event_type == EventType.EVENT_TYPE_MARKER_RECORDED]
    assert len(markers) == 1, "the one for storing single jobs"


async def test_segments_that_do_not_fit_together_are_rendered_whole(workbench: Workbench) -> None:
    async def refuse(_task: JoinTask) -> RenderResult:
        raise ApplicationError("other parameters", type="SEGMENTS_UNUSABLE", non_retryable=True)

    renders = Renders(workbench, free_slots=3)
    workbench.join_segments = refuse
    job = long_job()
    result = await run(workbench, renders, job)
    assert len(renders.segments) == 3
    [whole] = renders.whole
    assert (whole.output.first_frame, whole.output.end_frame) == (30, 330)
    assert result.output_key == job.output_key
    assert len(workbench.cleared) == 1


async def test_the_first_segment_that_fails_stops_the_others(workbench: Workbench) -> None:
    stopped: set[int] = set()

    async def render_segment(task: SegmentTask) -> Segment:
        if task.number != 1:
            return await _forever(task.number, stopped.add)
        raise ApplicationError("no such layer", type="ASSET_INVALID", non_retryable=True)

    renders = Renders(workbench, free_slots=3)
    workbench.render_segment = render_segment
    with pytest.raises(WorkflowFailureError) as raised:
        await run(workbench, renders, long_job())
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == "ASSET_INVALID"
    assert stopped == {0, 2}
    assert not renders.joins
    assert not renders.whole
    assert len(workbench.cleared) == 1


async def test_a_cancellation_stops_all_segments_and_clears_them(workbench: Workbench) -> None:
    started, stopped = set[int](), set[int]()
    all_started = asyncio.Event()

    async def render_segment(task: SegmentTask) -> Segment:
        started.add(task.number)
        if len(started) == 3:
            all_started.set()
        return await _forever(task.number, stopped.add)

    renders = Renders(workbench, free_slots=3)
    workbench.render_segment = render_segment
    async with workbench.worker(renders.render):
        handle = await workbench.start_job(long_job())
        await all_started.wait()
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, CancelledError)
    assert stopped == {0, 1, 2}
    assert len(workbench.cleared) == 1
    assert [stored.status for stored in workbench.stored_jobs] == ["manually_cancelled"]


async def test_a_cancellation_before_the_segments_begin_starts_none(workbench: Workbench) -> None:
    started, searching = set[int](), asyncio.Event()
    is_requested = asyncio.Event()

    async def search() -> None:
        searching.set()
        await asyncio.shield(is_requested.wait())  # it ends before it notices the cancellation

    async def render_segment(task: SegmentTask) -> Segment:
        started.add(task.number)
        return await rendered(task)

    renders, rendered = Renders(workbench, free_slots=3), workbench.render_segment
    workbench.on_search, workbench.render_segment = search, render_segment
    async with workbench.worker(renders.render):
        handle = await workbench.start_job(long_job())
        await searching.wait()
        await handle.cancel()
        asked = EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED
        while asked not in [event.event_type async for event in handle.fetch_history_events()]:
            pass
        is_requested.set()
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, CancelledError)
    assert started == set()


async def test_readers_of_the_job_see_how_many_segments_it_has(workbench: Workbench) -> None:
    renders = Renders(workbench, free_slots=3)
    job = long_job()
    async with workbench.worker(renders.render):
        handle = await workbench.start_job(job)
        await handle.result()
        description = await handle.describe()
    split = await description.memo_value(SPLIT_MEMO, type_hint=SplitRender)
    assert split.segments == 3
    assert split.started_at > NOW


async def _forever(number: int, stopped: Callable[[int], None]) -> Segment:
    try:
        while True:
            activity.heartbeat(1.0)
            await asyncio.sleep(0.05)
    finally:
        stopped(number)
