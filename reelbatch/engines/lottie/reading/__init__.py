"""Normalises a parsed document, so that everything has a single spelling.

In ten years exporters have written the same thing in different ways, and lottie-web, the player
that exports are checked with, understands all of them. The code that comes later, from a job's
assets to ThorVG, only meets the newest spelling.
"""

from collections.abc import Mapping

from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.reading.slots import fill_slots
from reelbatch.engines.lottie.reading.spelling import unify_spelling
from reelbatch.engines.lottie.reading.versions import upgrade_version


def normalise(root: Json, theme: Mapping[str, Json]) -> None:
    """Upgrade a parsed document in place.

    `theme` has properties by slot name, which override the document's own. Raises LimitExceeded if
    the slots would make the document far larger.
    """
    upgrade_version(root)
    fill_slots(root, theme)
    unify_spelling(root)
