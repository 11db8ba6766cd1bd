"""Support for engines that predate the base class `RenderEngine`. The next version drops it."""

import warnings
from functools import cache
from typing import Any, cast

from reelbatch.engines.base import RenderEngine, Renderer


@cache
def as_render_engine(found: object) -> type[RenderEngine]:
    """Return `found` if it is a `RenderEngine`, otherwise an engine that wraps the class.

    A wrapped class is its own renderer and gets the defaults of `RenderEngine` for attributes
    that it doesn't have. It causes a DeprecationWarning. Raises TypeError if `found` is not a
    class.
    """
    if not isinstance(found, type):
        raise TypeError(f"{found!r} is not a class")
    old = cast("type[Any]", found)
    if issubclass(old, RenderEngine):
        return old
    warnings.warn(
        f"The render engine {old.__module__}.{old.__qualname__} does not derive from "
        "reelbatch.engines.base.RenderEngine: the next version of Reelbatch will not load it. "
        "The section `Engines of earlier versions` in docs/extending.md says what to change.",
        DeprecationWarning,
        stacklevel=2,
    )
    renderer = type(old.__name__, (old, Renderer), {"__module__": old.__module__})
    body = {"__module__": old.__module__, "renderer": staticmethod(renderer)}
    return cast("type[RenderEngine]", type(old.__name__, (old, RenderEngine), body))
