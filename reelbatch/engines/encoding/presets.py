"""The encoder settings for each video codec of `reelbatch.models.wire.codecs`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from reelbatch.models.wire.codecs import Codec

_HIGH_DEFINITION = 1280 * 720  # pixels from which a second encoder thread pays off
_KEY_FRAME_SECONDS = 2

# Without this option, x264's faster assembly reads uninitialised memory, and equal frames give
# different bytes about once in a hundred times. With a second thread no option prevents that.
_X264_REPEATABLE = "cpu-independent=1"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """An encoder and a container with their options."""

    encoder: str
    pixel_format: str
    container: str
    options: Mapping[str, str]
    threads: int
    key_frame_distance: int  # frames
    sound_encoder: str
    keeps_alpha: bool = False
    bitrate: int = 0  # bits per second; 0 for constant quality
    container_options: Mapping[str, str] = field(default_factory=dict[str, str])


def preset_of(
    codec: Codec, *, width: int, height: int, frame_rate: Fraction, draft: bool
) -> Preset:
    """Return the preset for a video codec other than GIF."""
    threads = 2 if width * height >= _HIGH_DEFINITION else 1
    distance = max(1, round(frame_rate * _KEY_FRAME_SECONDS))
    if codec.bitrate is not None:
        return _h264(codec, codec.bitrate, distance, draft=draft)
    if codec.name == "video_vp9":
        return _vp9(threads, distance, draft=draft)
    if codec.name == "video_av1":
        return _av1(threads, distance, draft=draft)
    return _prores(codec, threads)


def _h264(codec: Codec, bitrate: int, distance: int, *, draft: bool) -> Preset:
    if codec.constant_bitrate:
        # Filler pads easy pictures, so that the bit rate is the one in the codec's name.
        rate = {"minrate": f"{bitrate}", "bufsize": f"{bitrate}"}
        private = f"{_X264_REPEATABLE}:nal-hrd=cbr:force-cfr=1"
    else:
        rate = {"crf": "26" if draft else "20", "bufsize": f"{2 * bitrate}"}
        private = _X264_REPEATABLE
    return Preset(
        encoder="libx264",
        pixel_format="yuv420p",
        container="mp4",
        options={
            "preset": "ultrafast" if draft else "veryfast",
            "maxrate": f"{bitrate}",
            "x264-params": private,
            "flags": "+bitexact",
            **rate,
        },
        threads=1,
        key_frame_distance=distance,
        sound_encoder="aac",
        bitrate=bitrate if codec.constant_bitrate else 0,
        container_options={"movflags": "+faststart"},
    )


def _vp9(threads: int, distance: int, *, draft: bool) -> Preset:
    return Preset(
        encoder="libvpx-vp9",
        pixel_format="yuv420p",
        container="webm",
        options={
            "deadline": "realtime",
            "cpu-used": "8" if draft else "6",
            "crf": "36" if draft else "30",
            "row-mt": "1",
            "flags": "+bitexact",
        },
        threads=threads,
        key_frame_distance=distance,
        sound_encoder="libopus",
    )


def _av1(threads: int, distance: int, *, draft: bool) -> Preset:
    return Preset(
        encoder="libsvtav1",
        pixel_format="yuv420p",
        container="mp4",
        options={
            # SVT-AV1 warns of visible artefacts from preset 10 on.
            "preset": "10" if draft else "9",
            "crf": "38" if draft else "32",
            "svtav1-params": f"lp={threads}",
            "flags": "+bitexact",
        },
        threads=threads,
        key_frame_distance=distance,
        sound_encoder="aac",
        container_options={"movflags": "+faststart"},
    )


def _prores(codec: Codec, threads: int) -> Preset:
    """Return ProRes 422 (standard) or 4444, in which every frame is a key frame."""
    return Preset(
        encoder="prores_ks",
        pixel_format="yuva444p10le" if codec.alpha else "yuv422p10le",
        container="mov",
        options={"profile": "4444" if codec.alpha else "standard", "flags": "+bitexact"},
        threads=threads,
        key_frame_distance=1,
        sound_encoder="pcm_s16le",
        keeps_alpha=codec.alpha,
    )
