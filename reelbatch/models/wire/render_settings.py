"""What the output of a job is, as clients ask for it (contract 3.4)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from reelbatch.models.wire.base import NOT_BOOLEAN, LenientWireModel, WireModel
from reelbatch.models.wire.codecs import OutputType, find_codec

FrameNumber = Annotated[int, Field(ge=0), NOT_BOOLEAN]
FrameRange = Annotated[list[FrameNumber], Field(json_schema_extra={"minItems": 2, "maxItems": 2})]


_LONGEST_FILM = 1e9  # seconds, which no film has


def _checked_poster(poster: object) -> object:
    """None for none; a moment is never an integer, since one equals true."""
    if poster is None or isinstance(poster, bool):
        return poster or None
    if isinstance(poster, int | float) and 0 <= poster <= _LONGEST_FILM:
        return float(poster)
    raise ValueError("must be true, false, or a moment of the film in seconds, from 0")


_Moment = Annotated[float, Field(ge=0, le=_LONGEST_FILM)]
Poster = Annotated[bool | _Moment | None, BeforeValidator(_checked_poster)]
"""The still that comes with a film: of its middle if true, or of a moment in seconds."""


class RenderSettings(WireModel):
    """What the output is (contract 3.4). Frames count from 0; a range's end is exclusive."""

    type: Literal["video", "image", "aep"] | None = None
    frames: FrameNumber | FrameRange | None = None
    quality: Literal["draft", "full"] | None = None
    codec: str | None = None
    engine: Literal["ae2025", "ae2026"] | None = None
    poster: Poster = None  # of a film; beside the contract

    @property
    def output_type(self) -> OutputType:
        """As `type` says, else as the codec does."""
        if self.type is not None:
            return self.type
        codec = find_codec(self.codec) if self.codec else None
        return codec.output_type if codec else "video"

    @field_validator("frames")
    @classmethod
    def _range_ascends(cls, frames: int | list[int] | None) -> int | list[int] | None:
        if isinstance(frames, list) and (len(frames) != 2 or frames[1] <= frames[0]):
            raise ValueError("a range is exactly [first, end] with end greater than first")
        return frames


class NestedSettings(RenderSettings, LenientWireModel):
    """Those of a nested job, where the contract refuses no field."""
