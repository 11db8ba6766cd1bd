"""Fills slots: named properties that can be set in one place.

A property with a `sid` gets the content of that name in the root's `slots`
(https://lottie.github.io/lottie-spec/). It keeps its `sid`, so that a job can set it.
"""

import copy
import json
from collections.abc import Mapping

from reelbatch.engines.lottie.document import Json, array, is_object
from reelbatch.engines.lottie.reading.walking import all_objects
from reelbatch.models.errors import LimitExceeded

_MAX_FILLED = 32 * 1024**2  # characters of JSON that slots put into a document


def fill_slots(root: Json, theme: Mapping[str, Json]) -> None:
    """Give the properties with a slot the slot's content. Raises LimitExceeded."""
    own = root.pop("slots", None)
    slots: dict[str, object] = {}
    if is_object(own):
        slots |= {name: slot.get("p") for name, slot in own.items() if is_object(slot)}
    slots |= theme
    if not slots:
        return
    sizes = {name: len(json.dumps(content)) for name, content in slots.items()}
    filled = 0
    for animated in list(all_objects(root)):
        name = animated.get("sid")
        if not isinstance(name, str) or name not in slots:
            continue
        filled += sizes[name]
        if filled > _MAX_FILLED:
            raise LimitExceeded("The template's slots make it too large.")
        _fill(animated, slots[name])


def _fill(animated: Json, content: object) -> None:
    if array(content):  # the plain value
        animated.update(a=0, k=copy.deepcopy(content))
    elif is_object(content):
        if is_object(inner := content.get("k")) and "k" in inner:  # a gradient and its stops
            content = inner
        animated.pop("x", None)
        animated.update(copy.deepcopy(content))
