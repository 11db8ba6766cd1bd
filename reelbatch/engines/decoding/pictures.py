"""Reading picture files, which are untrusted: upright, in sRGB, with straight alpha."""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError)
"""What Pillow raises for a damaged file."""

_UNREADABLE_PROFILE = (ImageCms.PyCMSError, OSError, ValueError)
_FAST = 1  # PNG's compression
_JPEG, _END_OF_JPEG = b"\xff\xd8\xff", b"\xff\xd9"
_OTHER_DATA = b"\x55" * 64  # in place of what is missing: the rows that it changes are not there
_BLOCK = 16  # rows: no more than the last blocks of a JPEG may be missing
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF
_WHITE_IS_ZERO, _SIGNED = 0, 2  # a value of each of the last two
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}  # Pillow's, by a profile's colour space
_SAME = 1  # levels that a profile which says sRGB may differ by


class PictureUnreadable(Exception):
    """The content is not a picture of a known format."""


class PictureTooLarge(Exception):
    """The picture has more pixels than allowed."""


def read_picture(content: bytes, most_pixels: int) -> Image.Image:
    """Decode to RGBA: turned as its EXIF says, and in sRGB where it has a colour profile.

    Raises PictureUnreadable or PictureTooLarge.
    """
    try:
        return _read(content, most_pixels)
    except PictureUnreadable:
        if not content.startswith(_JPEG):
            raise
        return _read_without_end(content, most_pixels)


def as_png(picture: Image.Image) -> bytes:
    """Packed quickly: it lives in memory, for one render."""
    packed = io.BytesIO()
    picture.save(packed, "PNG", compress_level=_FAST)
    return packed.getvalue()


def can_be_picture(content: bytes) -> bool:
    """Whether it begins as a picture does; its pixels are not looked at."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS):
            return True
    except (Image.DecompressionBombError, *UNREADABLE):
        return False


def _read(content: bytes, most_pixels: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > most_pixels:
                raise PictureTooLarge
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            return _in_srgb(_in_8_bits(upright, picture)).convert("RGBA")
    except Image.DecompressionBombError as error:
        raise PictureTooLarge from error
    except UNREADABLE as error:
        raise PictureUnreadable from error


def _read_without_end(content: bytes, most_pixels: int) -> Image.Image:
    """A JPEG that lacks its last bytes, which browsers show; half a picture is refused."""
    shown = _read(content + _END_OF_JPEG, most_pixels)
    other = _read(content + _OTHER_DATA + _END_OF_JPEG, most_pixels)
    missing = ImageChops.difference(shown.convert("RGB"), other.convert("RGB")).getbbox()
    if missing is not None and shown.height - missing[1] > _BLOCK:
        raise PictureUnreadable
    return shown


def _in_8_bits(picture: Image.Image, file: Image.Image) -> Image.Image:
    """Greys of 16 and 32 bits and floats as 8 bits, of which Pillow keeps the lowest ones.

    `file` is the picture as it was opened.
    """
    transparent: Any = picture.info.get("transparency")
    if not picture.mode.startswith(("I", "F")):
        if isinstance(transparent, tuple):  # a colour, by 16 bits a channel where the file has them
            colour = cast("tuple[int, ...]", transparent)
            is_fine = max(colour) > 255
            picture.info["transparency"] = (
                tuple(part >> 8 for part in colour) if is_fine else colour
            )
        return picture
    values = np.asarray(picture)
    grey = Image.fromarray(_greys(values, getattr(file, "tag_v2", {})))
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    grey.info["icc_profile"] = picture.info.get("icc_profile")
    return grey


def _greys(values: npt.NDArray[np.generic], tags: Mapping[int, Any]) -> npt.NDArray[np.uint8]:
    """Floats count from 0 (black) to 1, whole numbers to the largest of their bits."""
    largest = 1.0
    if values.dtype.kind != "f":
        (bits, *_) = tags.get(_BITS, (values.dtype.itemsize * 8,))
        is_signed = tags.get(_SAMPLE_FORMAT) == (_SIGNED,)
        if values.dtype.itemsize == 4 and not is_signed:
            values = values.view(np.uint32)  # Pillow has none of its own
        largest = 2.0 ** (bits - is_signed) - 1
    shares = np.nan_to_num(values.astype(np.float32) / largest, nan=0.0, posinf=1.0, neginf=0.0)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        shares = 1 - shares
    return np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)


def _in_srgb(picture: Image.Image) -> Image.Image:
    """What its colour profile makes of it; a profile that cannot be used is left out."""
    profile = picture.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return picture
    try:
        return _converted(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except _UNREADABLE_PROFILE:
        return picture


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    space: str = cast("Any", profile).profile.xcolor_space
    mode = _MODES.get(space.strip())
    if mode not in _modes_for(picture.mode):
        return picture  # a profile of something else
    transform = ImageCms.buildTransform(profile, srgb_profile(), mode, "RGB")
    if mode == "RGB" and _changes_nothing(transform):
        return picture
    colours = ImageCms.applyTransform(picture.convert(mode), transform)
    if colours is not None and picture.has_transparency_data:
        colours.putalpha(picture.convert("RGBA").getchannel("A"))
    return colours or picture


def _modes_for(mode: str) -> tuple[str, ...]:
    """What the colours of a picture may be read as."""
    if mode == "CMYK":
        return ("CMYK",)
    return ("L", "RGB") if mode in ("1", "L", "LA") else ("RGB",)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB, which then stays as exact as it is."""
    probe = _probe()
    changed = ImageCms.applyTransform(probe, transform)
    difference = ImageChops.difference(probe, changed or probe).getextrema()
    return np.max(difference) <= _SAME


@cache
def srgb_profile() -> ImageCms.ImageCmsProfile:
    """The colours of all outputs."""
    profile = cast("Any", ImageCms).createProfile("sRGB")  # its result has no type
    return ImageCms.ImageCmsProfile(profile)


@cache
def _probe() -> Image.Image:
    """Ramps of red, green, blue and grey."""
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis]
    shares = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.uint8)
    return Image.fromarray(ramp * shares[:, np.newaxis, :])
