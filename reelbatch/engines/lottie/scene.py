"""The document that is drawn: one composition with only what it shows, and nothing by reference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.checks import check_shapes, check_texts
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    layer_type,
    objects,
    reference,
)
from reelbatch.engines.lottie.expressions import run_expressions
from reelbatch.engines.lottie.images import embed_pictures
from reelbatch.engines.lottie.loops import unroll_loops
from reelbatch.engines.lottie.rewriting import rewrite
from reelbatch.engines.lottie.rewriting.easing import ease_alike
from reelbatch.engines.lottie.solids import replace_solids
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.stripping import arrange, hold_to_type, strip
from reelbatch.engines.lottie.typesetting import set_type
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.models.wire.warnings import RenderWarning

_KEPT = ("v", "fr", "ddd", "nm")


def compose(
    document: LottieDocument,
    composition: LottieComposition,
    pictures: Mapping[str, Json],
    files: TemplateFiles,
    shelf: FontShelf,
    limits: RenderLimits,
    warnings: list[RenderWarning],
    expressions: Iterable[int] | None = None,
) -> Json:
    """Make `composition` a document of its own.

    `pictures` are image assets that are complete; the template's own get their content here, and
    `warnings` name each of them that is absent, and each expression that does not run. They run
    for the frames `expressions`, counted from the composition's first one; None: not at all.
    Raises LimitExceeded or AssetInvalid.
    """
    parts = gather_parts(document, composition, pictures, files, limits)
    warnings += parts.warnings
    layers, precompositions = parts.layers, parts.precompositions
    unroll_loops(layers, float(document.frame_rate))
    warnings += run_expressions(
        document,
        composition,
        precompositions,
        expressions,
        lambda texts: set_type(document, texts, shelf),
        limits.seconds / 2,  # the rest is for the drawing
    )
    check_shapes(layers)
    check_texts(layers)
    strip([*layers, *parts.pictures.values()])
    ease_alike(layers)  # before the thousands of shapes of texts, which need none
    drawn_in_text = set_type(document, layers, shelf)
    replace_solids(layers)
    all_pictures = parts.pictures | {reference(asset["id"]): asset for asset in drawn_in_text}
    rewrite(composition.layers, precompositions, all_pictures, float(document.frame_rate))
    for layer in layers:
        hold_to_type(layer)
        if "refId" in layer:
            layer["refId"] = reference(layer["refId"])  # as the assets' ids are written
    scene = put_together(document, composition, parts.precompositions, all_pictures)
    arrange(scene)
    return scene


@dataclass(frozen=True, kw_only=True)
class SceneParts:
    """What a composition shows, by the names that its layers have for it."""

    layers: list[Json]  # all of them
    precompositions: dict[str, list[Json]]
    pictures: dict[str, Json]  # with their content
    warnings: list[RenderWarning]  # pictures that are absent


def gather_parts(
    document: LottieDocument,
    composition: LottieComposition,
    pictures: Mapping[str, Json],
    files: TemplateFiles,
    limits: RenderLimits,
) -> SceneParts:
    """`pictures` are image assets that are complete; the template's own get their content here.

    Raises LimitExceeded or AssetInvalid.
    """
    precompositions = _precompositions(document, composition)
    layers = [layer for group in (composition.layers, *precompositions.values()) for layer in group]
    shown = dict.fromkeys(
        reference(layer.get("refId")) for layer in layers if layer_type(layer) == "image"
    )
    own = {name: document.assets[name] for name in shown if _is_picture(document, name)}
    return SceneParts(
        layers=layers,
        precompositions=precompositions,
        warnings=embed_pictures(own.values(), files, limits),
        pictures=own | {name: pictures[name] for name in shown if name in pictures},
    )


def put_together(
    document: LottieDocument,
    composition: LottieComposition,
    precompositions: Mapping[str, list[Json]],
    pictures: Mapping[str, Json],
) -> Json:
    """A document whose root is `composition`."""
    return {key: known for key in _KEPT if _is_plain(known := document.root.get(key))} | {
        "w": composition.width,
        "h": composition.height,
        "ip": composition.first_frame,
        "op": composition.first_frame + composition.frames,
        "assets": [
            *({"id": name, "layers": inner} for name, inner in precompositions.items()),
            *pictures.values(),
        ],
        "layers": composition.layers,
    }


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float))


def _is_picture(document: LottieDocument, name: str) -> bool:
    return isinstance(document.assets.get(name, {}).get("p"), str)


def _precompositions(
    document: LottieDocument, composition: LottieComposition
) -> dict[str, list[Json]]:
    """The layers of those precompositions that `composition` shows, at any depth, by id."""
    found: dict[str, list[Json]] = {}
    waiting = [composition.layers]
    while waiting:
        for name in _names_of_precompositions(waiting.pop()):
            asset = document.assets.get(name, {})
            if name not in found and isinstance(asset.get("layers"), list):
                found[name] = objects(asset["layers"])
                waiting.append(found[name])
    return found


def _names_of_precompositions(layers: list[Json]) -> Iterator[str]:
    return (reference(layer.get("refId")) for layer in layers if layer_type(layer) == "precomp")
