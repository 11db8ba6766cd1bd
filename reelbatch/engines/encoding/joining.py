"""Joining the segments of an output to one video file.

Video packets are copied without encoding them again; the sound is encoded here. Times are counted
in frames. The time stamps in a segment's container are rounded, and sums of rounded times would
not be the times of the whole.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from reelbatch.engines.base import RenderedFile, ReportProgress
from reelbatch.engines.encoding.audio import AudioClip, check_sound
from reelbatch.engines.encoding.presets import Preset, preset_of
from reelbatch.engines.encoding.pyav import (
    UNTRUSTED_INPUT,
    EncodedPacket,
    copy_video_stream,
    mux,
    packets_of,
)
from reelbatch.engines.encoding.sound_track import SoundTrack
from reelbatch.engines.encoding.writer import frame_rate_of, render_error
from reelbatch.models.errors import RenderError, SegmentsUnusable
from reelbatch.models.wire.codecs import Codec, find_codec

# Segments are untrusted: the process that wrote them has read a template.
_FORMATS = "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2"


def join_segments(
    path: Path,
    codec: str,
    segments: Sequence[Path],
    report: ReportProgress,
    *,
    frame_rate: Fraction,
    audio: Sequence[AudioClip] = (),
) -> RenderedFile:
    """Join video segments to one file and add sound.

    If an exception is raised, the file is removed.

    Args:
        path: The file to write.
        codec: The name of the segments' codec; it must be `joinable`.
        segments: Files without sound that `open_writer` wrote with this codec, all of the same
            size and frame rate, in their order.
        report: Called after each segment with the percentage that is done.
        frame_rate: Frames per second.
        audio: Clips on the time line of the whole file.

    Raises:
        SegmentsUnusable: The segments do not fit together.
        AssetInvalid: A clip has no sound, or cannot be decoded.
        RenderError: The codec cannot be joined, or the file cannot be written.
    """
    known = find_codec(codec)
    if known is None or not known.joinable:
        raise RenderError(f"files of the codec {codec} cannot be joined")
    try:
        for clip in audio:
            check_sound(clip)
        return _write(path, known, segments, report, frame_rate_of(frame_rate), audio)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, Exception):
            raise render_error(error) from error
        raise


def _write(
    path: Path,
    codec: Codec,
    segments: Sequence[Path],
    report: ReportProgress,
    rate: Fraction,
    audio: Sequence[AudioClip],
) -> RenderedFile:
    with _open(segments[0]) as first:
        leading = first.streams.video[0]
        size = (leading.width, leading.height)
        # The preset's container and sound encoder depend on neither size nor quality.
        preset = preset_of(codec, width=size[0], height=size[1], frame_rate=rate, draft=False)
        with av.open(
            str(path),
            "w",
            format=preset.container,
            options={"fflags": "+bitexact", **preset.container_options},
        ) as output:
            film = _Film(output=output, leading=leading, preset=preset, rate=rate, audio=audio)
            try:
                for done, segment in enumerate(segments, start=1):
                    film.append(segment)
                    report(100 * done / len(segments))
                film.finish()
            finally:
                film.close()
    return RenderedFile(*size, film.frames)


class _Film:
    """The output file, to which segments are appended."""

    def __init__(
        self,
        *,
        output: OutputContainer,
        leading: VideoStream,
        preset: Preset,
        rate: Fraction,
        audio: Sequence[AudioClip],
    ) -> None:
        self._output = output
        self._rate = rate
        self._leading = leading
        self._stream = copy_video_stream(output, leading, rate)
        self._sound = SoundTrack(output, preset.sound_encoder, audio) if audio else None
        self.frames = 0

    def append(self, segment: Path) -> None:
        with _open(segment) as container:
            stream = container.streams.video[0]
            self._check(stream)
            frames = 0
            for packet in _packets(container, stream):
                if frames == 0 and not packet.is_keyframe:
                    raise SegmentsUnusable("a segment does not begin with a key frame")
                self._shift(packet, stream)
                mux(self._output, packet)
                frames += 1
                if self._sound is not None:
                    # interleaved with the pictures, so that no track is buffered in memory
                    self._sound.write_until((self.frames + frames) / self._rate)
        self.frames += frames

    def finish(self) -> None:
        if self._sound is not None:
            self._sound.finish()

    def close(self) -> None:
        if self._sound is not None:
            self._sound.close()

    def _check(self, stream: VideoStream) -> None:
        """Raise SegmentsUnusable unless the encoder's parameters are those of the first segment.

        A file has only one set of them.
        """
        own, first = stream.codec_context, self._leading.codec_context
        if (
            own.name != first.name
            or own.extradata != first.extradata
            or (stream.width, stream.height) != (self._leading.width, self._leading.height)
        ):
            raise SegmentsUnusable("the segments were encoded with different parameters")

    def _shift(self, packet: EncodedPacket, stream: VideoStream) -> None:
        """Move a packet to its place in the output."""
        tick = stream.time_base
        if packet.pts is None or packet.dts is None or tick is None:
            raise SegmentsUnusable("a segment has pictures without a time")
        packet.pts = self.frames + round(packet.pts * tick * self._rate)
        packet.dts = self.frames + round(packet.dts * tick * self._rate)
        packet.duration = 1
        packet.time_base = 1 / self._rate
        packet.stream = self._stream


def _open(segment: Path) -> InputContainer:
    try:
        options = {"format_whitelist": _FORMATS, **UNTRUSTED_INPUT}
        container = av.open(str(segment), options=options)
    except (FFmpegError, OSError, ValueError) as error:
        raise SegmentsUnusable("a segment cannot be read") from error
    if len(container.streams) != 1 or len(container.streams.video) != 1:
        with suppress(FFmpegError):
            container.close()
        raise SegmentsUnusable("a segment must have a single track of pictures and nothing else")
    return container


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[EncodedPacket]:
    try:
        yield from (packet for packet in packets_of(container, stream) if packet.size)
    except FFmpegError as error:
        raise SegmentsUnusable("a segment is damaged") from error
