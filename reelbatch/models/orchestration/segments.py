"""The segments of an output: the inputs and results of their activities."""

from collections.abc import Iterable, Sequence
from math import fsum

from reelbatch.models.orchestration.jobs import ChildOutput, RenderJob, RenderResult, RenderTask
from reelbatch.models.wire.base import Absent, ListOrAbsent, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.warnings import RenderWarning

_SEGMENTS_DONE = 95.0  # percent; the progress stays there until the segments are joined

SPLIT_MEMO = "split"
"""The key, in the memo of a job's workflow, of the `SplitRender` that describes its segments."""


class SplitRender(RecordModel):
    """A job that is rendered in segments; 0 segments: it is rendered as a whole after all."""

    segments: int
    started_at: Timestamp


def percent_of_segments(percents: Iterable[float], segments: int) -> float:
    """The progress of an output, from the `percents` of the segments that have begun."""
    # fsum gives the same sum for the same percents in any order
    return _SEGMENTS_DONE * fsum(percents) / 100 / segments


class SlotsQuestion(WireModel):
    """The input of `find_free_slots` and `is_engine_served`."""

    engine: str


class EqualRender(RecordModel):
    """The result of `find_equal_render`: the job's result, if an equal job's render is stored."""

    result: Absent[RenderResult] = None


class SegmentTask(RenderTask):
    """The input of `render_segment`: the job, with only the segment's frames as its `output`."""

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
    warnings: ListOrAbsent[RenderWarning] = []  # found while rendering


class JoinTask(RenderTask):
    """The input of `join_segments`: the job, and its segments in order."""

    segments: list[Segment]
    frame_rate: float  # frames per second

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
