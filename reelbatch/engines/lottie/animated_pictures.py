"""Animated GIF and WebP pictures, which are played like videos."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image, ImageSequence, UnidentifiedImageError

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.encoding.pyav import add_video_stream, encode_picture, mux
from reelbatch.engines.lottie.images import too_many_pixels
from reelbatch.models.errors import AssetInvalid, LimitExceeded

_FORMATS = ("GIF", "WEBP")
_FAST = "1"  # PNG's compression: the file only lives as long as the render
_CLOCK = 1000  # ticks per second: neither format counts more finely
_HASTY, _USUAL = 10, 100  # milliseconds: browsers show frames of up to 10 for 100
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError)


def is_animated(file: Path) -> bool:
    """Whether the file is a GIF or a WebP with several frames."""
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            return bool(getattr(picture, "is_animated", False))
    except (*_UNREADABLE, Image.DecompressionBombError):
        return False


def as_video(file: Path, folder: Path, limits: RenderLimits) -> Path:
    """Return a file that `Footage` can play.

    FFmpeg reads everything except animated WebP, which is re-encoded into `folder`, losslessly and
    with its transparency. Raises AssetInvalid or LimitExceeded.
    """
    try:
        with Image.open(file, formats=("WEBP",)) as picture:
            if not getattr(picture, "is_animated", False):
                return file
            return _rewritten(picture, folder / f"{file.stem}-played.mov", limits)
    except UnidentifiedImageError:
        return file
    except Image.DecompressionBombError as error:
        raise too_many_pixels(limits) from error
    except (*_UNREADABLE, FFmpegError) as error:
        raise AssetInvalid("The animated WebP is damaged.") from error


def _rewritten(picture: Image.Image, target: Path, limits: RenderLimits) -> Path:
    if picture.width * picture.height > limits.pixels_per_frame:
        raise too_many_pixels(limits)
    if getattr(picture, "n_frames", 1) > limits.frames:
        raise LimitExceeded(
            f"An animated picture has more than {limits.frames} frames (REELBATCH_MAX_FRAMES)."
        )
    with av.open(str(target), "w", format="mov") as film:
        stream = add_video_stream(film, "png", Fraction(_CLOCK), {"compression_level": _FAST})
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "rgba"
        begins = 0
        for frame, lasts in _frames(picture):
            frame.pts, frame.time_base = begins, Fraction(1, _CLOCK)
            for packet in encode_picture(stream, frame):
                packet.duration = lasts
                mux(film, packet)
            begins += lasts
    return target


def _frames(picture: Image.Image) -> Iterator[tuple[VideoFrame, int]]:
    """Each frame with the milliseconds for which it is shown."""
    for frame in ImageSequence.Iterator(picture):
        pixels = np.asarray(frame.convert("RGBA"), np.uint8)
        lasts = int(frame.info.get("duration", 0))
        yield VideoFrame.from_ndarray(pixels, "rgba"), lasts if lasts > _HASTY else _USUAL
