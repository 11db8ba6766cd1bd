"""Secrets: what clients send and read of them, and how other texts refer to them (contract 9)."""

import re
from collections.abc import Callable, Iterator
from typing import cast

from pydantic import Field, JsonValue, SecretStr, field_validator

from reelbatch.models.wire.base import LenientWireModel, Timestamp, WireModel

SECRET_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"  # noqa: S105  a pattern of names
LONGEST_SECRET = 64 * 1024  # characters

# What stands between the braces is taken as it is: a name that no secret can have is unknown.
_REFERENCE = re.compile(r"\$\{secrets?\.([^{}]*)\}")


class SecretCreation(LenientWireModel):
    """The body of PUT /secrets."""

    name: str = Field(pattern=SECRET_NAME_PATTERN)
    value: SecretStr = Field(min_length=1, max_length=LONGEST_SECRET)

    @field_validator("value")
    @classmethod
    def _is_text(cls, value: SecretStr) -> SecretStr:
        if any("\ud800" <= character <= "\udfff" for character in value.get_secret_value()):
            raise ValueError("it holds half of a surrogate pair, which no text is")
        return value


class Secret(WireModel):
    """A secret as the endpoints answer it: never with its value."""

    id: str
    name: str
    created_at: Timestamp


def referenced_secrets(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Each reference in the texts of `value`, as the path of its text and the secret's name."""
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
    """`text` with each reference replaced by what `value_of` says for the secret's name."""
    return _REFERENCE.sub(lambda match: value_of(match.group(1)), text)
