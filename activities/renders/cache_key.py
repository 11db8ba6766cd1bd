"""Says when two renders are equal: by a digest of all that an engine sees of a job."""

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

_SHARED_PACKAGES = ("reelbatch.engines", "reelbatch.models")  # what every engine builds on


def render_key(request: RenderRequest, fingerprint: str) -> str:
    """Hex, equal where the template's bytes, the composition, the assets with their files' bytes,
    the team's fonts, the output and the limits are; `fingerprint` is the engine's.

    Where files came from does not count, nor how secrets are called. Of the limits those count
    that refuse a render by what it is, not those that stop one by what it costs.
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
    """A file's ending counts, since engines may go by it."""
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
    """A digest of everything installed that may change what the engine renders: its version, all
    packages with theirs, the machine and its fonts, and the source of the engine and of what it
    builds on, so that nobody who works on an engine meets a render from before the change.
    """
    own = engine.__module__.partition(".")[0]  # of an engine of others; ours are in the shared ones
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
        return sorted(files)  # of Python, and what an engine runs as JavaScript
    return [Path(spec.origin)] if spec.origin else []
