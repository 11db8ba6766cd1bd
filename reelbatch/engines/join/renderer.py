"""Writes all clips to one file."""

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame

from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
)
from reelbatch.engines.decoding import Footage, FootagePainter
from reelbatch.engines.encoding import AudioClip, FrameWriter, open_writer, output_size
from reelbatch.engines.join.clips import Clip, Timeline, naming, read_timeline

_BLACK = (0, 0, 0, 255)  # B, G, R, A

Canvas = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): B, G, R, A."""


class JoinRenderer(Renderer):
    """Plays the clips to one file, frame by frame."""

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError."""
        timeline = read_timeline(request.assets, request.limits)
        codec, draft = request.output.codec, request.output.draft
        width, height = output_size(codec, timeline.width, timeline.height, draft)
        canvas = np.empty((height, width, 4), np.uint8)
        with open_writer(
            request.output_path,
            codec,
            width=width,
            height=height,
            frame_rate=timeline.frame_rate,
            draft=draft,
            audio=[_sound(clip, timeline) for clip in timeline.clips if clip.has_sound],
        ) as writer:
            for clip in timeline.clips:
                pictures = _play(clip, canvas, timeline.frame_rate, request.limits)
                for number, is_new in enumerate(pictures, start=clip.start + 1):
                    _write(writer, canvas, is_new=is_new)
                    report(100 * number / timeline.frames)
        return RenderedFile(width=width, height=height, frames=timeline.frames)


def _play(clip: Clip, canvas: Canvas, rate: Fraction, limits: RenderLimits) -> Iterator[bool]:
    """Paint the clip's frames on `canvas` one after the other.

    Yields for each whether it differs from the one before. If the clip ends slightly early, its
    last picture stays on.
    """
    canvas[:] = _BLACK
    shown: VideoFrame | None = None
    with naming(clip.place), closing(Footage(clip.file, limits)) as footage:
        painter = FootagePainter(canvas, footage.size, footage.quarter_turns)
        for number in range(clip.frames):
            picture = footage.picture_at(number / rate)
            is_new = picture is not None and picture is not shown
            if picture is not None and is_new:
                painter.paint(picture)
                shown = picture
            yield is_new or number == 0


def _write(writer: FrameWriter, canvas: Canvas, *, is_new: bool) -> None:
    if is_new:
        writer.write(canvas)
    else:
        writer.repeat()


def _sound(clip: Clip, timeline: Timeline) -> AudioClip:
    return AudioClip(
        file=clip.file,
        start=float(clip.start / timeline.frame_rate),
        end=float(clip.end / timeline.frame_rate),
        name=clip.place,
    )
