"""The Lottie files to compare: their sizes, compared frames and features."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.document import array, is_object
from reelbatch.engines.lottie.opening import open_template
from reelbatch.models.errors import RenderError

FRAMES = 3  # per file: in the middle of its first, second and last third
TEXT, EXPRESSIONS = "text", "expressions"
_SUFFIXES = (".json", ".lottie", ".zip")
_TEXT_LAYER = 5
_SHAPES = {
    "gf": "gradients",
    "gs": "gradients",
    "mm": "merge paths",
    "pb": "pucker and bloat",
    "rd": "rounded corners",
    "rp": "repeaters",
    "tm": "trimmed paths",
    "zz": "zig-zag",
}
_KEYS = {  # in layers
    "ao": "layers turned along a path",
    "bm": "blend modes",
    "ddd": "3D",
    "ef": "effects",
    "masksProperties": "masks",
    "sy": "layer styles",
    "tm": "time remaps",
    "tt": "mattes",
}


@dataclass(frozen=True)
class Sample:
    """A file. Its main composition is compared."""

    file: Path
    width: int  # pixels
    height: int  # pixels
    frames: tuple[int, ...]  # numbered from 0
    features: frozenset[str]

    @classmethod
    def read(cls, file: Path) -> "Sample":
        """Raises RenderError if the file is not a Lottie."""
        document, files = open_template(file, RenderLimits())
        main = document.main
        middles = {main.frames * (2 * third + 1) // (2 * FRAMES) for third in range(FRAMES)}
        features = frozenset(_features(json.loads(files.animation)))
        return cls(file, main.width, main.height, tuple(sorted(middles)), features)

    @property
    def template_type(self) -> str:
        return "zip" if self.file.suffix == ".zip" else "lottie"


def samples_in(folder: Path) -> Iterator[Sample]:
    """The samples in a folder, by name. Files that are not Lottie are named and left out."""
    for file in sorted(file for file in folder.iterdir() if file.suffix in _SUFFIXES):
        try:
            yield Sample.read(file)
        except RenderError as error:
            print(f"left out: {file.name}: {error}")


def _features(root: object) -> Iterator[str]:
    """The names are those of https://lottie.github.io/lottie-spec."""
    waiting = [root]
    while waiting:
        found = waiting.pop()
        waiting += array(found)
        if not is_object(found):
            continue
        waiting += found.values()
        kind = found.get("ty")
        if "k" in found and isinstance(found.get("x"), str):
            yield EXPRESSIONS
        if kind == _TEXT_LAYER and "t" in found:
            yield TEXT
        if isinstance(kind, str) and kind in _SHAPES:
            yield _SHAPES[kind]
        if isinstance(found.get("p"), str) and "h" in found:
            yield "pictures"
        if "ks" in found and kind is not None:
            yield from (name for key, name in _KEYS.items() if found.get(key))
