"""What the output of a job is, as clients ask for it (contract 3.4)."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from reelbatch.models.wire.base import LenientWireModel, WholeNumber, WireModel

FrameNumber = Annotated[WholeNumber, Field(ge=0)]
FrameRange = Annotated[list[FrameNumber], Field(json_schema_extra={"minItems": 2, "maxItems": 2})]


class RenderSettings(WireModel):
    """What the output is (contract 3.4). Frames count from 0; a range's end is exclusive."""

    type: Literal["video", "image", "aep"] | None = None
    frames: FrameNumber | FrameRange | None = None
    quality: Literal["draft", "full"] | None = None
    codec: str | None = None
    engine: Literal["ae2025", "ae2026"] | None = None

    @field_validator("frames")
    @classmethod
    def _range_ascends(cls, frames: int | list[int] | None) -> int | list[int] | None:
        if isinstance(frames, list) and (len(frames) != 2 or frames[1] <= frames[0]):
            raise ValueError("a range is exactly [first, end] with end greater than first")
        return frames


class NestedSettings(RenderSettings, LenientWireModel):
    """Those of a nested job, where the contract refuses no field."""
