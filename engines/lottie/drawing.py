"""Draws the frames of a Lottie document with ThorVG, in memory and on this thread."""

from functools import cache

import numpy as np
import thorvg_cython as thorvg

from models.errors import RenderError, TemplateInvalid

Frame = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): B, G, R, A, premultiplied."""

_WHITE = 255


@cache
def _engine() -> thorvg.Engine:
    """ThorVG's state of this process: without threads, since each process draws one render."""
    return thorvg.Engine(threads=0)


def thorvg_version() -> str:
    _, major, minor, micro, _ = _engine().version()
    return f"{major}.{minor}.{micro}"


class Drawing:
    """A document at one size, to be drawn frame by frame."""

    def __init__(self, document: bytes, width: int, height: int, *, opaque: bool) -> None:
        """Raises TemplateInvalid where ThorVG does not take the document.

        `opaque` puts white behind the drawing; else what it leaves free stays transparent.
        """
        _engine()
        self._animation = thorvg.LottieAnimation()
        picture = self._animation.get_picture()
        # Without a folder to look for files in; they are all inside of the document.
        if picture.load_data(document, "lottie", "", True) != thorvg.Result.SUCCESS:
            raise TemplateInvalid("The template cannot be drawn: ThorVG does not read it.")
        picture.set_size(width, height)
        self._canvas = thorvg.SwCanvas(width, height, int(thorvg.Colorspace.ARGB8888))
        if opaque:
            self._canvas.add(_white_sheet(width, height))
        self._canvas.add(picture)
        self._pixels: Frame = np.frombuffer(memoryview(self._canvas), np.uint8).reshape(
            height, width, 4
        )

    def frame(self, number: float) -> Frame:
        """Draw a frame, by its number from 0; the next one is drawn into the same memory.

        Raises RenderError.
        """
        self._animation.set_frame(number)  # fails where the frame is already the current one
        steps = (self._canvas.update(), self._canvas.draw(True), self._canvas.sync())
        if any(step != thorvg.Result.SUCCESS for step in steps):
            raise RenderError(f"ThorVG could not draw the frame {number:g}.")
        return self._pixels


def _white_sheet(width: int, height: int) -> thorvg.Shape:
    sheet = thorvg.Shape()
    sheet.append_rect(0, 0, width, height)
    sheet.set_fill_color(_WHITE, _WHITE, _WHITE)
    return sheet
