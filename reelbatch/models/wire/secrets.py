"""Secrets: the models of their endpoints, and references to them in texts (contract 9)."""

import re
from collections.abc import Callable, Iterator
from typing import cast

from pydantic import Field, JsonValue, SecretStr, field_validator

from reelbatch.models.wire.base import LenientWireModel, Timestamp, WireModel

SECRET_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"  # noqa: S105  a pattern, not a secret
MAX_SECRET_LENGTH = 64 * 1024  # characters

# Any text between the braces counts as a name; one that no secret can have is reported as unknown.
_REFERENCE = re.compile(r"\$\{secrets?\.([^{}]*)\}")


class SecretCreation(LenientWireModel):
    """The body of PUT /secrets."""

    name: str = Field(pattern=SECRET_NAME_PATTERN)
    value: SecretStr = Field(min_length=1, max_length=MAX_SECRET_LENGTH)

    @field_validator("value")
    @classmethod
    def _is_text(cls, value: SecretStr) -> SecretStr:
        if any("\ud800" <= character <= "\udfff" for character in value.get_secret_value()):
            raise ValueError("must be valid Unicode, without unpaired surrogates")
        return value


class Secret(WireModel):
    """A secret as the endpoints return it, always without its value."""

    id: str
    name: str
    created_at: Timestamp


def referenced_secrets(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Yield each reference in the texts of `value`, as its text's path and the secret's name."""
    if isinstance(value, str):
        for match in _REFERENCE.finditer(value):
            yield path, match.group(1)
    elif isinstance(value, list):
        for position, item in enumerate(cast("list[JsonValue]", value)):
            yield from referenced_secrets(item, f"{path}.{position}")
    elif isinstance(value, dict):
        for key, item in cast("dict[str, JsonValue]", value).items():
            yield from referenced_secrets(item, f"{path}.{key}")


def has_reference(text: str) -> bool:
    return _REFERENCE.search(text) is not None


def begins_with_reference(text: str) -> bool:
    return _REFERENCE.match(text) is not None


def replace_references(text: str, value_of: Callable[[str], str]) -> str:
    """Return `text` with each reference replaced by `value_of` the secret's name."""
    return _REFERENCE.sub(lambda match: value_of(match.group(1)), text)
