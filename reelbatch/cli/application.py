"""The application: `api`, `worker.py` and what those import.

An installation adds one name to Python, so these are on the path of their own processes alone. In a
wheel they are a folder of the package, in a checkout they are at its root.
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
    """The folder of `api` and `worker.py`, and of the examples that `reelbatch demo` renders."""
    packed = _PACKAGE / "_application"
    return packed if packed.exists() else _PACKAGE.parent


def command_of(part: Part) -> list[str]:
    """The command of a process, which needs the `application_environment`."""
    # -P: a folder of the same name where the user happens to be is not ours.
    return [sys.executable, "-P", "-m", part]


def application_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which `command_of` finds the application."""
    path = [str(application_folder()), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def become(part: Part, settings: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process by the API or a worker, with `settings` beside those of the environment.

    Raises CommandFailed where it cannot run.
    """
    require_server()
    environment = application_environment({**os.environ, **(settings or {})})
    if sys.platform == "win32":
        # There a replaced process is another one: nobody waits for it, and a service that is
        # stopped would leave it behind.
        os.environ.update(environment)
        sys.path.insert(0, str(application_folder()))
        runpy.run_module(part, run_name="__main__", alter_sys=True)
        sys.exit()
    # A new program: the command line would stay in the memory of a process that lives for months.
    os.execve(sys.executable, command_of(part), environment)  # noqa: S606


def require_server() -> None:
    """Raises CommandFailed where only a client is installed."""
    if find_spec("temporalio") is None:
        raise CommandFailed(
            "This command needs the service itself: pip install 'reelbatch[server]'."
        )
