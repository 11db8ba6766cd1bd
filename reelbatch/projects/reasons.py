"""Why a picture would not look as designed: each thing that a document cannot say is a reason.

A reason is a warning, in the shape that templates and jobs have. What the document says and the
engine does not draw is told where the engine looks into the document
(`reelbatch.engines.lottie.undrawn`), and not here.
"""

from dataclasses import dataclass, field, replace

from reelbatch.models.wire.warnings import RenderWarning, WarningCode

_MOST_REASONS = 500  # of one composition; a project of ten thousand layers has one for each


@dataclass
class Reasons:
    """Collects reasons, each once, for the layer that is being converted."""

    composition: str | None = None
    layer: str | None = None
    silent: bool = False  # while a layer is converted that nobody sees
    found: dict[RenderWarning, None] = field(default_factory=dict[RenderWarning, None])

    def add(self, code: WarningCode, message: str) -> None:
        if self.silent or len(self.found) >= _MOST_REASONS:
            return
        reason = RenderWarning(
            code=code, message=message, layer=self.layer, composition=self.composition
        )
        self.found.setdefault(reason)

    def within(self, composition: str, layer: str | None = None, *, seen: bool = True) -> "Reasons":
        """The same collection, for another layer. One that is not `seen` has no reasons."""
        silent = self.silent or not seen
        return replace(self, composition=composition, layer=layer, silent=silent)
