"""Blend modes of fills and strokes: ThorVG knows those of groups and layers alone."""

from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, objects
from reelbatch.engines.lottie.reading.walking import all_shapes

_PAINTS = frozenset({"fl", "st", "gf", "gs"})


def blend_groups(layers: Iterable[Json]) -> None:
    """Give a group, or a layer without groups, the blend mode of its only fill or stroke."""
    for layer in layers:
        groups = [shape for shape in all_shapes(layer.get("shapes")) if shape.get("ty") == "gr"]
        for holder, key in ((layer, "shapes"), *((group, "it") for group in groups)):
            items = objects(holder.get(key))
            paints = [item for item in items if item.get("ty") in _PAINTS]
            if len(paints) == 1 and paints[0].get("bm") and not holder.get("bm"):
                holder["bm"] = paints[0].pop("bm")
