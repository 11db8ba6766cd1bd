"""Types for query parameters and headers."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Path
from pydantic import BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from reelbatch.models.ids import ID_PATTERN

T = TypeVar("T")


@dataclass(frozen=True)
class ErrorText:
    """Annotates a type with the text of its error; pydantic's own would show only a pattern."""

    text: str  # follows the parameter's name, such as "must be true or false"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type="error_text",
            custom_error_message="{text}",
            custom_error_context={"text": self.text},
        )


Flag = Annotated[bool, BeforeValidator({"true": True, "false": False}.get)]
"""`true` or `false`, but none of the other words that pydantic accepts as booleans."""

Ulid = Annotated[str, Field(pattern=ID_PATTERN), ErrorText("must be a ULID of 26 characters")]
UlidPath = Annotated[Ulid, Path()]


def _none_if_empty(text: str) -> str | None:
    return text or None


OrEmpty = Annotated[T | None, BeforeValidator(_none_if_empty)]
"""A parameter that may be missing or empty, which means the same."""
