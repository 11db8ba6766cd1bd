"""A page's manifest: its size, its duration, and the layers that jobs may fill.

    <script type="application/json" id="reelbatch">
      {"width": 1280, "height": 720, "frameRate": 30, "seconds": 4}
    </script>

Only the page's text is read, in one pass; no script runs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import ValidationError

from reelbatch.engines.archives import is_archive, read_bounded, unpack
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.described import DescribedComposition, check_limits, unusable
from reelbatch.models.errors import LimitExceeded, TemplateInvalid
from reelbatch.models.stored.templates import Composition

LayerType = Literal["text", "image", "video", "audio", "data"]
Files = Mapping[PurePosixPath, bytes]

_KINDS: Mapping[str, LayerType] = {
    "img": "image",
    "image": "image",
    "video": "video",
    "audio": "audio",
}
_ENDINGS = (".html", ".htm")
_INDEX = PurePosixPath("index.html")
_LARGEST_PAGE = 4 * 1024**2  # bytes; pictures and scripts belong in separate files
_MAX_LAYERS = 1000
# Without possessive quantifiers, every one of many hyphens would be tried as the end of the name.
_ELEMENT = re.compile(r"<([a-zA-Z][^\s/<>]*+)([^<>]*+)>")
_LAYER = re.compile(r"""\bdata-layer\s*=\s*(?:"([^"]{1,1000})"|'([^']{1,1000})')""")
_MANIFEST = re.compile(r"""\bid\s*=\s*["']?reelbatch["']?(?:\s|$)""")


class _Manifest(DescribedComposition):
    layers: dict[str, LayerType] = {}  # layers that no element shows, only scripts
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of a template, which is one composition."""

    path: PurePosixPath
    composition: Composition
    layers: Mapping[str, LayerType]
    texts: Mapping[str, str]  # the text layers' own texts, if they are plain
    strict: bool  # whether warnings are errors


def read_files(template: bytes, limits: RenderLimits) -> Files:
    """Return the files of a zip, or a single page. Raises TemplateInvalid or LimitExceeded."""
    return unpack(template, limits) if is_archive(template) else {_INDEX: template}


def read_pages(files: Files, limits: RenderLimits) -> list[Page]:
    """Read pages that have a manifest, index.html first. Raises TemplateInvalid, LimitExceeded."""
    paths = sorted(
        (path for path in files if path.suffix.casefold() in _ENDINGS),
        key=lambda path: (path.name != _INDEX.name, len(path.parts), str(path)),
    )
    pages = [page for path in paths if (page := _read_page(path, files[path]))]
    if not pages:
        raise TemplateInvalid(
            'The template has no HTML page with a <script type="application/json" id="reelbatch">, '
            "which must state its width, height and seconds."
        )
    names = [page.composition.name for page in pages]
    if len(set(names)) < len(names):
        raise TemplateInvalid(f"Two pages have the same name: {', '.join(sorted(names))[:300]}.")
    for page in pages:
        check_limits(page.composition, limits)
    return pages


def open_template(file: Path, limits: RenderLimits) -> tuple[Files, list[Page]]:
    """Read a template's files and pages. Raises TemplateInvalid or LimitExceeded."""
    files = read_files(read_bounded(file, limits), limits)
    return files, read_pages(files, limits)


def _read_page(path: PurePosixPath, content: bytes) -> Page | None:
    if len(content) > _LARGEST_PAGE:
        raise LimitExceeded(f"{path} has more than {_LARGEST_PAGE} bytes; put media into files.")
    text = _without_comments(content.decode("utf-8", "replace"))
    manifest = _find_manifest(path, text)
    if manifest is None:
        return None
    layers: dict[str, LayerType] = dict(manifest.layers)
    texts: dict[str, str] = {}
    for name, kind, words in _elements(text):
        if layers.setdefault(name, kind) != kind:
            layers[name] = "data"  # elements of several kinds: each asset finds one that fits
        if words:
            texts.setdefault(name, words)
    if len(layers) > _MAX_LAYERS:
        raise LimitExceeded(f"{path} has more than {_MAX_LAYERS} layers.")
    return Page(
        path=path,
        composition=manifest.composition(path.stem),
        layers=layers,
        texts=texts,
        strict=manifest.strict,
    )


def _find_manifest(path: PurePosixPath, text: str) -> _Manifest | None:
    for element in _ELEMENT.finditer(text):
        if element[1].lower() != "script" or not _MANIFEST.search(element[2]):
            continue
        end = text.find("</script", element.end())
        try:
            return _Manifest.model_validate_json(text[element.end() : max(end, 0)])
        except ValidationError as error:
            raise unusable(f"The manifest of {path}", error) from error
    return None


def _elements(text: str) -> Iterator[tuple[str, LayerType, str]]:
    """Yield name, type, and text up to the next element, for elements with `data-layer`."""
    for element in _ELEMENT.finditer(text):
        found = _LAYER.search(element[2])
        if found:
            kind = _KINDS.get(element[1].lower(), "text")
            following = text.find("<", element.end())
            words = text[element.end() : following].strip() if kind == "text" else ""
            yield found[1] or found[2], kind, words[:1000]


def _without_comments(text: str) -> str:
    parts: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        parts.append(text[position:start])
        end = text.find("-->", start)
        if end < 0:
            return "".join(parts)
        position = end + 3
    return "".join([*parts, text[position:]])
