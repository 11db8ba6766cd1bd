"""The base of every model that crosses a wire, with the wire's camelCase as alias."""

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
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


Timestamp = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in UTC that is written to JSON in RFC 3339 with milliseconds."""

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


Absent = Annotated[T | None, Field(exclude_if=_is_none)]
"""A field that answers leave out where there is nothing, instead of writing null."""


def _is_empty(value: object) -> bool:
    return value == []


AnyOf = Annotated[list[T], Field(exclude_if=_is_empty)]
"""A list that answers leave out where it is empty."""


def _no_boolean(kind: Literal["int_type", "float_type"]) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, bool):  # which Python takes for 0 and 1
            raise PydanticKnownError(kind)
        return value

    return BeforeValidator(check)


def words(*allowed: str) -> WithJsonSchema:
    """Annotates an enumeration whose words another one has too: in the OpenAPI document it has no
    name of its own, since clients in Go have one constant for each word of named enumerations.
    """
    return WithJsonSchema({"type": "string", "enum": [*allowed]})


NOT_BOOLEAN = _no_boolean("int_type")
"""Annotates an integer in a request, after its bounds: else the schema does not have them."""

Number = Annotated[float, _no_boolean("float_type")]


class WireModel(BaseModel):
    """snake_case in Python, camelCase on the wire; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,  # answers leave out `Absent` fields only
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In answers an `Absent` field is never null, and no field has a default.

        A request leaves out what it does not say, though null is taken for that in most places:
        types that are not unions make better clients, and so do defaults that are plain values.
        """
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            shown: JsonSchemaValue = properties.get(field.alias or name, {})
            shown.pop("title", None)  # `Createdat` says nothing
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
    """A wire model where the contract lets clients send fields that it does not name."""

    model_config = ConfigDict(extra="allow")


class LenientWireModel(WireModel):
    """A wire model that leaves out what clients send beside its fields, as the contract lets them.

    Unlike in an `OpenWireModel` nothing of it goes on, to be stored or to be read by others.
    """

    model_config = ConfigDict(extra="ignore")


class RecordModel(WireModel):
    """What one process leaves for others to read: results, and what is kept in the object store.

    While an installation is upgraded the writer may be of a later version, so a reader leaves out
    fields that it does not know. What asks for work refuses them instead: nothing is half done.
    """

    model_config = ConfigDict(extra="ignore")
