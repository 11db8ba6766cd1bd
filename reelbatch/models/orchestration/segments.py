"""The segments of one output: what their activities take and give."""

from collections.abc import Iterable, Sequence
from math import fsum

from reelbatch.models.orchestration.jobs import ChildOutput, RenderJob, RenderResult, RenderTask
from reelbatch.models.wire.base import Absent, AnyOf, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.warnings import RenderWarning

_SEGMENTS_DONE = 95.0  # percent; it stays there until they are joined

SPLIT_MEMO = "split"
"""The memo of a job's workflow that says how it is rendered in segments: a `SplitRender`."""


class SplitRender(RecordModel):
    """A job that is rendered in segments, or was about to be: it has none then."""

    segments: int
    started_at: Timestamp


def percent_of_segments(percents: Iterable[float], segments: int) -> float:
    """How far an output is, as `percents` of its segments tell; others have not begun."""
    # fsum: in whatever order they come, the same percents have the same sum
    return _SEGMENTS_DONE * fsum(percents) / 100 / segments


class SlotsQuestion(WireModel):
    """The input of `find_free_slots` and `is_engine_served`."""

    engine: str


class EqualRender(RecordModel):
    """The result of `find_equal_render`: the job's own, where an equal job's render was kept."""

    result: Absent[RenderResult] = None


class SegmentTask(RenderTask):
    """The input of `render_segment`: the job, whose `output` is the segment's frames alone."""

    number: int  # of the segment, from 0
    segments: int

    @classmethod
    def of_frames(
        cls,
        job: RenderJob,
        outputs: Sequence[ChildOutput],
        *,
        frames: range,
        number: int,
        segments: int,
    ) -> "SegmentTask":
        end = {"first_frame": frames.start, "end_frame": frames.stop, "poster": None}
        part = {"output": job.output.model_copy(update=end), "number": number}
        return cls.model_validate(
            {**dict(RenderTask.of(job, outputs)), **part, "segments": segments}
        )


class Segment(RecordModel):
    """The result of `render_segment`."""

    frames: int
    render_duration: float  # seconds in the engine
    started_at: Timestamp
    missing_glyphs: Absent[list[str]] = None
    warnings: AnyOf[RenderWarning] = []  # found while rendering


class JoinTask(RenderTask):
    """The input of `join_segments`: the job, and its segments in their order."""

    segments: list[Segment]
    frame_rate: float  # frames a second

    @classmethod
    def of_segments(
        cls,
        job: RenderJob,
        outputs: Sequence[ChildOutput],
        segments: Sequence[Segment],
        frame_rate: float,
    ) -> "JoinTask":
        part = {"segments": list(segments), "frame_rate": frame_rate}
        return cls.model_validate({**dict(RenderTask.of(job, outputs)), **part})


class SegmentsOfJob(WireModel):
    """The input of `clear_segments`."""

    team: str
    job_id: str
