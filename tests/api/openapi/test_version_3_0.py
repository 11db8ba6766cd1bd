"""The OpenAPI 3.0 document has the same meaning as the 3.1 document."""

from collections.abc import Iterator
from typing import Any, cast

import openapi_schema_validator
import pytest
import pytest_asyncio
from jsonschema.protocols import Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from api.openapi.inputs import EXAMPLE_TEMPLATE_ID
from tests.api.running_api import RunningApi, Team

Both = tuple[dict[str, Any], dict[str, Any]]

VALIDATORS: Any = openapi_schema_validator
OTHERS: list[Any] = [None, True, 1, -2000, "", "finished", [], [1, 2], {}]


@pytest_asyncio.fixture(scope="module")
async def documents(api: RunningApi, card_team: Team) -> Both:
    """The 3.0 and the 3.1 document."""
    older = (await card_team.public.get(f"{api.url}/openapi-3.0.json")).json()
    return older, (await card_team.public.get(f"{api.url}/openapi.json")).json()


def test_the_3_0_document_is_valid(documents: Both) -> None:
    older, _ = documents
    assert older["openapi"] == "3.0.4"
    OpenAPIV30SpecValidator(older).validate()


def test_both_documents_have_the_same_operations(documents: Both) -> None:
    assert operations(documents[0]) == operations(documents[1])


def operations(document: dict[str, Any]) -> dict[str, Any]:
    """The inputs and responses of each operation, by name."""
    return {
        operation["operationId"]: (
            method,
            path,
            operation["tags"],
            operation["summary"],
            [(found["name"], found["in"]) for found in operation.get("parameters", [])],
            list(operation.get("requestBody", {}).get("content", {})),
            {status: list(found.get("content", {})) for status, found in responses(operation)},
        )
        for path, found in document["paths"].items()
        for method, operation in found.items()
    }


def responses(operation: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(operation["responses"].items())


def test_schemas_of_both_documents_accept_and_refuse_the_same(
    documents: Both, subtests: pytest.Subtests
) -> None:
    older, newer = documents
    assert older["components"]["schemas"].keys() == newer["components"]["schemas"].keys()
    for name, schema in newer["components"]["schemas"].items():
        if "oneOf" in schema:  # their members are compared one by one
            assert older["components"]["schemas"][name] == schema
            continue
        with subtests.test(name):
            sent = name.endswith("Creation")
            kind = VALIDATORS.OAS30WriteValidator if sent else VALIDATORS.OAS30ReadValidator
            first = validator(kind, older, name)
            second = validator(VALIDATORS.OAS31Validator, newer, name)
            full = a_value(newer, schema)
            assert first.is_valid(full)
            assert second.is_valid(full)
            for changed in changes(full):
                assert first.is_valid(changed) == second.is_valid(changed), changed


def a_value(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value of the schema that has every field."""
    if "$ref" in schema:
        return a_value(document, document["components"]["schemas"][schema["$ref"].split("/")[-1]])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return a_value(document, schema[union][0])
    for choices in ("enum", "const"):
        if choices in schema:
            return schema["const"] if choices == "const" else schema["enum"][0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {}).items()
            return {name: a_value(document, field) for name, field in fields}
        case "array":
            return [a_value(document, schema["items"])] * schema.get("minItems", 1)
        case "string" if schema.get("format") == "date-time":
            return "2026-05-04T12:00:00.000Z"
        case "string":
            return EXAMPLE_TEMPLATE_ID  # it matches every pattern
        case "boolean":
            return True
        case "integer":  # the document writes bounds as 0.0
            return int(schema.get("minimum", 1))
        case _:
            return schema.get("minimum", 1)


def changes(full: Any) -> Iterator[Any]:
    """The value with one field missing or different, and entirely different values."""
    yield from OTHERS
    if isinstance(full, dict):
        fields = cast("dict[str, Any]", full)
        for name in [*fields, "unknown"]:
            yield {key: value for key, value in fields.items() if key != name}
            yield from ({**fields, name: other} for other in OTHERS)


def validator(kind: Any, document: dict[str, Any], name: str) -> Validator:
    return kind({"$ref": f"#/components/schemas/{name}", **document})
