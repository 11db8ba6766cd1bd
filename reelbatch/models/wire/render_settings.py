"""The output that clients request for a job (contract 3.4)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from reelbatch.models.wire.base import NOT_BOOLEAN, LenientWireModel, WireModel
from reelbatch.models.wire.codecs import OutputType, find_codec

FrameNumber = Annotated[int, Field(ge=0), NOT_BOOLEAN]
FrameRange = Annotated[list[FrameNumber], Field(json_schema_extra={"minItems": 2, "maxItems": 2})]


_MAX_FILM_SECONDS = 1e9  # seconds; longer than any film


def _checked_poster(poster: object) -> object:
    """Turn false into None, and moments into floats: an integer 1 would equal true."""
    if poster is None or isinstance(poster, bool):
        return poster or None
    if isinstance(poster, int | float) and 0 <= poster <= _MAX_FILM_SECONDS:
        return float(poster)
    raise ValueError("must be true, false, or a moment of the film in seconds, 0 or later")


_Moment = Annotated[float, Field(ge=0, le=_MAX_FILM_SECONDS)]
Poster = Annotated[bool | _Moment | None, BeforeValidator(_checked_poster)]
"""The still that comes with a film: its middle if true, or the frame at a moment in seconds."""


class RenderSettings(WireModel):
    """The output of a job (contract 3.4). Frames count from 0; the end of a range is exclusive."""

    type: Literal["video", "image", "aep"] | None = None
    frames: FrameNumber | FrameRange | None = None
    quality: Literal["draft", "full"] | None = None
    codec: str | None = None
    engine: Literal["ae2025", "ae2026"] | None = None
    poster: Poster = None  # of a film; not part of the contract

    @property
    def output_type(self) -> OutputType:
        """The type that `type` gives, or else the codec's."""
        if self.type is not None:
            return self.type
        codec = find_codec(self.codec) if self.codec else None
        return codec.output_type if codec else "video"

    @field_validator("frames")
    @classmethod
    def _range_ascends(cls, frames: int | list[int] | None) -> int | list[int] | None:
        if isinstance(frames, list) and (len(frames) != 2 or frames[1] <= frames[0]):
            raise ValueError("must be [first, end], with end greater than first")
        return frames


class NestedSettings(RenderSettings, LenientWireModel):
    """The settings of a nested job, in which the contract allows unknown fields."""
