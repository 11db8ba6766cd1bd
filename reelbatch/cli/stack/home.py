"""A stack's home: the folder with all of its data, used by one stack at a time."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from reelbatch.cli.console import CommandFailed


@dataclass(frozen=True)
class Home:
    """The files of a home. `path` is absolute."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(path.expanduser().resolve())

    @property
    def connection_file(self) -> Path:
        return self.path / "connection.json"

    @property
    def temporal_database(self) -> Path:
        return self.path / "temporal.db"

    @property
    def objects(self) -> Path:
        return self.path / "objects"

    @property
    def secrets_key_file(self) -> Path:
        """Outside `objects`: a copy of the objects alone does not reveal the secrets."""
        return self.path / "secrets-key"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def lock_file(self) -> Path:
        return self.path / "up.lock"

    def prepare(self) -> None:
        """Create the folders and make them accessible to their owner only.

        The same holds for everything that this process and its children write from now on: keys,
        tokens and users' files. Raises CommandFailed if that is not allowed.
        """
        os.umask(0o077)
        try:
            for folder in (self.path, self.objects, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)  # also if it existed before
        except OSError as error:
            raise CommandFailed(_unusable(self.path, error)) from error


@contextmanager
def locked(home: Home) -> Generator[None]:
    """Hold the home's lock while a stack runs. The kernel releases it however the process ends.

    Raises CommandFailed if another stack holds it.
    """
    from filelock import lock_descriptor  # not installed with the client alone

    try:
        descriptor = os.open(home.lock_file, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise CommandFailed(_unusable(home.path, error)) from error
    with os.fdopen(descriptor, "w") as file:
        if not lock_descriptor(file.fileno(), blocking=False):
            raise CommandFailed(
                f"Another stack{_owner(home)} is running in {home.path}. "
                "Stop it first, or choose another folder with --home."
            )
        file.truncate(0)
        print(os.getpid(), file=file, flush=True)
        yield


def is_running(home: Home) -> bool:
    """Whether a stack runs in this home."""
    from filelock import lock_descriptor

    try:
        file = os.open(home.lock_file, os.O_RDWR)
    except OSError:
        return False
    try:
        return not lock_descriptor(file, blocking=False)
    finally:
        os.close(file)


def _owner(home: Home) -> str:
    process = home.lock_file.read_text().strip()
    return f" (process {process})" if process else ""


def _unusable(path: Path, error: OSError) -> str:
    return f"The folder {path} cannot be used: {error.strerror}. Choose a writable one with --home."
