"""Reading a template's file: a Lottie JSON, a dotLottie, or a zip with a JSON and its files.

dotLottie is a zip with a manifest (https://dotlottie.io/spec/): version 1 keeps `animations/` and
`images/`, version 2 `a/` and `i/`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from reelbatch.engines.archives import comparable, is_archive, plain_path, unpack
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.document import Json, is_object, objects
from reelbatch.engines.lottie.reading.themes import theme_slots
from reelbatch.models.errors import TemplateInvalid

T = TypeVar("T")

COMPOSITIONS = PurePosixPath("compositions.json")
"""Has the paths of documents by the names of compositions, where there are several."""

_FAVOURITES = ("data.json", "animation.json", "main.json")
_IMAGE_FOLDERS = ("images", "i", "assets")
_FONT_SUFFIXES = (".ttf", ".otf", ".woff")
_MAX_CANDIDATES = 50  # JSON files that are tried


@dataclass(frozen=True)
class TemplateFiles:
    """A template's Lottie JSON, the files that came with it, and a job's static ones.

    The paths of files are as `comparable` makes them.
    """

    animation: bytes
    folder: PurePosixPath = field(default_factory=PurePosixPath)  # of the JSON in its archive
    files: Mapping[PurePosixPath, bytes] = field(default_factory=dict[PurePosixPath, bytes])
    statics: Mapping[PurePosixPath, Path] = field(default_factory=dict[PurePosixPath, Path])

    def find(self, folder: str, name: str) -> bytes | None:
        """The file that an asset names by its `u` and `p`, or None; static files come first."""
        wanted = plain_path(name)
        if wanted is None:
            return None
        wanted = comparable(wanted)
        asked = comparable(plain_path(folder) or PurePosixPath())
        static = self._find(self.statics, asked, wanted)
        return static.read_bytes() if static else self._find(self.files, asked, wanted)

    def _find(
        self, files: Mapping[PurePosixPath, T], asked: PurePosixPath, wanted: PurePosixPath
    ) -> T | None:
        """Exporters disagree on what the folder is relative to: at last the name decides alone."""
        for start in (asked, *(PurePosixPath(known) for known in _IMAGE_FOLDERS)):
            for path in (self.folder / start / wanted, start / wanted):
                if path in files:
                    return files[path]
        return next(
            (
                found
                for path, found in files.items()
                if path.name.casefold() == wanted.name.casefold()
            ),
            None,
        )

    @property
    def fonts(self) -> dict[str, bytes]:
        """The font files by their names."""
        return {
            path.name: content
            for path, content in self.files.items()
            if path.suffix.casefold() in _FONT_SUFFIXES
        }


def unpack_template(content: bytes, limits: RenderLimits, composition: str = "") -> TemplateFiles:
    """Read a template of any of the engine's types; its content tells which it is.

    Of the archive that a project was converted to, the document of `composition` is read.

    Raises TemplateInvalid, or LimitExceeded where it is too large, unpacked.
    """
    if not is_archive(content):
        return TemplateFiles(content)
    files = {comparable(path): file for path, file in unpack(content, limits).items()}
    animation = _document_of(files, composition) or _animation_path(files)
    return TemplateFiles(files[animation], animation.parent, files)


def _document_of(files: Mapping[PurePosixPath, bytes], composition: str) -> PurePosixPath | None:
    names = _parse(files.get(COMPOSITIONS, b""))
    if not is_object(names):
        return None
    path = PurePosixPath(str(names.get(composition)))
    return path if path in files else None


def holds_lottie(files: Mapping[PurePosixPath, bytes]) -> bool:
    """Whether an archive has an animation."""
    try:
        _animation_path(files)
    except TemplateInvalid:
        return False
    return True


def _animation_path(files: Mapping[PurePosixPath, bytes]) -> PurePosixPath:
    named = _path_in_manifest(files)
    if named is not None:
        return named
    candidates = sorted(
        (path for path in files if path.suffix.casefold() == ".json"),
        key=lambda path: (_favour(path), len(path.parts), str(path)),
    )
    for path in candidates[:_MAX_CANDIDATES]:
        if _looks_like_lottie(files[path]):
            return path
    raise TemplateInvalid("The template's archive contains no Lottie JSON.")


def _favour(path: PurePosixPath) -> int:
    name = path.name.casefold()
    return _FAVOURITES.index(name) if name in _FAVOURITES else len(_FAVOURITES)


def _looks_like_lottie(content: bytes) -> bool:
    parsed = _parse(content)
    return is_object(parsed) and isinstance(parsed.get("layers"), list)


def initial_theme(files: TemplateFiles) -> dict[str, Json]:
    """What the theme that a dotLottie begins with puts into slots, by their names."""
    manifest = _manifest(files.files)
    initial = manifest.get("initial")
    animation = next((name for name in _animation_names(manifest) if isinstance(name, str)), None)
    wishes = [
        initial.get("theme") if is_object(initial) else None,
        *(
            known.get("initialTheme")
            for known in objects(manifest.get("animations"))
            if known.get("id") == animation
        ),
    ]
    name = next((name for name in wishes if isinstance(name, str)), None)
    theme = files.files.get(PurePosixPath("t") / f"{name}.json", b"")
    return theme_slots(_parse(theme), animation)


def _path_in_manifest(files: Mapping[PurePosixPath, bytes]) -> PurePosixPath | None:
    """The animation that a dotLottie's manifest begins with, else its first."""
    names = _animation_names(_manifest(files))
    return next((path for path in _animation_paths(names) if path in files), None)


def _manifest(files: Mapping[PurePosixPath, bytes]) -> Json:
    manifest = _parse(files.get(PurePosixPath("manifest.json"), b""))
    return manifest if is_object(manifest) else {}


def _animation_names(manifest: Json) -> Iterator[object]:
    initial = manifest.get("initial")
    yield initial.get("animation") if is_object(initial) else None
    yield manifest.get("activeAnimationId")
    yield from (animation.get("id") for animation in objects(manifest.get("animations")))


def _animation_paths(names: Iterable[object]) -> Iterable[PurePosixPath]:
    for name in names:
        if isinstance(name, str):
            yield comparable(PurePosixPath("a") / f"{name}.json")
            yield comparable(PurePosixPath("animations") / f"{name}.json")


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
