"""The base of every model that crosses a wire, with the wire's camelCase as alias."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel


def rfc3339(moment: datetime) -> str:
    """Write `moment` in UTC with milliseconds and `Z`, as the contract's examples do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


Timestamp = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json")]
"""A moment in UTC that is written to JSON in RFC 3339 with milliseconds."""

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


Absent = Annotated[T | None, Field(exclude_if=_is_none)]
"""A field that answers leave out where there is nothing, instead of writing null."""


class WireModel(BaseModel):
    """snake_case in Python, camelCase on the wire; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class OpenWireModel(WireModel):
    """A wire model where the contract lets clients send fields that it does not name."""

    model_config = ConfigDict(extra="allow")
