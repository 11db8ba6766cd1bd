"""Sound: clips on the output's time line, mixed to 48 kHz stereo while the output is written."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, dropwhile
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph

from reelbatch.engines.encoding.pyav import UNTRUSTED_INPUT
from reelbatch.models.errors import AssetInvalid

SAMPLE_RATE = 48_000  # samples per second
LAYOUT = "stereo"
SAMPLE_FORMAT = "fltp"  # float32, one plane per channel

_LEAD = 1.0  # seconds that must be decoded before a position for exact samples there
_TICK = Fraction(1, SAMPLE_RATE)
_SLOWEST, _FASTEST = 0.5, 16.0  # the speeds at which FFmpeg's filter preserves the pitch

Samples = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""float32 (2, n), from -1 to 1."""

# Plain media files only: FFmpeg's playlist formats would open other files and addresses.
_FORMATS = ",".join(
    (
        *("aac", "ac3", "aiff", "amr", "asf", "au", "avi", "caf", "eac3", "flac", "flv"),
        *("matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "mp3", "mpeg", "mpegts", "ogg", "w64", "wav"),
    )
)


@dataclass(frozen=True)
class AudioClip:
    """The sound of a file, placed on the output's time line."""

    file: Path
    """An audio or video file; its first sound track is used."""
    start: float
    """Second of the output at which the clip begins; negative if that is before the first frame."""
    end: float | None
    """Second of the output at which the clip is cut off; None for the end of the output."""
    gain: float = 1.0
    """Factor by which samples are multiplied."""
    name: str | None = None
    """The clip's name in error messages; None for the file's name."""
    skip: float = 0.0
    """Seconds at the file's beginning to leave out."""
    speed: float = 1.0
    """Playback speed, clamped to 0.5 to 16; 1 is the file's own. The pitch doesn't change."""

    @property
    def label(self) -> str:
        """The clip's name in error messages."""
        return self.name or self.file.name


def check_sound(clip: AudioClip) -> None:
    """Raise AssetInvalid if the clip's file has no sound."""
    with _open(clip):
        pass


def sound_duration(clip: AudioClip) -> float:
    """Return the duration that the clip's file states, in seconds. Raises AssetInvalid."""
    with _open(clip) as container:
        return max(0, container.duration or 0) / av.time_base


class Mixer:
    """Adds up all clips, sample by sample from the beginning of the output."""

    def __init__(self, clips: Sequence[AudioClip]) -> None:
        self._waiting = sorted(clips, key=lambda clip: clip.start)
        self._playing: list[_PlayingClip] = []
        self._position = 0  # samples that have been read

    def read(self, count: int) -> Samples:
        """Return the next `count` samples. Raises AssetInvalid if a clip cannot be decoded."""
        mix = np.zeros((2, count), np.float32)
        end = self._position + count
        while self._waiting and _sample(self._waiting[0].start) < end:
            self._playing.append(_PlayingClip(self._waiting.pop(0)))
        for clip in self._playing:
            clip.add_to(mix, self._position)
        self._playing = [clip for clip in self._playing if not clip.is_over]
        self._position = end
        return np.clip(mix, -1.0, 1.0, out=mix)

    def close(self) -> None:
        for clip in self._playing:
            clip.close()
        self._playing.clear()


class _PlayingClip:
    """A clip that is being decoded. It holds one decoded chunk at a time."""

    def __init__(self, clip: AudioClip) -> None:
        self._gain = np.float32(clip.gain)
        self._end = None if clip.end is None else _sample(clip.end)
        self._chunks = _at_speed(_decode(clip), clip.speed)
        self._chunk = np.zeros((2, 0), np.float32)
        self._chunk_start = _sample(clip.start)  # the chunk's first sample in the output
        self.is_over = False

    def add_to(self, mix: Samples, position: int) -> None:
        """Add the clip's part to `mix`, which begins at sample `position` of the output."""
        end = position + mix.shape[1]
        if self._end is not None:
            end = min(end, self._end)
        while self._chunk_start < end:
            self._add_chunk(mix, position, end)
            if self._chunk_start + self._chunk.shape[1] > end:
                break
            self._chunk_start += self._chunk.shape[1]
            following = next(self._chunks, None)
            if following is None:
                self.close()
                return
            self._chunk = following
        if self._end is not None and self._end <= position + mix.shape[1]:
            self.close()

    def _add_chunk(self, mix: Samples, position: int, end: int) -> None:
        first = max(position, self._chunk_start)
        last = min(end, self._chunk_start + self._chunk.shape[1])
        if first >= last:
            return
        part = self._chunk[:, first - self._chunk_start : last - self._chunk_start]
        mix[:, first - position : last - position] += part * self._gain

    def close(self) -> None:
        self.is_over = True
        self._chunks.close()


def _sample(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _open(clip: AudioClip) -> InputContainer:
    try:
        options = {"format_whitelist": _FORMATS, **UNTRUSTED_INPUT}
        container = av.open(str(clip.file), options=options)
    except (FFmpegError, OSError, ValueError) as error:
        raise AssetInvalid(f"the audio file {clip.label} cannot be read as sound") from error
    if not container.streams.audio:
        container.close()
        raise AssetInvalid(f"the audio file {clip.label} has no sound in it")
    if container.streams.audio[0].codec_context is None:  # pyright: ignore[reportUnnecessaryComparison]  # None for an unknown codec
        container.close()
        raise AssetInvalid(f"the sound in the audio file {clip.label} has an unknown codec")
    return container


def _decode(clip: AudioClip) -> Generator[Samples, None, None]:
    """Decode and resample the file's first sound track, from `clip.skip` on.

    If the track begins later than the file, silence comes first.
    """
    with _open(clip) as container:
        stream = container.streams.audio[0]
        # FFmpeg would spread one channel over two with 3 dB less; players don't lower its level
        layout = "mono" if stream.codec_context.channels == 1 else LAYOUT
        resampler = AudioResampler(format=SAMPLE_FORMAT, layout=layout, rate=SAMPLE_RATE)
        file_start = (container.start_time or 0) / av.time_base
        skip = _sample(clip.skip)
        try:
            frames = _frames_from(container, stream, clip.skip + file_start)
            first = next(frames, None)
            if first is None:
                return
            begin = max(0, _sample((first.time or 0.0) - file_start))
            yield from _silence(begin - skip)
            following = chain([first], frames, [None])
            sound = (part for frame in following for part in _resampled(resampler, frame))
            yield from _after(sound, max(0, skip - begin))
        except (FFmpegError, ValueError) as error:  # ValueError: the channels change in the middle
            raise AssetInvalid(f"the audio file {clip.label} is damaged") from error


def _frames_from(
    container: InputContainer, stream: AudioStream, seconds: float
) -> Iterator[AudioFrame]:
    """Decode from shortly before that second of the file, or from its start if it cannot seek.

    A song that fades consists of a clip for each step. It must not be decoded from its start for
    every one of them.
    """
    if seconds <= _LEAD or stream.time_base is None:
        return container.decode(stream)
    with suppress(FFmpegError):  # the file is decoded from its start then
        container.seek(int((seconds - _LEAD) / stream.time_base), stream=stream)
    return dropwhile(lambda frame: frame.time is None, container.decode(stream))


def _after(chunks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """Leave out the first `count` samples."""
    for chunk in chunks:
        if count < chunk.shape[1]:
            yield chunk[:, count:]
        count = max(0, count - chunk.shape[1])


def _at_speed(
    chunks: Generator[Samples, None, None], speed: float
) -> Generator[Samples, None, None]:
    if speed == 1.0:
        yield from chunks
        return
    graph = Graph()
    source = graph.add_abuffer(
        format=SAMPLE_FORMAT, sample_rate=SAMPLE_RATE, layout=LAYOUT, time_base=_TICK
    )
    tempo = graph.add("atempo", f"{min(_FASTEST, max(_SLOWEST, speed)):.6f}")
    planes = graph.add("aformat", f"sample_fmts={SAMPLE_FORMAT}")  # atempo's output is interleaved
    sink = graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(planes)
    planes.link_to(sink)
    graph.configure()
    position = 0
    for chunk in chunks:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(chunk), SAMPLE_FORMAT, LAYOUT)
        frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, _TICK, position
        position += chunk.shape[1]
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        assert isinstance(frame, AudioFrame)  # noqa: S101  # for the type checker
        yield frame.to_ndarray().astype(np.float32, copy=False)


def _silence(count: int) -> Iterator[Samples]:
    for first in range(0, count, SAMPLE_RATE):
        yield np.zeros((2, min(SAMPLE_RATE, count - first)), np.float32)


def _resampled(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Samples]:
    for part in resampler.resample(frame):
        samples = part.to_ndarray().astype(np.float32, copy=False)
        yield samples if len(samples) == 2 else np.repeat(samples, 2, axis=0)
