"""Reads a template's file: a Lottie JSON, a dotLottie, or a zip of a Lottie JSON and its files.

dotLottie is a zip with a manifest (https://dotlottie.io/spec/): version 1 has the folders
`animations/` and `images/`, version 2 `a/` and `i/`.
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
"""The file with the paths of documents by composition name, if there are several."""

_FAVOURITES = ("data.json", "animation.json", "main.json")
_IMAGE_FOLDERS = ("images", "i", "assets")
_FONT_SUFFIXES = (".ttf", ".otf", ".woff")
_MAX_CANDIDATES = 50  # JSON files that are tried


@dataclass(frozen=True)
class TemplateFiles:
    """A template's Lottie JSON, the files that came with it, and the job's static files.

    The paths are in the form that `comparable` returns.
    """

    animation: bytes
    folder: PurePosixPath = field(default_factory=PurePosixPath)  # of the JSON in its archive
    files: Mapping[PurePosixPath, bytes] = field(default_factory=dict[PurePosixPath, bytes])
    statics: Mapping[PurePosixPath, Path] = field(default_factory=dict[PurePosixPath, Path])

    def find(self, folder: str, name: str) -> bytes | None:
        """The file that an asset names with `u` and `p`, or None; static files come first."""
        plain_name = plain_path(name)
        if plain_name is None:
            return None
        file = comparable(plain_name)
        stated_folder = comparable(plain_path(folder) or PurePosixPath())
        static = self._find(self.statics, stated_folder, file)
        return static.read_bytes() if static else self._find(self.files, stated_folder, file)

    def _find(
        self, files: Mapping[PurePosixPath, T], stated_folder: PurePosixPath, file: PurePosixPath
    ) -> T | None:
        """Exporters disagree on what the folder is relative to, so the name alone decides last."""
        for start in (stated_folder, *map(PurePosixPath, _IMAGE_FOLDERS)):
            for path in (self.folder / start / file, start / file):
                if path in files:
                    return files[path]
        return next(
            (
                found
                for path, found in files.items()
                if path.name.casefold() == file.name.casefold()
            ),
            None,
        )

    @property
    def fonts(self) -> dict[str, bytes]:
        """The font files by name."""
        return {
            path.name: content
            for path, content in self.files.items()
            if path.suffix.casefold() in _FONT_SUFFIXES
        }


def unpack_template(content: bytes, limits: RenderLimits, composition: str = "") -> TemplateFiles:
    """Read a template of any of the engine's types, which is detected from its content.

    In an archive with several documents, such as a converted project, the document of
    `composition` is read. Raises TemplateInvalid, or LimitExceeded if it is too large unpacked.
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
    """Whether an archive contains a Lottie animation."""
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
    """The properties that a dotLottie's initial theme puts into slots, by slot name."""
    manifest = _manifest(files.files)
    initial = manifest.get("initial")
    animation = next((name for name in _animation_names(manifest) if isinstance(name, str)), None)
    names = [
        initial.get("theme") if is_object(initial) else None,
        *(
            entry.get("initialTheme")
            for entry in objects(manifest.get("animations"))
            if entry.get("id") == animation
        ),
    ]
    name = next((name for name in names if isinstance(name, str)), None)
    theme = files.files.get(PurePosixPath("t") / f"{name}.json", b"")
    return theme_slots(_parse(theme), animation)


def _path_in_manifest(files: Mapping[PurePosixPath, bytes]) -> PurePosixPath | None:
    """The initial animation of a dotLottie's manifest, else its first."""
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
