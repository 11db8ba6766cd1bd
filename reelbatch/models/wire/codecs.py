"""The contract's output codecs, in both spellings, and the files that they produce."""

from dataclasses import dataclass
from typing import Literal

OutputType = Literal["video", "image", "aep"]


@dataclass(frozen=True)
class Codec:
    """The properties of a codec: its kind of output, its file type and whether it keeps alpha."""

    name: str  # always the prefixed spelling
    extension: str
    media_type: str
    alpha: bool = False
    bitrate: int | None = None  # bits per second; None: the quality decides
    constant_bitrate: bool = False
    joinable: bool = False  # files that begin with a key frame can be joined into one film

    @property
    def output_type(self) -> OutputType:
        if self.name == "aep":
            return "aep"
        return "video" if self.name.startswith("video_") else "image"


def _h264(mode: Literal["vbr", "cbr"], megabits: int) -> Codec:
    return Codec(
        f"video_h264_{mode}_{megabits}mbps",
        "mp4",
        "video/mp4",
        bitrate=megabits * 1_000_000,
        constant_bitrate=mode == "cbr",
        joinable=True,
    )


_ALL = (
    *(_h264("vbr", megabits) for megabits in (1, 5, 15, 40)),
    *(_h264("cbr", megabits) for megabits in (1, 5, 15, 40)),
    Codec("video_prores_422", "mov", "video/quicktime", joinable=True),
    Codec("video_prores_4444", "mov", "video/quicktime", alpha=True, joinable=True),
    Codec("video_vp9", "webm", "video/webm", joinable=True),
    Codec("video_av1", "mp4", "video/mp4", joinable=True),
    Codec("video_gif", "gif", "image/gif"),
    Codec("image_png", "png", "image/png", alpha=True),
    Codec("image_jpeg", "jpg", "image/jpeg"),
    Codec("image_webp", "webp", "image/webp", alpha=True),
)

CODECS: dict[str, Codec] = {codec.name: codec for codec in _ALL}
DEFAULT_CODEC: dict[OutputType, str] = {"video": "video_h264_vbr_15mbps", "image": "image_png"}
PREVIEW_CODEC: dict[OutputType, str] = {"video": "video_h264_vbr_1mbps", "image": "image_jpeg"}

PROJECT_CODEC = Codec("aep", "zip", "application/zip")
"""The output of `type: aep`, which only engines with After Effects make. Clients cannot name it."""

POSTER_CODEC = CODECS["image_jpeg"]
"""The codec of the still that comes with a film; no film has its extension."""


def find_codec(name: str) -> Codec | None:
    """Look up a codec by name: `video_h264_vbr_15mbps`, or the older `h264_vbr_15mbps`."""
    for spelling in (name, f"video_{name}", f"image_{name}"):
        if spelling in CODECS:
            return CODECS[spelling]
    return None


def codec_named(name: str) -> Codec:
    """The codec of an output whose name has been validated. Raises KeyError."""
    return PROJECT_CODEC if name == PROJECT_CODEC.name else CODECS[name]
