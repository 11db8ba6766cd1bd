"""The clips of a join and their places in the output."""

import math
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelbatch.engines.base import RenderLimits, ResolvedAsset
from reelbatch.engines.decoding import Footage
from reelbatch.models.errors import AssetInvalid, LimitExceeded
from reelbatch.models.wire.assets import layer_names

# Frames per second of an output. The first clip's rate may be nonsense, or one picture a minute.
_LOWEST_RATE, _HIGHEST_RATE = Fraction(1), Fraction(240)
_LARGEST_DENOMINATOR = 1001  # 30000/1001 and its family
_ROUNDING = Fraction(1, 10)  # frames: containers round the end of a clip to their own ticks


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip of the output."""

    place: str  # its name in messages
    file: Path
    start: int  # first frame in the output
    frames: int  # number of frames in the output
    has_sound: bool

    @property
    def end(self) -> int:
        """The frame of the output after the clip's last one."""
        return self.start + self.frames


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All clips on the output's time line. The size and the frame rate are the first clip's."""

    width: int  # pixels
    height: int  # pixels
    frame_rate: Fraction
    clips: Sequence[Clip]

    @property
    def frames(self) -> int:
        return self.clips[-1].end


def read_timeline(assets: Sequence[ResolvedAsset], limits: RenderLimits) -> Timeline:
    """Read the duration of every clip. Raises AssetInvalid or LimitExceeded, naming the clip."""
    first = assets[0]
    with naming(_place(first)), closing(Footage(_file(first), limits)) as footage:
        width, height = (max(1, round(side)) for side in footage.size)
        frame_rate = footage.frame_rate.limit_denominator(_LARGEST_DENOMINATOR)
    if width * height > limits.pixels_per_frame:
        raise LimitExceeded(
            f"The first clip has {width}x{height} pixels; "
            f"this server allows at most {limits.pixels_per_frame} pixels a frame"
            " (REELBATCH_MAX_FRAME_PIXELS)."
        )
    frame_rate = min(max(frame_rate, _LOWEST_RATE), _HIGHEST_RATE)
    clips: list[Clip] = []
    for asset in assets:
        start = clips[-1].end if clips else 0
        clips.append(_read_clip(asset, start, frame_rate, limits))
        if clips[-1].end > limits.frames:
            raise LimitExceeded(
                f"The clips up to {clips[-1].place} have {clips[-1].end} frames; "
                f"this server renders at most {limits.frames} (REELBATCH_MAX_FRAMES)."
            )
    return Timeline(width=width, height=height, frame_rate=frame_rate, clips=clips)


@contextmanager
def naming(place: str) -> Generator[None]:
    """Prefix errors with the clip that they are about."""
    try:
        yield
    except AssetInvalid as error:
        raise AssetInvalid(f"{place}: {error.message}") from error
    except LimitExceeded as error:
        raise LimitExceeded(f"{place}: {error.message}") from error


def _read_clip(
    asset: ResolvedAsset, start: int, frame_rate: Fraction, limits: RenderLimits
) -> Clip:
    file, place = _file(asset), _place(asset)
    with naming(place), closing(Footage(file, limits)) as footage:
        frames = max(1, math.ceil(footage.duration() * frame_rate - _ROUNDING))
        return Clip(place=place, file=file, start=start, frames=frames, has_sound=footage.has_sound)


def _place(asset: ResolvedAsset) -> str:
    return layer_names(asset.asset)[0]


def _file(asset: ResolvedAsset) -> Path:
    if asset.file is None:
        raise AssetInvalid(f"{_place(asset)}: The file is missing.")
    return asset.file
