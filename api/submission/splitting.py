"""How much a job renders, and whether that takes so long that it may be rendered in segments."""

from reelbatch.engines.base import RenderEngine, renders_ranges
from reelbatch.engines.encoding import output_size
from reelbatch.models.orchestration.jobs import Output, OutputExtent, Split
from reelbatch.models.stored.templates import Composition
from reelbatch.models.wire.codecs import CODECS

_MOST_SEGMENTS = 64  # the workflow of a job waits for all of them


def extent_of(output: Output, composition: Composition) -> OutputExtent:
    """Of an output whose frames the composition has."""
    end = composition.frames if output.end_frame is None else output.end_frame
    width, height = output_size(
        output.codec, composition.width, composition.height, draft=output.draft
    )
    return OutputExtent(width=width, height=height, frames=end - output.first_frame)


def split_of(
    output: Output,
    extent: OutputExtent,
    frame_rate: float,
    engine: type[RenderEngine],
    segment_pixels: int,
) -> Split | None:
    """None where the output has no two segments of `segment_pixels` or more, over all frames, or
    the engine or the codec makes no segments."""
    if not segment_pixels or not renders_ranges(engine) or not CODECS[output.codec].joinable:
        return None
    pixels = extent.frames * extent.width * extent.height
    most = min(pixels // segment_pixels, extent.frames, _MOST_SEGMENTS)
    if most < 2:
        return None
    return Split(
        first_frame=output.first_frame,
        frames=extent.frames,
        frame_rate=frame_rate,
        most=most,
    )
