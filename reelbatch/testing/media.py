"""Decoding output files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from PIL import Image

from reelbatch.models.wire.codecs import Codec

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): R, G, B, A."""

_STILLS = {"image_png": "PNG", "image_jpeg": "JPEG", "image_webp": "WEBP"}
_FILMS = {"h264": "h264", "prores": "prores", "vp9": "vp9", "av1": "av1", "gif": "gif"}


@dataclass(frozen=True)
class Media:
    """A decoded output file."""

    encoding: str  # spelled as by `expected_encoding`
    pictures: list[Picture]
    has_sound: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width, _ = self.pictures[0].shape
        return width, height


def expected_encoding(codec: Codec) -> str:
    if codec.name in _STILLS:
        return _STILLS[codec.name]
    family = codec.name.removeprefix("video_")
    return next(name for start, name in _FILMS.items() if family.startswith(start))


def read_media(file: Path, codec: Codec) -> Media:
    """Decode the whole file. Raises OSError or av.FFmpegError if that fails."""
    if codec.output_type == "image":
        with Image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGBA"), np.uint8)
            return Media(picture.format or "", [pixels])
    film: Any = av.open(str(file), "r")
    with film:
        stream = film.streams.video[0]
        pictures = [
            cast("Picture", frame.to_ndarray(format="rgba")) for frame in film.decode(stream)
        ]
        encoding = str(stream.codec_context.codec.canonical_name)
        return Media(encoding, pictures, has_sound=bool(film.streams.audio))


def difference(one: Picture, other: Picture) -> float:
    """Return the mean difference of two pictures of the same size, in levels of 256."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
