"""Still pictures: PNG and WebP with straight alpha, and JPEG."""

from pathlib import Path

from PIL import Image

from reelbatch.engines.encoding.pixels import Frame, rgb, rgba, straighten
from reelbatch.models.errors import RenderError

_QUALITY = 95
_DRAFT_QUALITY = 80


class StillFile:
    """A `FrameSink` that accepts exactly one frame."""

    def __init__(self, path: Path, codec: str, *, draft: bool) -> None:
        self._path = path
        self._codec = codec
        self._quality = _DRAFT_QUALITY if draft else _QUALITY
        self._written = False

    def write(self, frame: Frame) -> None:
        if self._written:
            raise RenderError("a still has only one frame")
        self._written = True
        if self._codec == "image_jpeg":
            # 4:4:4 keeps coloured text and edges sharp.
            options = {"quality": self._quality, "subsampling": "4:4:4", "optimize": True}
            Image.fromarray(rgb(frame)).save(self._path, "JPEG", **options)
            return
        straighten(frame)
        picture = Image.fromarray(rgba(frame))
        if self._codec == "image_webp":
            picture.save(self._path, "WEBP", quality=self._quality)
        else:
            picture.save(self._path, "PNG")

    def repeat(self) -> None:
        raise RenderError("a still has only one frame")

    def finish(self) -> None:
        """Do nothing: the file was complete with its frame."""

    def abandon(self) -> None:
        """Do nothing: no file is open between calls."""
