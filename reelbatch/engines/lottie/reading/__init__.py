"""Reading a document once, after which there is one spelling of everything.

Exporters of ten years wrote the same thing in different ways, and lottie-web, the player that they
are checked with, understands all of them. What comes later, from a job's assets to ThorVG, meets
only the newest spelling.
"""

from collections.abc import Mapping

from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.reading.slots import fill_slots
from reelbatch.engines.lottie.reading.spelling import spell_alike
from reelbatch.engines.lottie.reading.versions import upgrade_version


def normalise(root: Json, theme: Mapping[str, Json]) -> None:
    """Upgrade a parsed document in its place.

    `theme` has properties by their slots' names; they win over the document's own.
    Raises LimitExceeded where the slots would make the document far larger.
    """
    upgrade_version(root)
    fill_slots(root, theme)
    spell_alike(root)
