"""A parsed Lottie document: its compositions, their layers and their assets.

The format is described at https://lottie.github.io/lottie-spec/. The JSON is kept as is, because
every exporter adds its own fields. This module knows where things are in it.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count
from typing import Any, TypeGuard

from reelbatch.json_words import what_is_wrong
from reelbatch.models.errors import TemplateInvalid
from reelbatch.projects import CONTROL, COPY_OF

Json = dict[str, Any]
"""An object of the document, by its short keys."""

LAYER_TYPES = {
    0: "precomp",
    1: "solid",
    2: "image",
    3: "null",
    4: "shape",
    5: "text",
    6: "audio",
    7: "video",  # a placeholder for one
    8: "image_sequence",
    9: "video",
    10: "image",  # a placeholder for one
    11: "guide",
    12: "adjustment",
    13: "camera",
    14: "light",
    15: "data",
}
PICTURE_LAYERS = frozenset({"image", "solid", "video", "image_sequence", "precomp"})
"""The layer types that show a picture in a box, which can be replaced by another picture."""

_MAX_DIGITS = 18  # of a whole number: more are meaningless in a drawing
_MANY_DIGITS = re.compile(rb"\d{%d}" % (_MAX_DIGITS + 1))
_MAX_WHOLE = 2**53  # beyond it, floats cannot represent every whole number
_NUMBERS = frozenset({int, float})
_NESTING = frozenset({dict, list})
_MAX_DEPTH = 256  # of JSON: the deepest real file seen has 40
_NTSC_TOLERANCE = 0.005  # exporters write 29.97 as 29.9700012207031
_WHOLE_TOLERANCE = 0.001


@dataclass(eq=False)
class LottieComposition:
    """The root, or a precomposition, which is an asset with layers."""

    name: str
    asset_id: str | None  # the root has none
    layers: list[Json]
    width: int  # pixels
    height: int  # pixels
    first_frame: float  # the document's frame number for the composition's frame 0
    frames: int

    def layers_named(self, name: str) -> list[Json]:
        """The layers with that name, whatever its Unicode form.

        If there are none, the layers whose source is replaced by the control of that name.
        """
        composed = unicodedata.normalize("NFC", name)
        named = [
            layer for position, layer in self.numbered() if layer_name(layer, position) == composed
        ]
        return named or [layer for layer in self.layers if layer.get(CONTROL) == name]

    def numbered(self) -> Iterator[tuple[int, Json]]:
        """The layers from top to bottom with their one-based positions."""
        return enumerate(self.layers, start=1)


class LottieDocument:
    """A document whose structure has been checked (see `read_document` and `checks`)."""

    def __init__(self, root: Json) -> None:
        self.root = root

    @cached_property
    def assets(self) -> dict[str, Json]:
        """The assets by id; the first of several with the same id counts, as in lottie-web."""
        assets: dict[str, Json] = {}
        for asset in objects(self.root.get("assets")):
            if "id" in asset:
                assets.setdefault(reference(asset["id"]), asset)
        return assets

    @cached_property
    def precompositions(self) -> dict[str, list[Json]]:
        """The layers of each precomposition by asset id."""
        return {
            identity: objects(asset["layers"])
            for identity, asset in self.assets.items()
            if isinstance(asset.get("layers"), list)
        }

    @cached_property
    def frame_rate(self) -> Fraction:
        """Frames per second; 29.97 and similar rates become the exact n * 1000/1001."""
        rate = float(self.root["fr"])
        whole = max(1, round(rate))
        if abs(rate - whole) < _WHOLE_TOLERANCE:
            return Fraction(whole)
        ntsc = Fraction(whole * 1000, 1001)
        if abs(rate - ntsc) < _NTSC_TOLERANCE:
            return ntsc
        return Fraction(rate).limit_denominator(1001)

    @cached_property
    def compositions(self) -> dict[str, LottieComposition]:
        """The compositions by name, the root first. On a name collision, the asset's id is used."""
        root = self._root_composition()
        found = {root.name: root}
        for identity, layers in self.precompositions.items():
            name = _unused_name(self.assets[identity].get("nm"), identity, found)
            found[name] = self._precomposition(name, identity, layers, root)
        return found

    def composition(self, name: str) -> LottieComposition | None:
        """The composition with that name, whatever its Unicode form; None if there is none."""
        return self.compositions.get(unicodedata.normalize("NFC", name))

    def states_of(self, composition: LottieComposition) -> list[LottieComposition]:
        """The composition and its copies with other values, which layers of a project show."""
        if composition.asset_id is None:
            return [composition]
        family = self._family(composition.asset_id)
        copies = (
            one
            for one in self.compositions.values()
            if one.asset_id is not None and one is not composition
        )
        return [composition, *(one for one in copies if self._family(str(one.asset_id)) == family)]

    def _family(self, asset_id: str) -> str:
        return reference(self.assets[asset_id].get(COPY_OF, asset_id))

    @property
    def main(self) -> LottieComposition:
        return next(iter(self.compositions.values()))

    @cached_property
    def composition_names(self) -> dict[str, str]:
        """The names of precompositions by asset id."""
        return {
            composition.asset_id: name
            for name, composition in self.compositions.items()
            if composition.asset_id is not None
        }

    def all_layers(self) -> Iterator[Json]:
        for composition in self.compositions.values():
            yield from composition.layers

    def asset_of(self, layer: Json) -> Json | None:
        """The asset that a layer refers to: an image, a sound or a precomposition."""
        return self.assets.get(reference(layer.get("refId")))

    def _root_composition(self) -> LottieComposition:
        root = self.root
        name = root.get("nm")
        return LottieComposition(
            name=name if isinstance(name, str) and name.strip() else "main",
            asset_id=None,
            layers=objects(root["layers"]),
            width=max(1, round(root["w"])),
            height=max(1, round(root["h"])),
            first_frame=float(root["ip"]),
            frames=whole_frames(root["op"] - root["ip"]),
        )

    def _precomposition(
        self, name: str, identity: str, layers: list[Json], root: LottieComposition
    ) -> LottieComposition:
        """Lottie gives precompositions no duration: one ends with its last layer or the root."""
        width, height = self._precomposition_size(identity, root)
        last = max((number(layer.get("op"), 0.0) for layer in layers), default=0.0)
        return LottieComposition(
            name=name,
            asset_id=identity,
            layers=layers,
            width=width,
            height=height,
            first_frame=0.0,
            frames=min(whole_frames(last), root.frames),
        )

    def _precomposition_size(self, identity: str, root: LottieComposition) -> tuple[int, int]:
        """The asset's own size, else the size of a layer that shows it, else the root's."""
        for sized in (self.assets[identity], self._shown_by.get(identity, {})):
            width, height = number(sized.get("w"), 0.0), number(sized.get("h"), 0.0)
            if width > 0 and height > 0:
                return max(1, round(width)), max(1, round(height))
        return root.width, root.height

    @cached_property
    def _shown_by(self) -> dict[str, Json]:
        """The first layer that shows each asset, by asset id."""
        shown: dict[str, Json] = {}
        for layers in (objects(self.root["layers"]), *self.precompositions.values()):
            for layer in layers:
                shown.setdefault(reference(layer.get("refId")), layer)
        return shown


