"""Describes a template: its compositions, layers and fonts."""

import json
from collections.abc import Iterator
from functools import cache
from math import isfinite

from pydantic import JsonValue

from reelbatch.engines.characters import as_ranges
from reelbatch.engines.lottie.bounds import (
    MeasuredTexts,
    Rect,
    TextRuler,
    bounds_of_shapes,
)
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    array,
    at_rest,
    is_object,
    layer_name,
    layer_type,
    number,
    objects,
    reference,
    text_documents,
)
from reelbatch.engines.lottie.images import data_uri_content
from reelbatch.engines.lottie.property_paths import named_parts
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.typesetting.bundled_fonts import BUNDLED, bundled
from reelbatch.engines.lottie.typesetting.fontfile import FontFile, FontUnreadable, open_font
from reelbatch.engines.lottie.typesetting.fonts import open_own_fonts
from reelbatch.engines.lottie.typesetting.own_glyphs import (
    entry_face,
    font_entries,
    font_faces,
    has_alphabet,
    read_own_glyphs,
)
from reelbatch.engines.lottie.typesetting.style import styled_runs
from reelbatch.engines.lottie.typesetting.system_fonts import system_fonts
from reelbatch.engines.lottie.undrawn import warnings_of
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.fonts import FontFace

_NOWHERE = (0.0, 0.0, 0.0, 0.0)
_MAX_PARTS = 256 * 1024  # characters of JSON; a template's record is read for each job


def inspect_document(
    document: LottieDocument, files: TemplateFiles, measured: MeasuredTexts | None = None
) -> TemplateInspection:
    """Describe a checked document.

    `measured` is shared by all documents of a project. With it, only the layers of the main
    composition are described.
    """
    compositions = [*document.compositions.values()]
    ruler = TextRuler(document, own_fonts(document, files), {} if measured is None else measured)
    return TemplateInspection(
        compositions=[
            Composition(
                name=composition.name,
                width=composition.width,
                height=composition.height,
                frame_rate=float(document.frame_rate),
                frames=composition.frames,
            )
            for composition in compositions
        ],
        layers=_with_bounded_parts(
            [
                layer
                for composition in (compositions if measured is None else [document.main])
                for layer in _describe_layers(document, composition, ruler)
            ]
        ),
        fonts=_fonts(document),
        embedded_fonts=_embedded_fonts(document, files),
        characters=as_ranges(_embedded_characters(document, files)),
        lent_characters=_lent_characters() if any(_texts(document)) else None,
        warnings=list(warnings_of(document, files)),
    )


def own_fonts(document: LottieDocument, files: TemplateFiles) -> list[FontFile]:
    """The fonts in a template's archive, and those in its font list as data URIs."""
    fonts = open_own_fonts(files.fonts)
    for entry in font_entries(document):
        path = entry.get("fPath")
        if not isinstance(path, str) or not path.startswith("data:"):
            continue
        face = entry_face(entry)
        try:
            # text layers use the names in the list, not the names in the file
            fonts.append(open_font(data_uri_content(path) or b"", face.file_name, face))
        except FontUnreadable:
            continue
    return fonts


def _describe_layers(
    document: LottieDocument, composition: LottieComposition, ruler: TextRuler
) -> Iterator[Layer]:
    positions: dict[str, int] = {}
    for position, layer in composition.numbered():
        positions.setdefault(reference(layer.get("ind")), position)
    for position, layer in composition.numbered():
        parent = layer.get("parent")
        above = None if parent is None else positions.get(reference(parent))
        rect = _rect(document, layer, ruler)
        yield _describe(document, composition, position, layer, above, rect)


def _describe(
    document: LottieDocument,
    composition: LottieComposition,
    position: int,
    layer: Json,
    parent_position: int | None,
    rect: Rect,
) -> Layer:
    rate = float(document.frame_rate)
    left, top = _place(layer, rect[:2])
    texts = text_documents(layer)
    words = texts[0].get("t") if texts else None
    return Layer(
        composition=composition.name,
        position=position,
        name=layer_name(layer, position),
        layer_type=layer_type(layer),
        source_composition=document.composition_names.get(reference(layer.get("refId"))),
        parent_position=parent_position,
        start_time=(number(layer.get("st"), 0.0) - composition.first_frame) / rate,
        in_point=(number(layer.get("ip"), 0.0) - composition.first_frame) / rate,
        out_point=(number(layer.get("op"), 0.0) - composition.first_frame) / rate,
        left=left,
        top=top,
        width=rect[2],
        height=rect[3],
        text=words if isinstance(words, str) else None,
        shown=layer.get("hd") is not True,
        properties=_properties(layer, texts),
        parts=_parts(layer),
    )


def _parts(layer: Json) -> Json:
    return {name: parts for name, parts in named_parts(layer).items() if parts}


