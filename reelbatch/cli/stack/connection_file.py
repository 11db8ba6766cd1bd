"""`connection.json`: how to reach a running stack. Only its owner may read it: it has a token."""

import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from reelbatch.cli.console import CommandFailed
from reelbatch.models.wire.base import WireModel


class Connection(WireModel):
    """The addresses of a stack, and its token."""

    api_url: str  # the origin, without the path of the API
    token: str
    temporal_address: str
    temporal_ui_url: str

    @property
    def base_url(self) -> str:
        """The base URL for clients of the API."""
        return f"{self.api_url}/api/v2"


def read_connection(file: Path) -> Connection | None:
    """The file's content, or None if there is no file. Raises CommandFailed if it is invalid."""
    try:
        return Connection.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise CommandFailed(
            f"{file} cannot be read. Remove it and start `reelbatch up` again, which recreates it."
        ) from error


def write_connection(file: Path, connection: Connection) -> None:
    """Replace the file atomically, so that nobody reads half of it."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # mode 0600
    with os.fdopen(descriptor, "w") as stream:
        stream.write(connection.model_dump_json(by_alias=True, indent=2) + "\n")
    Path(draft).replace(file)