def read_document(content: bytes) -> LottieDocument:
    """Parse a Lottie JSON. Raises TemplateInvalid with what is wrong and where."""
    try:
        root: Any = json.loads(
            content.decode("utf-8-sig"),
            parse_float=_finite,
            parse_int=_short if _MANY_DIGITS.search(content) else None,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise TemplateInvalid("The template is not JSON: it is not UTF-8 text.") from error
    except RecursionError as error:
        raise TemplateInvalid("The template's JSON is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise TemplateInvalid(f"The template is not JSON: {what_is_wrong(error)}.") from error
    except ValueError as error:
        raise TemplateInvalid(f"The template is not JSON: {error}.") from error
    if not is_object(root):
        raise TemplateInvalid("The template is not a Lottie file: its JSON is not an object.")
    _check_depth(root)
    _check_characters(content, root)
    if not objects(root.get("layers")):
        raise TemplateInvalid("The template is not a Lottie file: it has no layers.")
    return LottieDocument(root)


def is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)


def objects(value: object) -> list[Json]:
    """The objects in a JSON array; empty if the value is not an array."""
    return [item for item in array(value) if is_object(item)]


def array(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty list."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # JSON


def inner_values(value: object) -> list[Any]:
    """The objects and lists in an object or a list, except lists of numbers."""
    fields: Any = value.values() if is_object(value) else value
    return [
        field
        for field in fields
        if type(field) in _NESTING  # most are numbers
        and (is_object(field) or not _NUMBERS.issuperset(map(type, array(field))))
    ]


def number(value: object, default: float) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return default


def reference(value: object) -> str:
    """An asset id as a key: exporters write ids as strings or as numbers."""
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int else json.dumps(value)


def layer_type(layer: Json) -> str:
    kind = layer.get("ty")
    return LAYER_TYPES.get(kind, "unknown") if isinstance(kind, int) else "unknown"


def layer_name(layer: Json, position: int) -> str:
    """The layer's name, or `Layer N` by its position, as After Effects would number it."""
    name = layer.get("nm")
    return name if isinstance(name, str) and name else f"Layer {position}"


def text_documents(layer: Json) -> list[Json]:
    """The text documents of a text layer, one per keyframe: its words and their style."""
    text = layer.get("t")
    source = text.get("d") if is_object(text) else None
    keyframes = objects(source.get("k")) if is_object(source) else []
    return [keyframe["s"] for keyframe in keyframes if is_object(keyframe.get("s"))]


def at_rest(value: object) -> Any:
    """The first value of a property, animated or not; usually a number or a list of numbers."""
    if not is_object(value):
        return None
    content = value.get("k")
    keyframes = objects(content)
    return keyframes[0].get("s") if keyframes else content


def whole_frames(length: float) -> int:
    """The number of whole frames in a length; exporters write 181 as 181.000007372281."""
    return max(1, math.floor(length + _WHOLE_TOLERANCE))


def _unused_name(name: object, identity: str, used: Mapping[str, object]) -> str:
    for candidate in (name, identity):
        if isinstance(candidate, str) and candidate and candidate not in used:
            return candidate
    return next(name for n in count(2) if (name := f"{identity} {n}") not in used)


def _check_depth(root: Json) -> None:
    """Raise TemplateInvalid if recursive readers would run out of stack."""
    level: list[Any] = [root]
    for _ in range(_MAX_DEPTH):
        level = [inner for value in level for inner in inner_values(value)]
        if not level:
            return
    raise TemplateInvalid(f"The template's JSON is nested deeper than {_MAX_DEPTH} levels.")


def _check_characters(content: bytes, root: Json) -> None:
    """Raise TemplateInvalid for lone surrogates: no response with one could be encoded."""
    if b"\\ud" not in content and b"\\uD" not in content:
        return
    try:
        json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise TemplateInvalid(
            "The template contains half of a character (a lone surrogate)."
        ) from error


def _finite(text: str) -> float:
    """Exporters write whole numbers as 5.0, even where only whole numbers make sense."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return int(value) if value.is_integer() and abs(value) < _MAX_WHOLE else value


def _short(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"the number {text[:20]}… is too large")
    return int(text)


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number in JSON")
