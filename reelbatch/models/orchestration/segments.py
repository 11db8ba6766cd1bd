"""The segments of one output: what their activities take and give."""

from collections.abc import Sequence

from reelbatch.models.orchestration.jobs import ChildOutput, RenderJob, RenderResult, RenderTask
from reelbatch.models.wire.base import Absent, AnyOf, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.warnings import RenderWarning

SPLIT_MEMO = "split"
"""The memo of a job's workflow that says how it is rendered in segments: a `SplitRender`."""


class SplitRender(RecordModel):
    """A job that is rendered in segments, or was about to be: it has none then."""

    segments: int
    started_at: Timestamp


class SlotsQuestion(WireModel):
    """The input of `find_free_slots`."""

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
        end = {"first_frame": frames.start, "end_frame": frames.stop}
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
