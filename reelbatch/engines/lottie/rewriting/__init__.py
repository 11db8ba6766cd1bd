"""Rewrites what ThorVG draws incorrectly into what it draws correctly, just before drawing.

Each module has one rule and says what ThorVG does without it.
"""

from collections.abc import Callable

from reelbatch.engines.lottie.document import Json, number, reference
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.blending import blend_groups, isolate_precompositions
from reelbatch.engines.lottie.rewriting.effects import (
    fade_shadows,
    replace_effects,
    replace_transforms,
    widen_blurs,
)
from reelbatch.engines.lottie.rewriting.gradients import (
    GRADIENTS,
    level_radial_gradients,
    write_out_moving_stops,
)
from reelbatch.engines.lottie.rewriting.group_opacity import split_faded_groups
from reelbatch.engines.lottie.rewriting.masks import hide_without_mattes, order_masks
from reelbatch.engines.lottie.rewriting.rectangles import replace_rectangles
from reelbatch.engines.lottie.rewriting.repeaters import write_out_repeaters
from reelbatch.engines.lottie.rewriting.ridges import write_out_zigzags
from reelbatch.engines.lottie.rewriting.shrinking import shrink_pictures
from reelbatch.engines.lottie.rewriting.soft_edges import soften_edges
from reelbatch.engines.lottie.rewriting.stars import replace_stars
from reelbatch.engines.lottie.rewriting.time_remaps import hold_last_frames
from reelbatch.engines.lottie.rewriting.trims import trim_individually

_RULES: dict[str, Callable[[list[Json]], None]] = {
    "rc": replace_rectangles,
    "sr": replace_stars,
    "zz": write_out_zigzags,
    "tm": trim_individually,
    "rp": write_out_repeaters,
}
"""The rules for kinds of shapes, in the order in which they are applied."""


def rewrite(
    root: list[Json],
    precompositions: dict[str, list[Json]],
    pictures: dict[str, Json],
    frame_rate: float,
) -> None:
    """Rewrite the layers of all drawn compositions in place.

    `pictures` are the image assets that they show, by id. New ones are added to it.
    """
    fade_shadows(root, precompositions)
    compositions = [root, *precompositions.values()]
    ends = {
        name: max((number(layer.get("op"), 0.0) for layer in inner), default=0.0)
        for name, inner in precompositions.items()
    }
    replace_effects(compositions)
    replace_transforms(compositions)
    hide_without_mattes(compositions)
    widen_blurs(_layers(compositions))
    split_faded_groups(compositions)
    layers = _layers(compositions)
    hold_last_frames(layers, lambda layer: ends.get(reference(layer.get("refId")), 0.0), frame_rate)
    kinds = {shape.get("ty") for layer in layers for shape in all_shapes(layer.get("shapes"))}
    for kind, rule in _RULES.items():
        if kind in kinds:  # texts have thousands of shapes, and none of these
            rule(layers)
    if kinds.intersection(GRADIENTS):
        level_radial_gradients(layers)
        write_out_moving_stops(layers)
    blend_groups(layers)
    shrink_pictures(root, precompositions, pictures)
    soften_edges(root, precompositions, pictures)
    isolate_precompositions(root, precompositions)
    order_masks(layers)


def _layers(compositions: list[list[Json]]) -> list[Json]:
    return [layer for composition in compositions for layer in composition]
