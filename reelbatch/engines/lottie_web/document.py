"""Builds the document for the player: a filled composition with its pictures and fonts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.checks import check_texts
from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    is_object,
    layer_name,
    layer_type,
    number,
    reference,
    text_documents,
)
from reelbatch.engines.lottie.renderer import FilledTemplate
from reelbatch.engines.lottie.scene import SceneParts, assemble_document, gather_parts
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.own_glyphs import (
    OwnGlyphs,
    entry_face,
    font_entries,
    has_alphabet,
    read_own_glyphs,
    unlisted_face,
)
from reelbatch.engines.lottie.typesetting.style import line_height, styled_runs, words_of
from reelbatch.engines.lottie.typesetting.unicode import LINE_BREAK
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.warnings import RenderWarning, WarningCode

_NULL = 3  # the layer type that draws nothing and can be a parent
_SHOWS = frozenset({"image", "precomp"})  # the types that show an asset
_LEFT_OUT = frozenset({"audio", "camera", "data"})  # the player fails on them, or needs more
_USUAL_ASCENT = 75  # percent of the font size
_NO_VIDEO = (
    "The renderer lottie-web plays neither videos nor animated pictures. Use the renderer lottie, "
    "or turn a GIF into a still with `conform: false`."
)


@dataclass(frozen=True, kw_only=True)
class PlayerDocument:
    animation: Json  # lottie-web's `animationData`
    fonts: list[bytes]  # files; the first is the family `font0`, and so on
    warnings: list[RenderWarning]


def player_document(
    filled: FilledTemplate, shelf: FontShelf, limits: RenderLimits
) -> PlayerDocument:
    """Build the player's document. Raises LimitExceeded or AssetInvalid."""
    document, composition = filled.document, filled.composition
    videos = filled.substitution.videos
    if not all(video.own for video in videos.values()):
        raise AssetInvalid(_NO_VIDEO)
    pictures = filled.substitution.pictures
    parts = gather_parts(document, composition, pictures, filled.files, limits)
    check_texts(parts.layers)
    warnings = [*parts.warnings, *_flaws(parts, videos)]
    for layer in parts.layers:
        _complete(layer, parts)
    shown = {name: each for name, each in parts.pictures.items() if name not in videos}
    animation = assemble_document(document, composition, parts.precompositions, shown)
    markers = document.root.get("markers")
    animation |= {"markers": markers} if isinstance(markers, list) else {}
    texts = [layer for layer in parts.layers if layer_type(layer) == "text"]
    if _has_all_letters(document, texts):
        animation |= {key: document.root.get(key) for key in ("chars", "fonts")}
        return PlayerDocument(animation=animation, fonts=[], warnings=warnings)
    entries, fonts = _fonts(document, texts, shelf)
    animation["fonts"] = {"list": entries}
    return PlayerDocument(animation=animation, fonts=fonts, warnings=warnings)


def _flaws(parts: SceneParts, videos: Iterable[str]) -> Iterator[RenderWarning]:
    """Warnings about what the Lottie engine draws, but the player does not."""
    for position, layer in enumerate(parts.layers, start=1):
        name = layer_name(layer, position)
        if layer_type(layer) == "image" and reference(layer.get("refId")) in videos:
            message = "lottie-web does not play the layer's video."
            yield RenderWarning(code=WarningCode.FOOTAGE_NOT_DRAWN, message=message, layer=name)
        if any(len(styled_runs(text)) > 1 for text in text_documents(layer)):
            message = "lottie-web draws the whole text in a single style."
            yield RenderWarning(code=WarningCode.TEXT_STYLE_NOT_DRAWN, message=message, layer=name)


def _complete(layer: Json, parts: SceneParts) -> None:
    """Add the fields that the player requires."""
    kind = layer_type(layer)
    usual: Json = {"ip": 0, "st": 0, "sr": 1, "ks": {}}
    layer |= usual | layer
    if "refId" in layer:
        layer["refId"] = reference(layer["refId"])  # in the spelling of the assets' ids
    is_lost = kind in _SHOWS and layer["refId"] not in (parts.pictures | parts.precompositions)
    if kind in _LEFT_OUT or is_lost:
        layer["ty"] = _NULL
    elif kind == "text" and is_object(layer.get("t")):
        layer["t"] = {"a": [], "p": {}, "m": {"g": 1, "a": {"a": 0, "k": [0, 0]}}} | layer["t"]
        for text in text_documents(layer):
            _complete_text(text)


def _complete_text(text: Json) -> None:
    usual = {"s": 10.0, "j": 0.0, "tr": 0.0, "ls": 0.0}
    text |= {key: number(text.get(key), value) for key, value in usual.items()}
    text["lh"] = line_height(text)
    text["f"] = name if isinstance(name := text.get("f"), str) else ""
    text["t"] = words_of(text)


def _has_all_letters(document: LottieDocument, texts: list[Json]) -> bool:
    """Whether the template's own glyphs cover all texts."""
    glyphs = read_own_glyphs(document)
    if not glyphs:
        return False
    by_font = {
        name: glyphs.get((str(entry.get("fFamily")), str(entry.get("fStyle"))), {})
        for name, entry in _listed_fonts(document).items()
    }
    return all(_can_write(by_font, layer) for layer in texts)


def _can_write(by_font: dict[str, OwnGlyphs], layer: Json) -> bool:
    source = layer["t"].get("d") if is_object(layer.get("t")) else None
    is_computed = is_object(source) and isinstance(source.get("x"), str)
    for text in text_documents(layer):
        glyphs = by_font.get(text["f"], {})
        if is_computed and not has_alphabet(glyphs):
            return False
        if any(letter not in glyphs and letter != LINE_BREAK for letter in text["t"]):
            return False
    return True


def _listed_fonts(document: LottieDocument) -> dict[str, Json]:
    """The font entries by name; the first of each name counts."""
    return {
        name: entry
        for entry in reversed(font_entries(document))
        if isinstance(name := entry.get("fName"), str)
    }


def _fonts(
    document: LottieDocument, texts: list[Json], shelf: FontShelf
) -> tuple[list[Json], list[bytes]]:
    """The player's list of fonts, and their files."""
    listed = _listed_fonts(document)
    named = dict.fromkeys(text["f"] for layer in texts for text in text_documents(layer))
    entries: list[Json] = []
    files: dict[bytes, int] = {}
    for name in named:
        entry = listed.get(name, {})
        font = shelf.choose(entry_face(entry) if entry else unlisted_face(name))
        family = f"font{files.setdefault(font.content, len(files))}"
        ascent = number(entry.get("ascent"), _USUAL_ASCENT)
        entries.append({"fName": name, "fFamily": family, "fStyle": "", "ascent": ascent})
    return entries, list(files)
