"""Collects the reasons why a picture would not look as designed.

Everything that a document cannot express is a reason, in the form of the warnings of templates and
jobs. What the document expresses but the engine does not draw is reported when the engine inspects
the document (`reelbatch.engines.lottie.undrawn`), and not here.
"""

from dataclasses import dataclass, field, replace

from reelbatch.models.wire.warnings import RenderWarning, WarningCode

_MAX_REASONS = 500  # of a composition; ten thousand layers may have one each


@dataclass
class Reasons:
    """Collects reasons without duplicates for the layer that is being converted."""

    composition: str | None = None
    layer: str | None = None
    silent: bool = False  # while an invisible layer is converted
    found: dict[RenderWarning, None] = field(default_factory=dict[RenderWarning, None])

    def add(self, code: WarningCode, message: str) -> None:
        if self.silent or len(self.found) >= _MAX_REASONS:
            return
        reason = RenderWarning(
            code=code, message=message, layer=self.layer, composition=self.composition
        )
        self.found.setdefault(reason)

    def within(self, composition: str, layer: str | None = None, *, seen: bool = True) -> "Reasons":
        """The same collection for another layer. A layer that is not `seen` has no reasons."""
        silent = self.silent or not seen
        return replace(self, composition=composition, layer=layer, silent=silent)
