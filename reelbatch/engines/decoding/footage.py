"""Video files as footage: the picture at a given time, decoded on demand.

Files are untrusted, so the containers, the decoders and the number of pixels are limited. At most
two decoded pictures are in memory.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.encoding.pyav import UNTRUSTED_INPUT
from reelbatch.models.errors import AssetInvalid, LimitExceeded

# Plain files only: FFmpeg's playlist formats would open other files and addresses.
_FORMATS = "avi,flv,gif,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,ogg"
_DECODERS = frozenset(
    {
        *("av1", "libdav1d", "dnxhd", "gif", "h264", "hevc", "libvpx", "libvpx-vp9", "mjpeg"),
        *("mpeg1video", "mpeg2video", "mpeg4", "png", "prores", "qtrle", "theora", "vp8", "vp9"),
    }
)
# FFmpeg's own decoders ignore the alpha channel of WebM.
_DECODERS_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_LONGEST = 24 * 3600.0  # seconds that a file may claim to last
_SAME_START = Fraction(1, 10)  # seconds within which players start sound and picture together
_ROUNDING = Fraction(1, 1000)  # seconds: containers round times to their own ticks
_FAR = Fraction(3)  # seconds ahead from which seeking to a key frame pays off
_SEEK_MARGIN = Fraction(1)  # seconds: key frames are found by decoding time, before they are shown
_USUAL_RATE = Fraction(25)  # frames per second of a file that doesn't state it
_WIDEST_PIXEL = 20  # times as wide as high; anything beyond comes from a damaged header


class Footage:
    """An open video file, whose time begins with its first picture. Close it after use."""

    def __init__(self, path: Path, limits: RenderLimits) -> None:
        """Open a video file.

        Args:
            path: The file, which is untrusted.
            limits: `pixels_per_frame` limits the size of pictures.

        Raises:
            AssetInvalid: The file is not a video.
            LimitExceeded: The video has too many pixels, or lasts longer than a day.
        """
        self._path = path
        self._limits = limits
        self._open()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the upright picture in square pixels."""
        width, height = self._first.width * self._pixel_aspect, float(self._first.height)
        return (height, width) if self.quarter_turns % 2 else (width, height)

    @property
    def quarter_turns(self) -> int:
        """How many times a picture must be turned by 90 degrees, counterclockwise."""
        return round(self._first.rotation / 90) % 4

    @property
    def frame_rate(self) -> Fraction:
        """Average frames per second; 25 if the file doesn't state it."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return Fraction(rate) if rate else _USUAL_RATE

    @property
    def has_sound(self) -> bool:
        """Whether the file has a sound track of a known codec."""
        return any(stream.codec_context is not None for stream in self._container.streams.audio)  # pyright: ignore[reportUnnecessaryComparison]  # None for an unknown codec

    def picture_at(self, seconds: Fraction) -> VideoFrame | None:
        """Return the last picture that begins at or before a time.

        Args:
            seconds: Time since the first picture.

        Returns:
            The picture, or None before the beginning and after the end.

        Raises:
            AssetInvalid: The file is damaged.
            LimitExceeded: The picture has too many pixels.
        """
        if seconds < 0:
            return None
        target = max(seconds + min(self._tick / 2, _ROUNDING), self._time(self._first))
        if not self._time(self._current) <= target <= self._time(self._current) + _FAR:
            self._go_to(target)
        while self._following is not None and self._time(self._following) <= target:
            self._current, self._following = self._following, self._next()
        if self._following is None and target >= self._end():
            return None
        return self._current

    def duration(self) -> Fraction:
        """Return the seconds from the first picture to the end of the last one.

        The last picture is searched for in the file, since its header may be wrong and its sound
        may be longer.

        Raises:
            AssetInvalid: The file is damaged.
            LimitExceeded: A picture has too many pixels.
        """
        self._go_to(Fraction(self._container.duration or 0, av.time_base))
        while self._following is not None:
            self._current, self._following = self._following, self._next()
        return self._end()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _open(self) -> None:
        self._container = _open_container(self._path)
        try:
            self._stream = self._container.streams.video[0]
            self._decoder = _decoder_of(self._stream, self._limits)  # the size is read from it
            self._check_header()
            self._tick = self._stream.time_base or Fraction(1, av.time_base)
            self._zero = self._find_zero()
            self._pictures = self._decode()
            self._first = self._current = self._find_first()
            self._following = self._next()
        except BaseException:
            self._container.close()
            raise

    def _check_header(self) -> None:
        if (self._container.duration or 0) / av.time_base > _LONGEST:
            raise LimitExceeded(f"The video is longer than {_LONGEST / 3600:.0f} hours.")
        self._check_pixels(self._stream.width, self._stream.height)

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self._limits.pixels_per_frame:
            raise LimitExceeded(
                f"The video has {width}x{height} pixels; "
                f"this server allows at most {self._limits.pixels_per_frame} pixels a frame"
                " (REELBATCH_MAX_FRAME_PIXELS)."
            )

    def _find_first(self) -> VideoFrame:
        first = self._next()
        if first is None:
            raise AssetInvalid("The video has no picture that can be decoded.")
        return first

    def _find_zero(self) -> Fraction:
        file_start = Fraction(self._container.start_time or 0, av.time_base)
        own_start = (self._stream.start_time or 0) * self._tick
        return own_start if abs(own_start - file_start) < _SAME_START else file_start

    @property
    def _pixel_aspect(self) -> float:
        aspect = float(self._stream.sample_aspect_ratio or 1)
        return aspect if 1 / _WIDEST_PIXEL <= aspect <= _WIDEST_PIXEL else 1.0

    def _time(self, picture: VideoFrame) -> Fraction:
        """Return the second of the footage at which a picture begins."""
        stamp = picture.pts if picture.pts is not None else picture.dts
        return (stamp or 0) * self._tick - self._zero

    def _end(self) -> Fraction:
        rate = self._stream.average_rate or _USUAL_RATE
        lasts = self._current.duration * self._tick or 1 / Fraction(rate)
        return self._time(self._current) + lasts

    def _next(self) -> VideoFrame | None:
        return next(self._pictures, None)

    def _decode(self) -> Iterator[VideoFrame]:
        """Decode from the container's position. Damaged pictures are skipped, as players do."""
        try:
            for packet in self._container.demux(self._stream):
                for picture in _decoded(self._decoder, packet):
                    self._check_pixels(picture.width, picture.height)
                    yield picture
        except (FFmpegError, ValueError) as error:
            raise AssetInvalid("The video is damaged.") from error

    def _go_to(self, target: Fraction) -> None:
        """Seek to a picture at or before `target`, preferably the key frame before it."""
        try:
            place = max(Fraction(0), target - _SEEK_MARGIN) + self._zero
            self._container.seek(int(place / self._tick), stream=self._stream)
            self._decoder.flush_buffers()
            self._pictures = self._decode()
            found = self._next()
        except FFmpegError:
            found = None  # a container without an index
        if found is None or self._time(found) > target:
            self._container.close()
            self._open()
        else:
            self._current, self._following = found, self._next()


