"""The fonts of a document, and the setting of words in them."""

from reelbatch.engines.lottie.document import Json, LottieDocument, number
from reelbatch.engines.lottie.typesetting.fontfile import FontUnreadable
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.letters import Run, Typeface
from reelbatch.engines.lottie.typesetting.lines import Line, disabled_features, set_paragraphs
from reelbatch.engines.lottie.typesetting.own_glyphs import (
    entry_face,
    font_entries,
    read_own_glyphs,
    unlisted_face,
)
from reelbatch.engines.lottie.typesetting.style import read_style, styled_runs, words_of
from reelbatch.models.errors import AssetInvalid

_USUAL_ASCENT = 72.0  # percent of the font size: Helvetica's


class TypeCase:
    """The fonts of a document."""

    def __init__(self, document: LottieDocument, shelf: FontShelf) -> None:
        self._shelf = shelf
        self._own_glyphs = read_own_glyphs(document)
        self._entries = {
            name: entry
            for entry in reversed(font_entries(document))
            if isinstance(name := entry.get("fName"), str)
        }

    def typeface(self, text: Json) -> Typeface:
        """The typeface of a text document."""
        name = text.get("f")
        entry = self._entries.get(name) if isinstance(name, str) else None
        requested = entry_face(entry) if entry is not None else unlisted_face(name)
        own = self._own_glyphs.get((requested.family, requested.style), {})
        return Typeface(
            shelf=self._shelf, requested=requested, font=self._shelf.choose(requested), own=own
        )

    def ascent(self, text: Json) -> float:
        """From the top of a text's box to its first baseline, in hundredths of the font size."""
        name = text.get("f")
        entry = self._entries.get(name) if isinstance(name, str) else None
        return number((entry or {}).get("ascent"), _USUAL_ASCENT)

    def paragraphs(self, text: Json, *, is_animated: bool = False) -> list[Line]:
        """Set a text document's words in lines, one per paragraph. Raises AssetInvalid."""
        runs = (self._run(run, is_animated=is_animated) for run in styled_runs(text))
        try:
            return set_paragraphs(list(runs))
        except FontUnreadable as error:
            raise AssetInvalid(f"The font cannot be drawn: {error}.") from error

    def _run(self, text: Json, *, is_animated: bool) -> Run:
        style = read_style(text)
        return Run(
            words=words_of(text),
            face=self.typeface(text),
            style=style,
            disabled_features=disabled_features(style, is_animated=is_animated),
        )
