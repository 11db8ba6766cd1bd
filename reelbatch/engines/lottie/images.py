"""The pictures of a template, and those of a job that replace a layer's picture.

ThorVG would open any path on this machine that a document names as a picture. So every picture is
read here, with bounded pixels, and embedded into the document as PNG.
"""

import base64
import binascii
import io
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PIL import Image

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.decoding import design_files
from reelbatch.engines.decoding.pictures import (
    FORMATS,
    PictureTooLarge,
    PictureUnreadable,
    as_png,
    can_be_picture,
    read_picture,
)
from reelbatch.engines.lottie.byte_cache import ByteCache, content_key
from reelbatch.engines.lottie.document import Json, number
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.vector_pictures import SvgPicture, draw_svg, is_svg, read_svg
from reelbatch.models.errors import AssetInvalid, LimitExceeded
from reelbatch.models.wire.warnings import RenderWarning, WarningCode
from reelbatch.projects.footage import is_video

_EMBEDDED = ByteCache(32 * 1024**2)  # PNGs as they are embedded into documents
_HARDLY_CUT = 1  # pixels of a picture
_SHARPEST = 3.0  # pixels of a fitted picture per pixel of its box, for layers that grow


def embed_pictures(
    assets: Iterable[Json], files: TemplateFiles, limits: RenderLimits
) -> list[RenderWarning]:
    """Embed the pictures of image assets; missing ones become transparent.

    Returns a warning for each missing picture, and for each SVG that is drawn only in part.
    Raises LimitExceeded if a picture has too many pixels.
    """
    warnings: list[RenderWarning] = []
    for asset in assets:
        content = asset_content(asset, files) or b""
        box = box_of(asset)
        if is_svg(content):
            packed = _own_svg(asset, content, limits, warnings)
        else:
            packed = _own_picture(asset, content, limits, warnings)
            if box and _is_own(asset, content, files):
                packed = _cut_to(box, packed)
        width, height = box or _size_of(packed)
        _embed(asset, packed, width, height)
    return warnings


def _own_picture(
    asset: Json, content: bytes, limits: RenderLimits, warnings: list[RenderWarning]
) -> bytes:
    key = (content_key(content), limits.pixels_per_frame)
    packed = _EMBEDDED.get(key)
    if packed is None:
        try:
            packed = as_png(_open(content, limits))
            _EMBEDDED.put(key, packed)
        except PictureUnreadable:
            packed = _empty_picture(asset, content, warnings)
    return packed


def _own_svg(
    asset: Json, content: bytes, limits: RenderLimits, warnings: list[RenderWarning]
) -> bytes:
    try:
        svg = _open_svg(content, limits)
        picture = draw_svg(svg, box_of(asset), limits.pixels_per_frame)
    except PictureUnreadable:
        return _empty_picture(asset, content, warnings)
    if svg.left_out:
        warnings.append(_incomplete(_name_of(asset), svg))
    return as_png(picture)


def _is_own(asset: Json, content: bytes, files: TemplateFiles) -> bool:
    """Whether a picture is the template's own, not a static file that a job sent for it."""
    return not files.statics or asset_content(asset, replace(files, statics={})) == content