def _open_container(path: Path) -> InputContainer:
    try:
        container = av.open(
            str(path),
            options={"format_whitelist": _FORMATS, **UNTRUSTED_INPUT},
            metadata_errors="replace",
        )
    except (FFmpegError, OSError, ValueError) as error:
        raise AssetInvalid(
            "The file is not a video; send MP4, MOV, WebM, GIF, MPEG, AVI or Ogg."
        ) from error
    if not container.streams.video:
        container.close()
        raise AssetInvalid("The file has no picture in it, only sound.")
    return container


def _decoder_of(stream: VideoStream, limits: RenderLimits) -> VideoCodecContext:
    decoder = stream.codec_context
    name = decoder.name if decoder is not None else "unknown"  # pyright: ignore[reportUnnecessaryComparison]  # as above
    if name not in _DECODERS:
        raise AssetInvalid(f"The video's codec ({name}) is not supported; H.264 always works.")
    if stream.metadata.get("alpha_mode") == "1" and name in _DECODERS_WITH_ALPHA:
        decoder = CodecContext.create(_DECODERS_WITH_ALPHA[name], "r")
        assert isinstance(decoder, VideoCodecContext)  # noqa: S101  # for the type checker
        decoder.extradata = stream.codec_context.extradata
    decoder.thread_count = 1  # a process draws one render at a time
    # Twice the limit, since decoders count whole blocks. The exact size is checked as well.
    most = 2 * limits.pixels_per_frame
    decoder.options = {**decoder.options, "max_pixels": str(most)}
    return decoder


def _decoded(decoder: VideoCodecContext, packet: "av.Packet[Any]") -> list[VideoFrame]:
    try:
        return decoder.decode(packet)  # pyright: ignore[reportUnknownMemberType]  # Packet is generic
    except InvalidDataError:
        return []
