"""Builds the document that is drawn: one composition with only what it shows.

Everything is embedded, so nothing refers to a file.
"""

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
from reelbatch.engines.lottie.rewriting.easing import unify_easing
from reelbatch.engines.lottie.solids import replace_solids
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.stripping import arrange, enforce_type, strip
from reelbatch.engines.lottie.typesetting import typeset_layers
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.models.wire.warnings import RenderWarning

_ROOT_KEYS = ("v", "fr", "ddd", "nm")


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
    """Turn `composition` into a document that ThorVG draws correctly.

    Args:
        document: The document, which is changed.
        composition: The composition to draw.
        pictures: Complete image assets; the template's own get their content here.
        files: The template's files.
        shelf: The fonts.
        limits: The limits of the render.
        warnings: Gets a warning for each missing picture and each expression that does not run.
        expressions: The frames for which expressions run, counted from the composition's first
            frame; None: they do not run.

    Raises:
        LimitExceeded: Something is too large.
        AssetInvalid: A font cannot be drawn.
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
        lambda texts: typeset_layers(document, texts, shelf),
        limits.seconds / 2,  # the rest is for the drawing
    )
    check_shapes(layers)
    check_texts(layers)
    strip([*layers, *parts.pictures.values()])
    unify_easing(layers)  # before texts add thousands of shapes, which need no easing
    drawn_in_text = typeset_layers(document, layers, shelf)
    replace_solids(layers)
    all_pictures = parts.pictures | {reference(asset["id"]): asset for asset in drawn_in_text}
    rewrite(composition.layers, precompositions, all_pictures, float(document.frame_rate))
    for layer in layers:
        enforce_type(layer)
        if "refId" in layer:
            layer["refId"] = reference(layer["refId"])  # in the spelling of the assets' ids
    scene = assemble_document(document, composition, parts.precompositions, all_pictures)
    arrange(scene)
    return scene


@dataclass(frozen=True, kw_only=True)
class SceneParts:
    """The contents of a composition, by the ids that its layers refer to."""

    layers: list[Json]  # of the composition and all its precompositions
    precompositions: dict[str, list[Json]]
    pictures: dict[str, Json]  # with their content
    warnings: list[RenderWarning]  # about missing and incomplete pictures


def gather_parts(
    document: LottieDocument,
    composition: LottieComposition,
    pictures: Mapping[str, Json],
    files: TemplateFiles,
    limits: RenderLimits,
) -> SceneParts:
    """Collect what `composition` shows, and embed the template's own pictures.

    `pictures` are complete image assets, which take precedence. Raises LimitExceeded or
    AssetInvalid.
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


def assemble_document(
    document: LottieDocument,
    composition: LottieComposition,
    precompositions: Mapping[str, list[Json]],
    pictures: Mapping[str, Json],
) -> Json:
    """A document whose root is `composition`."""
    return {key: value for key in _ROOT_KEYS if _is_plain(value := document.root.get(key))} | {
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
    """The layers of the precompositions that `composition` shows at any depth, by id."""
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
