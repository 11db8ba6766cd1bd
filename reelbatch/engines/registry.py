"""Installed render engines, found through the entry-point group `reelbatch.engines`."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from reelbatch.engines.base import RenderEngine
from reelbatch.engines.old_style import as_render_engine

ENTRY_POINT_GROUP = "reelbatch.engines"
ARCHIVE_END = 1024**2  # bytes at the end of a zip, where the names of its files are


class EngineUnavailable(Exception):
    """A render engine is not installed, is installed twice, or cannot be loaded."""


def load_engines(names: Sequence[str] = ()) -> dict[str, type[RenderEngine]]:
    """Return the engines named in `names`, or all installed engines that are available here.

    The keys are the engines' names. Raises EngineUnavailable, whose message names the engine and
    its package.
    """
    found = _load_all(names)
    if names:
        return found
    return {name: engine for name, engine in found.items() if engine.why_unavailable() is None}


def unavailable_engines(names: Sequence[str] = ()) -> dict[str, str]:
    """Return why engines are unavailable here, by name; available ones are left out.

    Covers the engines named in `names`, or all installed ones. Raises EngineUnavailable.
    """
    reasons = {name: engine.why_unavailable() for name, engine in _load_all(names).items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _load_all(names: Sequence[str]) -> dict[str, type[RenderEngine]]:
    installed = _installed()
    return {name: _load(_find(installed, name)) for name in names or sorted(installed)}


def load_engine(name: str) -> type[RenderEngine]:
    """Return the engine with this name. Raises EngineUnavailable."""
    return _load(_find(_installed(), name))


def load_class(reference: str) -> type[RenderEngine]:
    """Return the engine with an installed name, or the class `module:Class`.

    Raises EngineUnavailable. For `module:Class`, errors of the import are passed on.
    """
    module, colon, attribute = reference.partition(":")
    if not colon:
        return load_engine(reference)
    return as_render_engine(getattr(import_module(module), attribute))


def engine_for_template_type(
    engines: Mapping[str, type[RenderEngine]], template_type: str
) -> type[RenderEngine] | None:
    """Return the engine for templates of a type that no manifest claims, or None.

    If several engines qualify, it is the first one by name.
    """
    found = (engine for _, engine in sorted(engines.items()))
    able = [each for each in found if template_type in each.template_types and not each.instead_of]
    return min(able, key=lambda engine: engine.manifest != "", default=None)


def renderers_of(engines: Mapping[str, type[RenderEngine]], engine: str) -> list[str]:
    """Return the names of the engines that render templates of `engine`, which comes first."""
    others = (name for name, each in sorted(engines.items()) if each.instead_of == engine)
    return [engine, *others]


def claims_on(engines: Mapping[str, type[RenderEngine]], template_type: str) -> dict[str, str]:
    """Return the names of engines by the manifest that marks an archive as theirs."""
    return {
        engine.manifest: name
        for name, engine in sorted(engines.items())
        if engine.manifest and template_type in engine.template_types
    }


def claimant(claims: Mapping[str, str], archive_end: bytes) -> str | None:
    """Return the engine whose manifest is in an archive, or None.

    `archive_end` is the archive's last `ARCHIVE_END` bytes.
    """
    return next((name for file, name in claims.items() if file.encode() in archive_end), None)


def _installed() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise EngineUnavailable(
                f"two packages provide a render engine named {point.name}: {_package(other)} and "
                f"{_package(point)}; uninstall one of them"
            )
    return found


def _find(installed: Mapping[str, EntryPoint], name: str) -> EntryPoint:
    if name not in installed:
        known = ", ".join(sorted(installed)) or "none"
        raise EngineUnavailable(f"there is no render engine named {name}; installed are: {known}")
    return installed[name]


def _load(point: EntryPoint) -> type[RenderEngine]:
    try:
        engine = as_render_engine(point.load())
    except Exception as error:  # an engine's module may do anything
        raise EngineUnavailable(
            f"the render engine {point.name} of {_package(point)} ({point.value}) cannot be "
            f"loaded: {error}"
        ) from error
    own_name = getattr(engine, "name", None)
    if own_name != point.name:
        raise EngineUnavailable(
            f"the render engine {point.value} has the name {own_name!r}, but {_package(point)} "
            f"registers it as {point.name!r}; both names must be the same"
        )
    return engine


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"
