"""The application: `api`, `worker.py` and everything they import.

Installing Reelbatch adds a single importable name, so only the application's own processes have
these on their path. A wheel has them in a folder of the package, a checkout at its root.
"""

import os
import runpy
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NoReturn

from reelbatch.cli.console import CommandFailed

Part = Literal["api", "worker"]

_PACKAGE = Path(__file__).parents[1]


def application_folder() -> Path:
    """The folder with `api`, `worker.py` and the examples that `reelbatch demo` renders."""
    packed = _PACKAGE / "_application"
    return packed if packed.exists() else _PACKAGE.parent


def command_of(part: Part) -> list[str]:
    """The command that runs `part`; it needs the `application_environment`."""
    # -P: the current folder may have a module of the same name.
    return [sys.executable, "-P", "-m", part]


def application_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which `command_of` finds the application."""
    path = [str(application_folder()), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def become(part: Part, settings: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process with the API or a worker, adding `settings` to the environment.

    Raises CommandFailed if the service is not installed.
    """
    require_server()
    environment = application_environment({**os.environ, **(settings or {})})
    if sys.platform == "win32":
        # Here exec starts a second process that nobody waits for, and that would outlive a
        # service that is stopped.
        os.environ.update(environment)
        sys.path.insert(0, str(application_folder()))
        runpy.run_module(part, run_name="__main__", alter_sys=True)
        sys.exit()
    # A new program: otherwise the command line would take up memory for months.
    os.execve(sys.executable, command_of(part), environment)  # noqa: S606


def require_server() -> None:
    """Raises CommandFailed if only the client is installed."""
    if find_spec("temporalio") is None:
        raise CommandFailed(
            "This command needs the service itself. Run pip install 'reelbatch[server]'."
        )
