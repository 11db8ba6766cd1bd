"""Video and sound of a page. Files are decoded here, and whatever the page plays becomes clips."""

import base64
import json
import re
import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote

import numpy as np

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.decoding import Footage, FootagePainter
from reelbatch.engines.encoding import AudioClip
from reelbatch.engines.encoding.audio import SAMPLE_RATE, sound_duration
from reelbatch.engines.encoding.pixels import Frame, straighten
from reelbatch.models.errors import AssetInvalid, LimitExceeded

Content = Callable[[PurePosixPath], bytes | None]
"""Returns the content of the file at a path in the template, or None if there is no such file."""

_MAX_FILES = 100  # media files of one page
_MOMENT = re.compile(r"\d{1,15}")
_MICROSECOND = Fraction(1, 1_000_000)
_BEFORE_END = Fraction(1, 500)  # seconds: more than the rounding of times in containers
_PART = 3 << 20  # bytes of a page's own sound to fetch at a time


class PageMedia:
    """The files that play in one page. Close it after use."""

    def __init__(self, content: Content, folder: Path, limits: RenderLimits) -> None:
        """Files are written to `folder`, since decoders seek in them."""
        self._content = content
        self._folder = folder
        self._limits = limits
        self._files: dict[PurePosixPath, Path] = {}
        self._films: dict[PurePosixPath, _Film] = {}

    def answer(self, path: PurePosixPath, query: str) -> tuple[str, bytes] | None:
        """Return the type and content of `media/PATH` or `picture/PATH?at=MICROSECONDS`.

        None if there is no such file or time. Raises AssetInvalid or LimitExceeded.
        """
        kind, name = path.parts[0], PurePosixPath(*path.parts[1:])
        if kind == "media":
            found = self._describe(name)
            return None if found is None else ("application/json", json.dumps(found).encode())
        if name not in self._films:
            return None
        at = parse_qs(query).get("at", ["0"])[0]
        if not _MOMENT.fullmatch(at):
            return None
        return "image/bmp", self._films[name].picture(int(at) * _MICROSECOND)

    def clips(self, found: Mapping[str, Any], first: float) -> list[AudioClip]:
        """Return the sounds of elements, on the output's time line.

        The output begins `first` seconds after the page.
        """
        return [
            AudioClip(
                file=self._files[PurePosixPath(each["path"])],
                start=each["start"] - first,
                end=each["end"] - first,
                gain=each["gain"],
                name=each["path"],
                skip=each["position"],
                speed=each["rate"],
            )
            for each in found["stretches"]
            if each["end"] > max(first, each["start"])
        ]

    def close(self) -> None:
        for film in self._films.values():
            film.close()

    def _describe(self, name: PurePosixPath) -> dict[str, Any] | None:
        """Return the facts about a file that scripts may know."""
        file = self._file(name)
        if file is None:
            return None
        names = {"path": str(name), "file": quote(str(name))}
        try:
            if name not in self._films:
                self._films[name] = _Film(file, self._limits)
        except AssetInvalid:
            duration = sound_duration(AudioClip(file, 0.0, None, name=str(name)))
            return {**names, "duration": duration, "sound": True, "width": 0, "height": 0}
        return {**names, **self._films[name].facts}

    def _file(self, name: PurePosixPath) -> Path | None:
        if name in self._files:
            return self._files[name]
        content = self._content(name)
        if content is None:
            return None
        if len(self._files) == _MAX_FILES:
            raise LimitExceeded(f"The page plays more than {_MAX_FILES} files of video and sound.")
        file = self._folder / f"media-{len(self._files)}"
        file.write_bytes(content)
        self._files[name] = file
        return file


class _Film:
    """An open video."""

    def __init__(self, file: Path, limits: RenderLimits) -> None:
        self._footage = Footage(file, limits)
        width, height = (max(1, round(side)) for side in self._footage.size)
        self._canvas: Frame = np.zeros((height, width, 4), np.uint8)
        self._painter = FootagePainter(
            self._canvas, self._footage.size, self._footage.quarter_turns
        )
        duration = self._footage.duration()
        self._last = max(Fraction(0), duration - _BEFORE_END)
        self.facts = {
            "width": width,
            "height": height,
            "duration": float(duration),
            "sound": self._footage.has_sound,
        }

    def picture(self, seconds: Fraction) -> bytes:
        """Return the picture at a time as a BMP. After the end, it is the last picture."""
        picture = self._footage.picture_at(min(seconds, self._last))
        if picture is not None:
            self._painter.clear()
            self._painter.paint(picture)
        return _bitmap(self._canvas)

    def close(self) -> None:
        self._footage.close()


def write_tones(evaluate: Callable[[str], Any], number: int, size: int, file: Path) -> None:
    """Write a sound that the page has made to a WAV file, in stereo with 32-bit floats.

    The sound is the page's tone `number` and has `size` bytes. The page's script keeps it below
    WAV's limit of 4 GiB.
    """
    kind = struct.pack("<HHIIHH", 3, 2, SAMPLE_RATE, SAMPLE_RATE * 8, 8, 32)
    with file.open("wb") as opened:
        opened.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16))
        opened.write(kind + b"data" + struct.pack("<I", size))
        for at in range(0, size, _PART):
            part = evaluate(f"__reelbatchMedia.bytes({number}, {at}, {at + _PART})")
            opened.write(base64.b64decode(part))


def _bitmap(canvas: Frame) -> bytes:
    """Return a BMP, the fastest format to write and read. Its version 4 header allows alpha."""
    height, width = canvas.shape[:2]
    straight = canvas.copy()
    straighten(straight)
    masks = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
    header = struct.pack(
        "<IiiHHIIiiII4II48x", 108, width, -height, 1, 32, 3, straight.nbytes, 2835, 2835, 0, 0,
        *masks, int.from_bytes(b"sRGB", "big"),
    )  # fmt: skip
    start = 14 + len(header)
    return (
        struct.pack("<2sIHHI", b"BM", start + straight.nbytes, 0, 0, start)
        + header
        + (straight.tobytes())
    )
