"""The options by which all commands select a running service."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from reelbatch.cli.options import DEFAULT_HOME, HomeOption, ProfileOption, TokenOption, UrlOption
from reelbatch.client import Reelbatch


def with_client(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the command's first parameter, the client, by options that say how to connect it."""

    @wraps(command)
    def run(**options: Any) -> None:
        url, token, profile, home = (options.pop(added.name) for added in _ADDED)
        with Reelbatch(url, token, profile=profile, home=home) as client:
            command(client, **options)

    own = [*inspect.signature(command).parameters.values()][1:]
    vars(run)["__signature__"] = inspect.Signature([*own, *_ADDED])
    return run


def _option(name: str, annotation: Any, default: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )


_ADDED = (
    _option("url", UrlOption, None),
    _option("token", TokenOption, None),
    _option("profile", ProfileOption, None),
    _option("home", HomeOption, DEFAULT_HOME),
)
