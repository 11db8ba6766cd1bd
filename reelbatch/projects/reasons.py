"""Why a picture would not look as designed: each thing that a document cannot say is a reason.

A code is stable, and so is what it means; the message says it with the project's own names.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

_MOST_REASONS = 500  # of one composition; a project of ten thousand layers has one for each


class Feature(StrEnum):
    """The codes of reasons."""

    ADJUSTMENT_LAYER = "adjustment_layer"
    AUTO_ORIENT = "auto_orient"
    BLENDING_MODE = "blending_mode"
    CAMERA = "camera"
    COLLAPSED = "collapse_transformations"
    EFFECT = "effect"
    ESSENTIAL = "essential_properties"
    EXPRESSION = "expression"
    FOOTAGE_FORMAT = "footage_format"
    FOOTAGE_MISSING = "footage_missing"
    FRAME_BLENDING = "frame_blending"
    GRADIENT = "gradient"
    LAYER_STYLE = "layer_style"
    LAYER_TYPE = "layer_type"
    LIGHT = "light"
    MASK = "mask"
    MATTE = "matte"
    MOTION_BLUR = "motion_blur"
    PIXEL_ASPECT = "pixel_aspect"
    PRESERVE_TRANSPARENCY = "preserve_transparency"
    SHAPE = "shape"
    TEXT = "text"
    THREE_D = "three_d"
    TRANSFORM = "transform"
    UNREAD = "unread"


@dataclass(frozen=True)
class Reason:
    """One thing that is not drawn as the project means it."""

    code: str
    message: str
    layer: str | None = None
    composition: str | None = None


@dataclass
class Reasons:
    """Collects reasons, each once, for the layer that is being converted."""

    composition: str | None = None
    layer: str | None = None
    silent: bool = False  # while a layer is converted that nobody sees
    found: dict[Reason, None] = field(default_factory=dict[Reason, None])

    def add(self, feature: Feature, message: str) -> None:
        if not self.silent and len(self.found) < _MOST_REASONS:
            reason = Reason(feature, message, layer=self.layer, composition=self.composition)
            self.found.setdefault(reason)

    def within(self, composition: str, layer: str | None = None, *, seen: bool = True) -> "Reasons":
        """The same collection, for another layer. One that is not `seen` has no reasons."""
        silent = self.silent or not seen
        return replace(self, composition=composition, layer=layer, silent=silent)
