"""Compositions that a template describes in JSON, for engines that cannot find them otherwise."""

import math
from fractions import Fraction

from pydantic import Field, ValidationError

from reelbatch.engines.base import RenderLimits
from reelbatch.models.errors import LimitExceeded, RenderError, TemplateInvalid
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.stored.templates import Composition
from reelbatch.models.wire.base import WireModel

_LARGEST_DENOMINATOR = 1001
# Television's frame rates are written with two or three decimals: 29.97 means 30000/1001.
_NTSC = tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60, 120))
_NTSC_ROUNDING = 0.005  # frames a second


class DescribedComposition(WireModel):
    """One composition in a manifest."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    width: int = Field(ge=1, le=100_000)  # pixels
    height: int = Field(ge=1, le=100_000)
    frame_rate: float = Field(default=30.0, ge=1, le=240)  # frames a second
    seconds: float = Field(gt=0, le=1_000_000)

    def composition(self, default_name: str) -> Composition:
        """Return the composition, named `default_name` if the manifest doesn't name it."""
        rate = next(
            (float(known) for known in _NTSC if abs(known - self.frame_rate) < _NTSC_ROUNDING),
            self.frame_rate,
        )
        return Composition(
            name=self.name or default_name,
            width=self.width,
            height=self.height,
            frame_rate=rate,
            frames=max(1, math.floor(self.seconds * rate + 0.5)),
        )


def frames_of(composition: Composition, output: Output) -> range:
    """Return the frames of the output. Raises RenderError if any is outside the composition."""
    end = composition.frames if output.end_frame is None else output.end_frame
    if not 0 <= output.first_frame < end <= composition.frames:
        raise RenderError(
            f"The frames {output.first_frame} to {end} are outside the composition "
            f"{composition.name!r}, which has {composition.frames}."
        )
    return range(output.first_frame, end)


def rate_of(composition: Composition) -> Fraction:
    """Return frames per second as containers store them: 29.97 becomes 30000/1001."""
    return Fraction(composition.frame_rate).limit_denominator(_LARGEST_DENOMINATOR)


def check_limits(composition: Composition, limits: RenderLimits) -> None:
    """Raise LimitExceeded if the composition has too many pixels or frames."""
    size = composition.width * composition.height
    if size > limits.pixels_per_frame:
        raise LimitExceeded(
            f"The composition {composition.name!r} has {composition.width}x{composition.height} "
            f"pixels; this server allows at most {limits.pixels_per_frame} pixels a frame"
            " (REELBATCH_MAX_FRAME_PIXELS)."
        )
    if composition.frames > limits.frames:
        raise LimitExceeded(
            f"The composition {composition.name!r} has {composition.frames} frames; "
            f"this server renders at most {limits.frames} (REELBATCH_MAX_FRAMES)."
        )


def unusable(manifest: str, error: ValidationError) -> TemplateInvalid:
    """Return an error that describes the first problem; `manifest` begins its sentence."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "the JSON"
    return TemplateInvalid(f"{manifest} cannot be used: {field}: {first['msg'][:300]}.")
