"""Compositions that a template describes in JSON, where an engine cannot look for itself."""

import math

from pydantic import Field, ValidationError

from reelbatch.engines.base import RenderLimits
from reelbatch.models.errors import LimitExceeded, TemplateInvalid
from reelbatch.models.stored.templates import Composition
from reelbatch.models.wire.base import WireModel


class DescribedComposition(WireModel):
    """What a manifest says of one composition."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    width: int = Field(ge=1, le=100_000)  # pixels
    height: int = Field(ge=1, le=100_000)
    frame_rate: float = Field(default=30.0, ge=1, le=240)  # frames a second
    seconds: float = Field(gt=0, le=1_000_000)

    def composition(self, usual_name: str) -> Composition:
        """`usual_name` is that of one without a name."""
        return Composition(
            name=self.name or usual_name,
            width=self.width,
            height=self.height,
            frame_rate=self.frame_rate,
            frames=max(1, math.floor(self.seconds * self.frame_rate + 0.5)),
        )


def check_limits(composition: Composition, limits: RenderLimits) -> None:
    """Raises LimitExceeded."""
    size = composition.width * composition.height
    if size > limits.pixels_per_frame:
        raise LimitExceeded(
            f"The composition {composition.name!r} has {composition.width}x{composition.height} "
            f"pixels; this server takes at most {limits.pixels_per_frame} pixels a frame."
        )
    if composition.frames > limits.frames:
        raise LimitExceeded(
            f"The composition {composition.name!r} has {composition.frames} frames; "
            f"this server renders at most {limits.frames}."
        )


def unusable(manifest: str, error: ValidationError) -> TemplateInvalid:
    """The error that tells of the first problem; `manifest` begins its sentence."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "the JSON"
    return TemplateInvalid(f"{manifest} cannot be used: {field}: {first['msg'][:300]}.")
