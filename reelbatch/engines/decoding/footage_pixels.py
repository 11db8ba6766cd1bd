"""Decoded pictures as ThorVG expects them: B, G, R, A, premultiplied, fitted into a box."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from reelbatch.engines.decoding.high_dynamic_range import HLG, PQ, tone_mapped

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 3 or 4): B, G, R and optionally A."""

_UNSPECIFIED = 2  # FFmpeg's AVCOL_SPC_UNSPECIFIED
_HD_HEIGHT = 720  # pixels from which a video without a colour matrix is BT.709; below, BT.601
_OPAQUE = 255


class FootagePainter:
    """Paints pictures of one file on a canvas: whole, as large as they fit, and centred."""

    def __init__(self, canvas: Pixels, size: tuple[float, float], quarter_turns: int) -> None:
        """Prepare to paint on a canvas.

        Args:
            canvas: uint8 (height, width, 3 or 4): B, G, R and optionally A, premultiplied.
            size: `Footage.size`, of which only the aspect ratio matters.
            quarter_turns: `Footage.quarter_turns`.
        """
        self._canvas = canvas
        self._turns = quarter_turns
        height, width = canvas.shape[:2]
        scale = min(width / size[0], height / size[1])
        self._width = min(width, max(1, round(size[0] * scale)))
        self._height = min(height, max(1, round(size[1] * scale)))
        top, left = (height - self._height) // 2, (width - self._width) // 2
        self._place = canvas[top : top + self._height, left : left + self._width]
        self._converter = VideoReformatter()

    def paint(self, picture: VideoFrame) -> None:
        """Paint a picture; the canvas around it is left as it is."""
        pixels = self._premultiplied(picture) if _has_alpha(picture) else self._opaque(picture)
        upright = np.rot90(pixels, self._turns)
        self._place[..., : upright.shape[2]] = upright
        if upright.shape[2] < self._place.shape[2]:
            self._place[..., 3] = _OPAQUE

    def clear(self) -> None:
        """Make the whole canvas transparent black."""
        self._canvas[:] = 0

    def _opaque(self, picture: VideoFrame) -> Pixels:
        # Three channels: with four, FFmpeg leaves the last pixels of some lines of 4:2:0 unset.
        if picture.color_trc in (HLG, PQ):
            deep = self._convert(picture, "rgb48le", *self._scaled_size)
            return tone_mapped(deep.to_ndarray().astype(np.uint16, copy=False), picture.color_trc)
        return _bytes_of(self._convert(picture, "bgr24", *self._scaled_size))

    def _premultiplied(self, picture: VideoFrame) -> Pixels:
        """Premultiply, then scale, so that colours of transparent pixels don't bleed in."""
        size = (picture.width, picture.height)
        if picture.format.name == "yuva420p":  # pixels would stay unset, as above
            picture = self._reformat(picture, "yuva444p", *size)
        straight = _bytes_of(self._convert(picture, "bgra", *size))
        alpha = straight[..., 3:].astype(np.uint16)
        if alpha.min() < _OPAQUE:
            straight[..., :3] = (straight[..., :3] * alpha + 127) // 255
        whole = VideoFrame.from_numpy_buffer(np.ascontiguousarray(straight), "bgra")
        scaled = _bytes_of(self._convert(whole, "bgra", *self._scaled_size))
        return np.minimum(scaled, scaled[..., 3:])  # bicubic scaling overshoots

    @property
    def _scaled_size(self) -> tuple[int, int]:
        """Width and height of the picture before it is turned."""
        size = (self._width, self._height)
        return (size[1], size[0]) if self._turns % 2 else size

    def _convert(self, picture: VideoFrame, layout: str, width: int, height: int) -> VideoFrame:
        if picture.colorspace == _UNSPECIFIED:
            is_hd = picture.height >= _HD_HEIGHT
            picture.colorspace = Colorspace.ITU709 if is_hd else Colorspace.ITU601
        return self._reformat(picture, layout, width, height, range_=ColorRange.JPEG)

    def _reformat(
        self,
        picture: VideoFrame,
        layout: str,
        width: int,
        height: int,
        range_: ColorRange | None = None,
    ) -> VideoFrame:
        return self._converter.reformat(
            picture,
            width,
            height,
            layout,
            dst_color_range=range_,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )


def _bytes_of(picture: VideoFrame) -> Pixels:
    return np.asarray(picture.to_ndarray(), np.uint8)


def _has_alpha(picture: VideoFrame) -> bool:
    layout = picture.format
    return layout.has_palette or any(component.is_alpha for component in layout.components)
