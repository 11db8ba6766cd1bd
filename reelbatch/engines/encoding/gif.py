"""Animated GIF that loops forever.

GIF counts time in hundredths of a second, and browsers turn a delay below two into ten. So frames
that come faster than every two hundredths are left out.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reelbatch.engines.encoding.palettes import COLOURS, Palettes
from reelbatch.engines.encoding.pixels import Frame
from reelbatch.engines.encoding.pyav import EncodedPacket, add_video_stream, encode_picture, mux

_TICK = Fraction(1, 100)  # seconds: GIF's unit of time
_SHORTEST_DELAY = 2  # ticks
_LONGEST_DELAY = 65535  # ticks


class GifFile:
    """A `FrameSink` that writes a GIF."""

    def __init__(self, path: Path, *, width: int, height: int, frame_rate: Fraction) -> None:
        self._frame_rate = frame_rate
        self._container = av.open(str(path), "w", format="gif", options={"fflags": "+bitexact"})
        self._stream = add_video_stream(self._container, "gif", 1 / _TICK, {})
        self._stream.width = width
        self._stream.height = height
        self._stream.pix_fmt = "pal8"
        self._palettes = Palettes()
        self._frames = 0  # frames received so far
        self._left_out: Frame | None = None  # the last frame, if it came too fast
        self._held: EncodedPacket | None = None  # its delay is known only when the next one comes

    def write(self, frame: Frame) -> None:
        tick = self._tick(self._frames)
        self._frames += 1
        if self._held is not None and tick - _start(self._held) < _SHORTEST_DELAY:
            self._left_out = frame.copy()
            return
        self._left_out = None
        picture = self._paint(frame)
        picture.pts = tick
        picture.time_base = _TICK
        for packet in encode_picture(self._stream, picture):
            self._release_held(tick)
            self._held = packet

    def repeat(self) -> None:
        if self._left_out is not None:
            self.write(self._left_out)
        else:
            self._frames += 1  # the picture stays on until the next one

    def finish(self) -> None:
        self._release_held(self._tick(self._frames))
        self._container.close()

    def abandon(self) -> None:
        self._container.close()

    def _paint(self, frame: Frame) -> av.VideoFrame:
        indices, colours = self._palettes.quantise(frame)
        opaque = np.full((COLOURS, 1), 255, np.uint8)
        picture = (indices, np.hstack([opaque, colours]))  # PyAV's pal8: the palette is A, R, G, B
        return av.VideoFrame.from_ndarray(picture, "pal8")  # pyright: ignore[reportArgumentType]

    def _tick(self, frame: int) -> int:
        return round(frame / self._frame_rate / _TICK)

    def _release_held(self, end: int) -> None:
        if self._held is None:
            return
        delay = max(end - _start(self._held), _SHORTEST_DELAY)
        self._held.duration = min(delay, _LONGEST_DELAY)
        mux(self._container, self._held)
        self._held = None


def _start(packet: EncodedPacket) -> int:
    return packet.pts or 0
