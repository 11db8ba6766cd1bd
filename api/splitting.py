"""Which jobs take so long that they may be rendered in segments."""

from engines.base import RenderEngine, renders_ranges
from models.codecs import CODECS
from models.jobs import Output
from models.splits import Split
from models.templates import Composition

_MOST_SEGMENTS = 64  # the workflow of a job waits for all of them


def split_of(
    output: Output, composition: Composition, engine: type[RenderEngine], segment_pixels: int
) -> Split | None:
    """None where the output has no two segments of `segment_pixels` or more, over all frames, or
    the engine or the codec makes no segments."""
    end = composition.frames if output.end_frame is None else output.end_frame
    frames = end - output.first_frame
    if not segment_pixels or not renders_ranges(engine) or not CODECS[output.codec].joinable:
        return None
    pixels = frames * composition.width * composition.height
    if output.draft:  # half as wide and half as high
        pixels //= 4
    most = min(pixels // segment_pixels, frames, _MOST_SEGMENTS)
    if most < 2:
        return None
    return Split(
        first_frame=output.first_frame,
        frames=frames,
        frame_rate=composition.frame_rate,
        most=most,
    )
