"""Video files: one track of pictures, and one of sound if there are clips."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)

from reelbatch.engines.encoding.audio import AudioClip
from reelbatch.engines.encoding.pixels import Frame, straighten
from reelbatch.engines.encoding.presets import Preset
from reelbatch.engines.encoding.pyav import add_video_stream, encode_picture, mux
from reelbatch.engines.encoding.sound_track import SoundTrack


class VideoFile:
    """A `FrameSink` that writes a video file with a preset. Equal frames give equal bytes."""

    def __init__(
        self,
        path: Path,
        preset: Preset,
        *,
        width: int,
        height: int,
        frame_rate: Fraction,
        audio: Sequence[AudioClip],
    ) -> None:
        self._preset = preset
        self._frame_rate = frame_rate
        self._container = av.open(
            str(path),
            "w",
            format=preset.container,
            options={"fflags": "+bitexact", **preset.container_options},
        )
        self._stream = add_video_stream(
            self._container, preset.encoder, frame_rate, dict(preset.options)
        )
        context = self._stream.codec_context
        context.width = width
        context.height = height
        context.pix_fmt = preset.pixel_format
        context.time_base = 1 / frame_rate
        context.thread_count = preset.threads
        context.gop_size = preset.key_frame_distance
        context.bit_rate = preset.bitrate
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        self._sound = SoundTrack(self._container, preset.sound_encoder, audio) if audio else None
        self._converter = VideoReformatter()
        self._picture: av.VideoFrame | None = None
        self._frames = 0

    def write(self, frame: Frame) -> None:
        if self._preset.keeps_alpha:
            straighten(frame)
        self._picture = self._convert(frame)
        self._encode(self._picture)

    def repeat(self) -> None:
        assert self._picture is not None  # noqa: S101  # the frame writer checks that
        self._encode(self._picture)

    def finish(self) -> None:
        for packet in encode_picture(self._stream, None):
            mux(self._container, packet)
        if self._sound is not None:
            self._sound.finish()
        self._container.close()

    def abandon(self) -> None:
        if self._sound is not None:
            self._sound.close()
        self._container.close()

    def _convert(self, frame: Frame) -> av.VideoFrame:
        """Convert BGRA to the encoder's format; see docs/decisions/0002-colour-conversion.md."""
        return self._converter.reformat(
            av.VideoFrame.from_numpy_buffer(frame, "bgra"),
            format=self._preset.pixel_format,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_color_primaries=ColorPrimaries.BT709,  # ProRes has them in each frame's header
            dst_color_trc=ColorTrc.BT709,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )

    def _encode(self, picture: av.VideoFrame) -> None:
        picture.pts = self._frames
        picture.time_base = 1 / self._frame_rate
        self._frames += 1
        for packet in encode_picture(self._stream, picture):
            mux(self._container, packet)
        if self._sound is not None:
            # interleaved with the pictures, so that no track is buffered in memory
            self._sound.write_until(self._frames / self._frame_rate)
