"""How far a running job's render is, which may go on in several segments at a time."""

from collections.abc import Sequence
from datetime import UTC
from math import fsum

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionDescription

from reelbatch.models.orchestration.segments import SPLIT_MEMO, SplitRender
from reelbatch.models.wire.jobs import JobStatus
from workflows.activity_names import RENDER, RENDER_SEGMENT
from workflows.job_states import JobState

_RENDERING_STATES = (
    PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
    PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
)
_SEGMENTS_DONE = 95.0  # percent; it stays there until they are joined


async def rendering_state(
    client: Client, description: WorkflowExecutionDescription
) -> JobState | None:
    """None where the job waits for its render to start."""
    split = await description.memo_value(SPLIT_MEMO, default=None, type_hint=SplitRender)
    if split is not None and split.segments:
        return await _of_segments(client, description, split)
    for render in _pending(description, RENDER):
        if render.state in _RENDERING_STATES:
            started_at = render.last_started_time.ToDatetime(UTC)
            return JobState(
                JobStatus.RENDERING,
                updated_at=started_at,
                started_at=started_at,
                progress=await _percent(client, render),
            )
    return None


async def _of_segments(
    client: Client, description: WorkflowExecutionDescription, split: SplitRender
) -> JobState | None:
    """Segments all start together, so those that are not pending have ended."""
    segments = _pending(description, RENDER_SEGMENT)
    ended = split.segments - len(segments)
    if not ended and not any(segment.state in _RENDERING_STATES for segment in segments):
        return None
    percents = [await _percent(client, segment) for segment in segments]
    return JobState(
        JobStatus.RENDERING,
        updated_at=split.started_at,
        started_at=split.started_at,
        # fsum: in whatever order they come, the same percents have the same sum
        progress=_SEGMENTS_DONE * (ended + fsum(percents) / 100) / split.segments,
    )


def _pending(
    description: WorkflowExecutionDescription, activity: str
) -> Sequence[PendingActivityInfo]:
    pending = description.raw_description.pending_activities
    return [info for info in pending if info.activity_type.name == activity]


async def _percent(client: Client, render: PendingActivityInfo) -> float:
    payloads = list(render.heartbeat_details.payloads)
    if not payloads:
        return 0.0
    [percent, *_] = await client.data_converter.decode(payloads, [float])
    return percent