def _with_bounded_parts(layers: list[Layer]) -> list[Layer]:
    """The layers without their parts if these are too large to be stored."""
    if sum(len(json.dumps(layer.parts)) for layer in layers) <= _MAX_PARTS:
        return layers
    return [layer.model_copy(update={"parts": None}) for layer in layers]


def _properties(layer: Json, texts: list[Json]) -> dict[str, JsonValue]:
    properties: dict[str, JsonValue] = {}
    if layer.get("hd") is True:
        properties["hidden"] = True
    if isinstance(layer.get("sc"), str):
        properties["color"] = layer["sc"]
    if texts:
        properties["font"] = str(texts[0].get("f", ""))
        properties["fontSize"] = number(texts[0].get("s"), 0.0)
    return properties


def _rect(document: LottieDocument, layer: Json, ruler: TextRuler) -> Rect:
    """The bounds of what the layer shows at rest, in its own pixels; no size if it is nothing."""
    texts, kind = text_documents(layer), layer_type(layer)
    box = array(texts[0].get("sz")) if texts else []
    if kind == "text" and not box:
        return ruler.bounds(layer) or _NOWHERE
    if kind == "shape":
        return bounds_of_shapes(objects(layer.get("shapes"))) or _NOWHERE
    return 0.0, 0.0, *(_pair(box) if box else _size(document, layer))


def _size(document: LottieDocument, layer: Json) -> tuple[float, float]:
    """Width and height in pixels; 0 if the format does not state them."""
    asset = document.asset_of(layer) or {}
    widths = (layer.get("w"), layer.get("sw"), asset.get("w"))
    heights = (layer.get("h"), layer.get("sh"), asset.get("h"))
    return (
        next((number(width, 0.0) for width in widths if number(width, 0.0) > 0), 0.0),
        next((number(height, 0.0) for height in heights if number(height, 0.0) > 0), 0.0),
    )


def _place(layer: Json, corner: tuple[float, float]) -> tuple[float, float]:
    """Where a corner of the layer is at the first keyframe, ignoring parents and rotation."""
    transform = layer.get("ks")
    if not is_object(transform):
        return corner
    position = transform.get("p")
    if is_object(position) and position.get("s") is True:  # separated dimensions
        at = (_first(position.get("x"), 0.0), _first(position.get("y"), 0.0))
    else:
        at = _pair(at_rest(position))
    anchor, scale = _pair(at_rest(transform.get("a"))), _pair(at_rest(transform.get("s")), 100.0)
    x, y = corner[0] - anchor[0], corner[1] - anchor[1]
    place = at[0] + x * scale[0] / 100, at[1] + y * scale[1] / 100
    return place if all(map(isfinite, place)) else corner


def _first(value: object, default: float) -> float:
    content = at_rest(value)
    return number((array(content) or [content])[0], default)


def _pair(value: object, default: float = 0.0) -> tuple[float, float]:
    first, second = (*array(value), None, None)[:2]
    return number(first, default), number(second, default)


def _fonts(document: LottieDocument) -> list[FontFace]:
    return _unique([_public(face) for face in font_faces(document, _texts(document))])


def _texts(document: LottieDocument) -> Iterator[Json]:
    return (
        text
        for layer in document.all_layers()
        if layer_type(layer) == "text"
        for written in text_documents(layer)
        for text in styled_runs(written)
    )


def _embedded_fonts(document: LottieDocument, files: TemplateFiles) -> list[FontFace]:
    """The fonts that a template brings along.

    Glyphs count as a font only with the whole alphabet: otherwise a job that changes the words
    would silently get another font.
    """
    faces = [font.face for font in own_fonts(document, files)]
    glyphs = read_own_glyphs(document)
    for entry in font_entries(document):
        face = entry_face(entry)
        if has_alphabet(glyphs.get((face.family, face.style), {})):
            faces.append(_public(face))
    return _unique(faces)


def _embedded_characters(document: LottieDocument, files: TemplateFiles) -> set[int]:
    fonts = (font.characters for font in own_fonts(document, files))
    glyphs = (letter for letters in read_own_glyphs(document).values() for letter in letters)
    return set[int]().union(*fonts) | {ord(letter) for letter in glyphs if len(letter) == 1}


@cache
def _lent_characters() -> str:
    """The characters that can be borrowed from the bundled fonts and the machine's fonts."""
    fonts = (*map(bundled, BUNDLED), *system_fonts())
    return as_ranges(set[int]().union(*(font.characters for font in fonts)))


def _unique(faces: list[FontFace]) -> list[FontFace]:
    return list({tuple(face.model_dump().values()): face for face in reversed(faces)}.values())[
        ::-1
    ]


def _public(face: FontFace) -> FontFace:
    """The face without a file name, which would otherwise be reported as a missing file."""
    return face.model_copy(update={"file_name": ""})
