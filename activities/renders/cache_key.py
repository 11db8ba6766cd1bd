"""Decides whether two renders are equal, by a digest of everything an engine sees of a job."""

import hashlib
import importlib.util
import json
import platform
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from reelbatch.engines.base import RenderEngine, RenderRequest, ResolvedAsset
from reelbatch.engines.system_fonts import fonts_digest
from reelbatch.models.wire.assets import MediaAsset, StaticAsset

_SHARED_PACKAGES = ("reelbatch.engines", "reelbatch.models")  # the base of every engine


def render_key(request: RenderRequest, fingerprint: str) -> str:
    """A digest in hex of the template's bytes, the composition, the assets with their files' bytes,
    the team's fonts, the output and the limits; `fingerprint` is the engine's.

    The sources of files and the names of secrets do not matter. Only limits on the content of a
    render are included, not limits on its cost.
    """
    limits = request.limits
    seen = {
        "engine": fingerprint,
        "template": [request.template_type, _digest(request.template)],
        "composition": request.composition,
        "output": request.output.model_dump(mode="json"),
        "assets": [_asset(resolved) for resolved in request.assets],
        "fonts": [_digest(file) for file in request.fonts],
        "faces": [face.model_dump() for face in request.font_faces],
        "limits": [limits.pixels_per_frame, limits.frames, limits.template_size],
        "expressions": request.expressions,
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _asset(resolved: ResolvedAsset) -> dict[str, Any]:
    """An asset's contribution; it includes the file's extension, which engines may rely on."""
    asset, file = resolved.asset, resolved.file
    if file is None:
        return {"asset": asset.model_dump(mode="json")}
    source = {"src", "params"} if isinstance(asset, (MediaAsset, StaticAsset)) else {"src"}
    fields = asset.model_dump(mode="json", exclude=source)
    return {"asset": fields, "file": [file.suffix, _digest(file)]}


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@cache
def engine_fingerprint(engine: type[RenderEngine]) -> str:
    """A digest of everything installed that may change the engine's output.

    It covers the engine's version, all packages with theirs, the machine and its fonts. It also
    covers the sources of the engine and its base, so that someone who works on an engine never gets
    a render from before a change.
    """
    own = engine.__module__.partition(".")[0]  # a third-party engine's; ours are in the shared ones
    packages = {*_SHARED_PACKAGES} | ({own} - {"reelbatch"})
    seen = {
        "engine": [engine.name, engine.version],
        "machine": platform.machine(),
        "fonts": fonts_digest(),
        "packages": sorted(f"{each.name}=={each.version}" for each in distributions()),
        "sources": {name: _source_digest(name) for name in packages},
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _source_digest(package: str) -> str:
    digest = hashlib.sha256()
    for file in _sources(package):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _sources(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    if spec is None:
        return []
    folders = spec.submodule_search_locations
    if folders is not None:
        files = (file for folder in folders for file in Path(folder).rglob("*.[pj][ys]"))
        return sorted(files)  # Python, and the JavaScript that an engine runs
    return [Path(spec.origin)] if spec.origin else []
