"""The base classes of all models that cross a wire; aliases give the wire's camelCase."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError


def rfc3339(moment: datetime) -> str:
    """Write `moment` in UTC with milliseconds and `Z`, as the contract's examples do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in UTC, written to JSON in RFC 3339 format with milliseconds."""

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


Absent = Annotated[T | None, Field(exclude_if=_is_none)]
"""A field that responses omit when it is None, instead of writing null."""


def _is_empty(value: object) -> bool:
    return value == []


ListOrAbsent = Annotated[list[T], Field(exclude_if=_is_empty)]
"""A list that responses omit when it is empty."""


def _no_boolean(kind: Literal["int_type", "float_type"]) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, bool):  # a kind of integer in Python
            raise PydanticKnownError(kind)
        return value

    return BeforeValidator(check)


def unnamed_enum(*allowed: str) -> WithJsonSchema:
    """Annotates an enumeration that shares words with another one.

    It has no name of its own in the OpenAPI document. Generated clients in Go declare one constant
    for each word of every named enumeration, and equal words would collide.
    """
    return WithJsonSchema({"type": "string", "enum": [*allowed]})


NOT_BOOLEAN = _no_boolean("int_type")
"""Annotates an integer in a request. It must follow the bounds, or the schema omits them."""

Number = Annotated[float, _no_boolean("float_type")]


class WireModel(BaseModel):
    """snake_case in Python, camelCase on the wire; unknown fields are rejected."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,  # responses omit only `Absent` fields
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe responses without null for `Absent` fields, and without defaults.

        The schema of a request allows no null either, although most fields accept it: clients are
        better without unions, and with defaults only where they are plain values.
        """
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            shown: JsonSchemaValue = properties.get(field.alias or name, {})
            shown.pop("title", None)  # such as `Createdat`, which helps nobody
            if handler.mode == "serialization" or shown.get("default") in (None, [], {}):
                shown.pop("default", None)
            if handler.mode == "validation" or field.exclude_if is not None:
                _refuse_null(shown)
        return schema


def _refuse_null(schema: JsonSchemaValue) -> None:
    others: list[dict[str, Any]] = [
        choice for choice in schema.pop("anyOf", []) if choice != {"type": "null"}
    ]
    schema.update(others[0] if len(others) == 1 else {"anyOf": others} if others else {})


class OpenWireModel(WireModel):
    """A wire model that accepts and retains undeclared fields, as the contract allows."""

    model_config = ConfigDict(extra="allow")


class LenientWireModel(WireModel):
    """A wire model that drops undeclared fields, which the contract allows clients to send.

    Unlike in an `OpenWireModel`, they are neither stored nor passed on.
    """

    model_config = ConfigDict(extra="ignore")


class RecordModel(WireModel):
    """A model that one process writes and others read: results, and objects in the object store.

    During an upgrade the writer may be a later version than the reader, so readers ignore fields
    that they do not know. Requests for work are rejected instead, so that no work is half done.
    """

    model_config = ConfigDict(extra="ignore")
