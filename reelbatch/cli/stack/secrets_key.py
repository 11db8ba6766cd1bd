"""The key that encrypts a stack's secrets: created once, in a file that only its owner may read."""

import os

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.home import Home
from reelbatch.settings import Settings
from reelbatch.storage.secrets import new_secrets_key


def secrets_environment(home: Home, settings: Settings) -> dict[str, str]:
    """The variable with the key for the stack's processes; empty if the user has set it.

    Raises CommandFailed if the key's file cannot be used.
    """
    if settings.secrets_key is not None:
        return {}
    try:
        return {"REELBATCH_SECRETS_KEY": _stored_key(home)}
    except OSError as error:
        raise CommandFailed(
            f"{home.secrets_key_file} cannot be used: {error.strerror}. Without the key in it "
            "the stored secrets cannot be read."
        ) from error


def _stored_key(home: Home) -> str:
    """Read or create the key. The stack's lock prevents two of them from being created."""
    file = home.secrets_key_file
    if file.exists():
        return file.read_text().strip()
    key = new_secrets_key()
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"{key}\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    return key
