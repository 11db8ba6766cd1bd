"""Blend modes of fills and strokes, and blending inside precompositions.

ThorVG only supports the blend modes of groups and layers, and lets a precomposition's layers blend
with what is below the precomposition.
"""

from collections.abc import Iterable, Mapping

from reelbatch.engines.lottie.document import Json, layer_type, objects, reference
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.placement import masks, sides
from reelbatch.engines.lottie.rewriting.soft_edges import box_mask

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


def isolate_precompositions(root: list[Json], precompositions: Mapping[str, list[Json]]) -> None:
    """Make ThorVG draw precompositions with blend modes separately.

    Two masks make it do that; a single mask only clips.
    """
    blended = {name for name, layers in precompositions.items() if any(map(_blends, layers))}
    for layers in (root, *precompositions.values()) if blended else ():
        for layer in layers:
            box = sides(layer) if layer_type(layer) == "precomp" else None
            if box and reference(layer.get("refId")) in blended and not masks(layer):
                whole = box_mask(box, (0.0, 0.0))
                layer["masksProperties"] = [whole, whole | {"mode": "i"}]


def _blends(layer: Json) -> bool:
    return any(one.get("bm") for one in (layer, *all_shapes(layer.get("shapes"))))
