"""Reading untrusted picture files: upright, in sRGB, with straight alpha."""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError)
"""The exceptions that Pillow raises for a damaged file."""

_UNREADABLE_PROFILE = (ImageCms.PyCMSError, OSError, ValueError)
_FAST = 1  # PNG compression level
_JPEG, _END_OF_JPEG = b"\xff\xd8\xff", b"\xff\xd9"
_OTHER_DATA = b"\x55" * 64  # stands for the missing bytes: the rows that it changes are missing
_BLOCK = 16  # rows: only the last row of a JPEG's blocks may be missing
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF
_WHITE_IS_ZERO, _SIGNED = 0, 2  # values of the last two tags
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}  # Pillow's modes by a profile's colour space
_SAME = 1  # levels by which a profile may differ from sRGB and still count as sRGB


class PictureUnreadable(Exception):
    """The content is not a picture in a supported format."""


class PictureTooLarge(Exception):
    """The picture has more pixels than allowed."""


def read_picture(content: bytes, most_pixels: int) -> Image.Image:
    """Decode a picture to RGBA, turned upright by its EXIF data and converted to sRGB.

    Args:
        content: A PNG, JPEG, WebP, GIF, BMP or TIFF file.
        most_pixels: The largest width times height to accept.

    Returns:
        A picture of the mode RGBA with straight alpha; of an animation, the first frame.

    Raises:
        PictureUnreadable: The content is damaged, or not in a supported format.
        PictureTooLarge: The picture has more pixels than allowed.
    """
    try:
        return _read(content, most_pixels)
    except PictureUnreadable:
        if not content.startswith(_JPEG):
            raise
        return _read_without_end(content, most_pixels)


def as_png(picture: Image.Image) -> bytes:
    """Return a PNG that is compressed quickly: it lives in memory, for one render."""
    packed = io.BytesIO()
    picture.save(packed, "PNG", compress_level=_FAST)
    return packed.getvalue()


def can_be_picture(content: bytes) -> bool:
    """Whether the content begins like a picture. Its pixels are not decoded."""
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
    """Decode a JPEG without its last bytes, as browsers do; half a picture is refused."""
    shown = _read(content + _END_OF_JPEG, most_pixels)
    other = _read(content + _OTHER_DATA + _END_OF_JPEG, most_pixels)
    missing = ImageChops.difference(shown.convert("RGB"), other.convert("RGB")).getbbox()
    if missing is not None and shown.height - missing[1] > _BLOCK:
        raise PictureUnreadable
    return shown


def _in_8_bits(picture: Image.Image, file: Image.Image) -> Image.Image:
    """Scale greys of 16 bits, 32 bits and floats to 8 bits; Pillow would keep the lowest bits.

    `file` is the picture as it was opened.
    """
    transparent: Any = picture.info.get("transparency")
    if not picture.mode.startswith(("I", "F")):
        if isinstance(transparent, tuple):  # a colour, with 16 bits a channel if the file has them
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
    """Scale greys to 8 bits. Floats range from 0 (black) to 1, integers to their largest value."""
    largest = 1.0
    if values.dtype.kind != "f":
        (bits, *_) = tags.get(_BITS, (values.dtype.itemsize * 8,))
        is_signed = tags.get(_SAMPLE_FORMAT) == (_SIGNED,)
        if values.dtype.itemsize == 4 and not is_signed:
            values = values.view(np.uint32)  # Pillow has no unsigned mode of 32 bits
        largest = 2.0 ** (bits - is_signed) - 1
    shares = np.nan_to_num(values.astype(np.float32) / largest, nan=0.0, posinf=1.0, neginf=0.0)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        shares = 1 - shares
    return np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Apply the picture's colour profile; an unusable profile is ignored."""
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
        return picture  # the profile is for another kind of picture
    transform = ImageCms.buildTransform(profile, srgb_profile(), mode, "RGB")
    if mode == "RGB" and _changes_nothing(transform):
        return picture
    colours = ImageCms.applyTransform(picture.convert(mode), transform)
    if colours is not None and picture.has_transparency_data:
        colours.putalpha(picture.convert("RGBA").getchannel("A"))
    return colours or picture


def _modes_for(mode: str) -> tuple[str, ...]:
    """Return the modes to which a picture of `mode` may be converted for its profile."""
    if mode == "CMYK":
        return ("CMYK",)
    return ("L", "RGB") if mode in ("1", "L", "LA") else ("RGB",)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB, so that the colours can stay exactly as they are."""
    probe = _probe()
    changed = ImageCms.applyTransform(probe, transform)
    difference = ImageChops.difference(probe, changed or probe).getextrema()
    return np.max(difference) <= _SAME


@cache
def srgb_profile() -> ImageCms.ImageCmsProfile:
    """Return the profile of all outputs."""
    profile = cast("Any", ImageCms).createProfile("sRGB")  # its result has no type
    return ImageCms.ImageCmsProfile(profile)


@cache
def _probe() -> Image.Image:
    """Return ramps of red, green, blue and grey."""
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis]
    shares = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.uint8)
    return Image.fromarray(ramp * shares[:, np.newaxis, :])
