"""Photoshop and Illustrator files as plain pictures, of all layers or of a single one.

A project's footage is drawn once, when the project is converted, so that renders only get PNG.
Both libraries are loaded only if a project has such a file.
"""

from functools import cached_property
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops

from reelbatch.engines.decoding.pictures import PictureTooLarge, PictureUnreadable, as_png
from reelbatch.projects.model import LayerOfFile

_PHOTOSHOP, _PDF, _POSTSCRIPT = b"8BPS", b"%PDF-", b"%!PS"
STARTS = (_PHOTOSHOP, _PDF, _POSTSCRIPT)
"""The first bytes of such files. PostScript files are recognised but not drawn."""

_SHARPNESS = 2.0  # pixels per pixel of a PDF's page, since layers may be scaled up


class DesignFile:
    """A file that is read once for the pictures of all its layers."""

    def __init__(self, content: bytes, most_pixels: int) -> None:
        self.content = content
        self._most_pixels = most_pixels

    def picture(self, layer: LayerOfFile | None) -> bytes:
        """Return a PNG of a layer, or of the whole file if `layer` is None.

        Illustrator files are drawn from the PDF inside, which only gives the whole page. Raises
        PictureUnreadable or PictureTooLarge.
        """
        try:
            if self.content.startswith(_PHOTOSHOP):
                return as_png(self._of_photoshop(layer))
            if self.content.startswith(_PDF) and layer is None:
                return as_png(_page(self.content, self._most_pixels))
        except (PictureTooLarge, PictureUnreadable):
            raise
        except Exception as error:  # the two libraries raise a dozen types
            raise PictureUnreadable from error
        raise PictureUnreadable

    def _of_photoshop(self, layer: LayerOfFile | None) -> Image.Image:
        file = self._photoshop
        _check_size(file.size, self._most_pixels)
        if layer is None:
            return _rgba(file.topil())
        shown = _find(file, layer)
        _check_size(shown.size, self._most_pixels)
        picture = _masked(shown)
        if layer.size != file.size:
            return picture
        canvas = Image.new("RGBA", file.size)
        canvas.paste(picture, shown.offset)
        return canvas

    @cached_property
    def _photoshop(self) -> Any:
        from psd_tools import PSDImage

        return PSDImage.open(BytesIO(self.content))  # pyright: ignore[reportUnknownMemberType]


def _find(file: Any, layer: LayerOfFile) -> Any:
    """Find a layer by number, or by name if the file has no numbers."""
    layers = [one for one in file.descendants() if not one.is_group()]
    numbered = [one for one in layers if one.layer_id == layer.number]
    named = [one for one in layers if one.name == layer.name]
    found = numbered or named
    if not found:
        raise PictureUnreadable
    return found[0]


def _masked(layer: Any) -> Image.Image:
    """Return the layer's pixels with its mask applied.

    Opacity, blend mode and vector mask are applied by the layer in the project.
    """
    picture = _rgba(layer.topil())
    mask = layer.mask
    if mask is None or mask.disabled or (drawn := mask.topil()) is None:
        return picture
    shape = Image.new("L", picture.size, mask.background_color)
    left, top = layer.offset
    shape.paste(drawn.convert("L"), (mask.left - left, mask.top - top))
    picture.putalpha(ImageChops.multiply(picture.getchannel("A"), shape))
    return picture


def _page(content: bytes, most_pixels: int) -> Image.Image:
    """Draw the first page, without a background."""
    from pypdfium2 import PdfDocument

    with PdfDocument(content) as document:
        page = document[0]
        width, height = page.get_size()
        scale = min(_SHARPNESS, (most_pixels / (width * height)) ** 0.5)
        if scale < 1:
            raise PictureTooLarge
        return page.render(scale=scale, fill_color=(0, 0, 0, 0)).to_pil().convert("RGBA")


def _check_size(size: tuple[int, int], most_pixels: int) -> None:
    if size[0] * size[1] > most_pixels:
        raise PictureTooLarge


def _rgba(picture: Image.Image | None) -> Image.Image:
    """Convert to RGBA. Raises PictureUnreadable for None, which means there are no pixels."""
    if picture is None:
        raise PictureUnreadable
    return picture.convert("RGBA")
