"""Frames and sounds to encode, and the pictures and sounds that players get from the files."""

import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageSequence

from reelbatch.engines.encoding import AudioClip, open_writer
from reelbatch.models.wire.codecs import find_codec

Pixels = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]


def _solid(size: tuple[int, int], *, red: int, green: int, blue: int, alpha: int = 255) -> Pixels:
    """Return a frame of one colour: (height, width, 4), B, G, R, A, premultiplied."""
    width, height = size
    frame = np.empty((height, width, 4), np.uint8)
    frame[:] = [round(channel * alpha / 255) for channel in (blue, green, red)] + [alpha]
    return frame


def _moving_square(size: tuple[int, int], frames: int) -> list[Pixels]:
    """Return frames with a red square that moves to the right over a gradient."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    background = np.full((height, width, 4), 255, np.uint8)
    background[..., 0] = x * 255 // width
    background[..., 1] = y * 255 // height
    background[..., 2] = 90
    pictures: list[Pixels] = []
    for number in range(frames):
        picture = background.copy()
        left = number * width // (2 * frames)
        picture[height // 4 : height // 2, left : left + width // 4] = (0, 0, 255, 255)
        pictures.append(picture)
    return pictures


def _rgba(frame: av.VideoFrame) -> Pixels:
    """Convert a frame, by way of RGB if it has no alpha.

    FFmpeg's conversion from yuv420p to rgba leaves the last pixels of a line unset if the width is
    not a multiple of eight.
    """
    if "yuva" in frame.format.name:
        return np.asarray(frame.to_ndarray(format="rgba"), np.uint8)
    colours = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return np.dstack([colours, np.full((frame.height, frame.width), 255, np.uint8)])


class Encoded:
    """An encoded file as a player sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pictures(self) -> list[Pixels]:
        """Return all frames: (height, width, 4), R, G, B, A, with straight alpha."""
        if self.path.suffix in {".gif", ".png", ".webp", ".jpg"}:
            with Image.open(self.path) as image:
                frames = ImageSequence.Iterator(image)
                return [np.asarray(frame.convert("RGBA")) for frame in frames]
        with av.open(str(self.path)) as container:
            return [_rgba(frame) for frame in container.decode(container.streams.video[0])]

    def duration(self) -> float:
        """Return the duration of the picture track in seconds."""
        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            end = max(
                (packet.pts or 0) + (packet.duration or 0)
                for packet in container.demux(stream)
                if packet.size
            )
            return float(end * (stream.time_base or 0))

    def has_sound(self) -> bool:
        with av.open(str(self.path)) as container:
            return bool(container.streams.audio)

    def sound(self) -> Sound:
        """Return the sound's left channel at 48 kHz."""
        with av.open(str(self.path)) as container:
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
            parts = [
                np.asarray(part.to_ndarray()[0], np.float32)
                for frame in container.decode(container.streams.audio[0])
                for part in resampler.resample(frame)
            ]
            return np.concatenate(parts)


@pytest.fixture
def solid() -> Callable[..., Pixels]:
    return _solid


@pytest.fixture
def moving_square() -> Callable[..., list[Pixels]]:
    return _moving_square


@pytest.fixture
def encode(tmp_path: Path) -> Callable[..., Encoded]:
    """Writes frames to a file of `codec`; None repeats the previous frame."""

    def write(
        codec: str,
        frames: Sequence[Pixels | None],
        *,
        rate: Fraction = Fraction(30),
        draft: bool = False,
        audio: Sequence[AudioClip] = (),
    ) -> Encoded:
        known = find_codec(codec)
        assert known is not None
        assert frames[0] is not None
        height, width = frames[0].shape[:2]
        path = tmp_path / f"output-{len(list(tmp_path.iterdir()))}.{known.extension}"
        with open_writer(
            path, codec, width=width, height=height, frame_rate=rate, draft=draft, audio=audio
        ) as writer:
            for frame in frames:
                if frame is None:
                    writer.repeat()
                else:
                    writer.write(frame)
        return Encoded(path)

    return write


@pytest.fixture
def a_tone(tmp_path: Path) -> Callable[..., Path]:
    """Writes a sine of half the full level as a WAV file."""

    def write(*, seconds: float, frequency: int = 1000, rate: int = 44_100) -> Path:
        path = tmp_path / f"tone-{frequency}-{seconds}.wav"
        time = np.arange(round(seconds * rate)) / rate
        samples = np.sin(2 * np.pi * frequency * time) * 0.5 * 32767
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(samples.astype("<i2").tobytes())
        return path

    return write