def _cut_to(box: tuple[float, float], packed: bytes) -> bytes:
    """The middle of a picture, cropped to its box's proportions so that it fills it."""
    with Image.open(io.BytesIO(packed), formats=("PNG",)) as picture:
        size = picture.width, picture.height
        scale = min(size[0] / box[0], size[1] / box[1])
        sides = [max(1, round(side * scale)) for side in box]
        if all(abs(side - whole) <= _HARDLY_CUT for side, whole in zip(sides, size, strict=True)):
            return packed
        left, top = ((whole - side) // 2 for side, whole in zip(sides, size, strict=True))
        return as_png(picture.crop((left, top, left + sides[0], top + sides[1])))


def _empty_picture(asset: Json, content: bytes, warnings: list[RenderWarning]) -> bytes:
    warnings.append(_missing_warning(asset, content))
    return as_png(Image.new("RGBA", (1, 1)))


def missing_picture(asset: Json, files: TemplateFiles) -> str | None:
    """Why an image asset will stay empty, without decoding it; None if it will not."""
    content = asset_content(asset, files)
    if content is not None and (names_video(asset) or is_svg(content)):
        return None
    if content is None or not can_be_picture(content):
        return _why_missing(asset, content)
    return None


def svg_warning(asset: Json, files: TemplateFiles) -> RenderWarning | None:
    """A warning if an SVG of the template cannot be read or will be drawn only in part.

    Raises LimitExceeded.
    """
    content = asset_content(asset, files)
    if content is None or not is_svg(content):
        return None
    try:
        svg = read_svg(content, None)
    except PictureUnreadable:
        return _missing_warning(asset, content)
    return _incomplete(_name_of(asset), svg) if svg.left_out else None


def names_video(asset: Json) -> bool:
    """Whether an image asset's file is named like a video, as in converted projects."""
    return is_video(str(asset.get("p")))


def _missing_warning(asset: Json, content: bytes | None) -> RenderWarning:
    message = _why_missing(asset, content)
    return RenderWarning(code=WarningCode.MISSING_PICTURE, message=message)


def _name_of(asset: Json) -> str:
    path = str(asset.get("p"))
    name = f"The template's picture {str(asset.get('id'))!r}"
    return name if path.startswith("data:") else f"{name} ({asset.get('u') or ''}{path})"


def _incomplete(name: str, svg: SvgPicture) -> RenderWarning:
    message = f"{name} is an SVG that is drawn without these elements: {', '.join(svg.left_out)}."
    return RenderWarning(code=WarningCode.PICTURE_INCOMPLETE, message=message)


def _why_missing(asset: Json, content: bytes | None) -> str:
    name = _name_of(asset)
    if not content:
        return f"{name} is neither in the template nor among the static assets. It stays empty."
    return f"{name} {_why_unreadable(content)} It stays empty."


def _why_unreadable(content: bytes) -> str:
    """The end of a sentence about content that is not a usable picture, with the way out."""
    if is_svg(content):
        return "is an SVG that cannot be read; export it as PNG."
    if content.startswith(design_files.STARTS):
        return "is a Photoshop or Illustrator file, which cannot be drawn; save it as PNG or SVG."
    return f"is not a picture; the supported formats are {', '.join(FORMATS)} and SVG."


def asset_content(asset: Json, files: TemplateFiles) -> bytes | None:
    """The bytes of an image or sound asset, from its data URI or the template's archive.

    None if there are none. An address on the network is never fetched.
    """
    path, folder = asset.get("p"), asset.get("u")
    if not isinstance(path, str) or not path:
        return None
    if path.startswith("data:"):
        return data_uri_content(path)
    return files.find(folder if isinstance(folder, str) else "", path)


def data_uri_content(uri: str) -> bytes | None:
    """The content of a data URI (RFC 2397); None if it is broken."""
    header, comma, body = uri.partition(",")
    if not comma:
        return None
    if not header.endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(unquote_to_bytes(body))
    except binascii.Error:
        return None


def fitted_picture(
    path: Path,
    identity: str,
    box: tuple[float, float] | None,
    limits: RenderLimits,
    warnings: list[RenderWarning],
) -> Json:
    """An image asset of the size `box` that shows a whole picture, centred and undistorted.

    Without a box it has the picture's size. An SVG that is drawn only in part is added to
    `warnings`. Raises AssetInvalid if the file is not a picture, LimitExceeded if it is too large.
    """
    content = path.read_bytes()
    key = (content_key(content), limits.pixels_per_frame, box)
    packed = _EMBEDDED.get(key)
    if packed is None:
        try:
            if is_svg(content):
                svg = _open_svg(content, limits)
                picture = draw_svg(svg, box, limits.pixels_per_frame)
                packed = as_png(picture if box is None else _fitted(picture, box, limits))
                if svg.left_out:
                    warnings.append(_incomplete(path.name, svg))
            else:
                picture = _open(content, limits)
                packed = as_png(picture if box is None else _fitted(picture, box, limits))
                _EMBEDDED.put(key, packed)
        except PictureUnreadable as error:
            raise AssetInvalid(f"{path.name} {_why_unreadable(content)}") from error
    asset: Json = {"id": identity}
    _embed(asset, packed, *(box or _size_of(packed)))
    return asset


def _fitted(picture: Image.Image, box: tuple[float, float], limits: RenderLimits) -> Image.Image:
    width, height = box
    if width * height > limits.pixels_per_frame:
        raise too_many_pixels(limits)
    scale = min(width / picture.width, height / picture.height)  # of the picture in its box
    affordable = math.sqrt(limits.pixels_per_frame / (width * height))
    sharpness = min(max(1.0, 1 / scale), _SHARPEST, affordable)
    canvas = Image.new("RGBA", (_pixels(width * sharpness), _pixels(height * sharpness)))
    fitted = picture.resize(
        (
            min(canvas.width, _pixels(picture.width * scale * sharpness)),
            min(canvas.height, _pixels(picture.height * scale * sharpness)),
        ),
        Image.Resampling.LANCZOS,
    )
    canvas.paste(fitted, ((canvas.width - fitted.width) // 2, (canvas.height - fitted.height) // 2))
    return canvas


def box_of(sized: Json) -> tuple[float, float] | None:
    """The size in pixels that an asset or layer states, or None."""
    width, height = number(sized.get("w"), 0.0), number(sized.get("h"), 0.0)
    return (width, height) if width > 0 and height > 0 else None


def _open(content: bytes, limits: RenderLimits) -> Image.Image:
    """Decode to RGBA. Raises PictureUnreadable or LimitExceeded."""
    try:
        return read_picture(content, limits.pixels_per_frame)
    except PictureTooLarge as error:
        raise too_many_pixels(limits) from error


def _open_svg(content: bytes, limits: RenderLimits) -> SvgPicture:
    """Raises PictureUnreadable or LimitExceeded."""
    try:
        return read_svg(content, limits.pixels_per_frame)
    except PictureTooLarge as error:
        raise too_many_pixels(limits) from error


def too_many_pixels(limits: RenderLimits) -> LimitExceeded:
    return LimitExceeded(
        f"A picture has more than {limits.pixels_per_frame} pixels (REELBATCH_MAX_FRAME_PIXELS)."
    )


def _pixels(length: float) -> int:
    return max(1, round(length))


def _size_of(packed: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(packed), formats=("PNG",)) as picture:
        return picture.size


def _embed(asset: Json, packed: bytes, width: float, height: float) -> None:
    encoded = base64.b64encode(packed).decode("ascii")
    asset.update(w=width, h=height, u="", p=f"data:image/png;base64,{encoded}", e=1)
