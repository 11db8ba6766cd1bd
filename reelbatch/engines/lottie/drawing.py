"""Draws the frames of a Lottie document with ThorVG, in memory and on this thread."""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reelbatch.engines.lottie import thorvg
from reelbatch.engines.lottie.blending import blend, cover
from reelbatch.engines.lottie.sheets import Sheet, SheetGroup
from reelbatch.engines.lottie.thorvg import Frame
from reelbatch.models.errors import RenderError, TemplateInvalid

_WHOLE_FRAMES = 0  # TVG_ENGINE_OPTION_NONE
_CHANGES_ONLY = 1  # TVG_ENGINE_OPTION_DEFAULT: only what differs from the last frame is drawn


Color = tuple[int, int, int]
"""Red, green and blue from 0 to 255."""


class Drawing:
    """A document at one size, to be drawn frame by frame."""

    def __init__(
        self,
        sheets: Sequence[Sheet | SheetGroup],
        width: int,
        height: int,
        *,
        background: Color | None,
        pictures: Mapping[str, Frame] | None = None,
    ) -> None:
        """Raises TemplateInvalid if ThorVG cannot read one of the document's `sheets`.

        `background` lies behind the drawing; None: transparent. `pictures` are shown for the image
        assets that name them in their path (`p`), with the pixels that they hold when a frame is
        drawn.
        """
        self._pixels: Frame = np.zeros((height, width, 4), np.uint8)
        self._aside = np.zeros_like(self._pixels) if len(sheets) > 1 else self._pixels
        self._group_pixels: list[Frame] = []  # by nesting depth
        self._option = _WHOLE_FRAMES if len(sheets) > 1 else _CHANGES_ONLY
        self._pictures = pictures
        self._layers = self._layers_of(sheets, self._pixels, background)

    def frame(self, number: float) -> Frame:
        """Draw a frame, counted from 0. The next call draws into the same memory.

        Raises RenderError.
        """
        self._draw(self._layers, self._pixels, number)
        return self._pixels

    def _layers_of(
        self,
        sheets: Sequence[Sheet | SheetGroup],
        pixels: Frame,
        background: Color | None = None,
        depth: int = 0,
    ) -> "list[_Layer]":
        layers: list[_Layer] = []
        for sheet in sheets:
            if isinstance(sheet, SheetGroup):
                group_pixels = self._pixels_of_group(depth)
                inside = self._layers_of(sheet.sheets, group_pixels, depth=depth + 1)
                cover = self._canvas(sheet.cover, self._aside) if sheet.cover else None
                layers.append(_Group(inside, group_pixels, cover=cover, mode=sheet.mode))
            else:
                target = pixels if sheet.mode is None else self._aside
                behind = None if layers else background
                layers.append(_Single(self._canvas(sheet.content, target, behind), sheet.mode))
        return layers

    def _pixels_of_group(self, depth: int) -> Frame:
        """The memory shared by all groups of one depth: each is shown before the next begins."""
        if len(self._group_pixels) == depth:
            self._group_pixels.append(np.zeros_like(self._pixels))
        return self._group_pixels[depth]

    def _canvas(self, document: bytes, target: Frame, background: Color | None = None) -> "_Canvas":
        return _Canvas(
            document, target, option=self._option, background=background, pictures=self._pictures
        )

    def _draw(self, layers: "Sequence[_Layer]", pixels: Frame, number: float) -> None:
        for position, layer in enumerate(layers):
            if isinstance(layer, _Group):
                self._draw(layer.layers, layer.pixels, number)
                if layer.cover is not None:
                    layer.cover.draw(number, clear=True)
                    cover(layer.pixels, self._aside)
                blend(pixels, layer.pixels, layer.mode)
            else:
                layer.canvas.draw(number, clear=position == 0 or layer.mode is not None)
                if layer.mode is not None:
                    blend(pixels, self._aside, layer.mode)


@dataclass(frozen=True)
class _Single:
    canvas: "_Canvas"
    mode: int | None  # None: drawn over what is there


@dataclass(frozen=True)
class _Group:
    layers: "Sequence[_Layer]"
    pixels: Frame  # into which the layers are drawn
    cover: "_Canvas | None"
    mode: int


_Layer = _Single | _Group


class _Canvas:
    """Draws a Lottie document into an array with ThorVG."""

    def __init__(
        self,
        document: bytes,
        pixels: Frame,
        *,
        option: int,
        background: Color | None,
        pictures: Mapping[str, Frame] | None,
    ) -> None:
        height, width = pixels.shape[:2]
        resolver = _lender_of(pictures or {})
        self._animation = thorvg.Handle(thorvg.call("tvg_lottie_animation_new"))
        self._canvas = thorvg.Handle(thorvg.call("tvg_swcanvas_create", option))
        weakref.finalize(self, _free, self._canvas, self._animation, resolver, pixels)
        picture = thorvg.Handle(thorvg.call("tvg_animation_get_picture", self._animation))
        # ThorVG asks the resolver only for what is not a file, and opens files itself. `images`
        # has removed all file names.
        thorvg.call("tvg_picture_set_asset_resolver", picture, resolver, None)
        loaded = thorvg.call(
            "tvg_picture_load_data", picture, document, len(document), b"lottie", b"", True
        )
        if loaded != thorvg.SUCCESS:
            raise TemplateInvalid("The template cannot be drawn: ThorVG cannot read it.")
        thorvg.call("tvg_picture_set_size", picture, width, height)
        target = (pixels.ctypes.data, width, width, height, thorvg.ARGB8888)
        thorvg.call("tvg_swcanvas_set_target", self._canvas, *target)
        if background is not None:
            thorvg.call("tvg_canvas_add", self._canvas, _sheet(width, height, background))
        thorvg.call("tvg_canvas_add", self._canvas, picture)

    def draw(self, number: float, *, clear: bool) -> None:
        """Draw a frame, over what is there unless `clear`. Raises RenderError."""
        # fails, harmlessly, if the frame is already the current one
        thorvg.call("tvg_animation_set_frame", self._animation, number)
        steps = (
            thorvg.call("tvg_canvas_update", self._canvas),
            thorvg.call("tvg_canvas_draw", self._canvas, clear),
            thorvg.call("tvg_canvas_sync", self._canvas),
        )
        if any(step != thorvg.SUCCESS for step in steps):
            raise RenderError(f"ThorVG could not draw frame {number:g}.")


def _lender_of(pictures: Mapping[str, Frame]) -> Any:
    """A resolver that lends ThorVG a picture's memory by name; it is read again for each frame."""

    def lend(picture: int, path: bytes, _: object) -> bool:
        pixels = pictures.get(path.decode("utf-8", "replace").rpartition("/")[2])
        if pixels is None:
            return False
        height, width = pixels.shape[:2]
        place = (pixels.ctypes.data, width, height, thorvg.ARGB8888)
        return bool(thorvg.call("tvg_picture_load_raw", picture, *place, False) == thorvg.SUCCESS)

    return thorvg.AssetResolver(lend)


def _free(canvas: thorvg.Handle, animation: thorvg.Handle, *_: object) -> None:
    """Free ThorVG's memory while the objects that it refers to still exist."""
    thorvg.call("tvg_canvas_destroy", canvas)
    thorvg.call("tvg_animation_del", animation)


def _sheet(width: int, height: int, color: Color) -> thorvg.Handle:
    sheet = thorvg.Handle(thorvg.call("tvg_shape_new"))
    thorvg.call("tvg_shape_append_rect", sheet, 0, 0, width, height, 0, 0, True)
    thorvg.call("tvg_shape_set_fill_color", sheet, *color, 255)
    return sheet
