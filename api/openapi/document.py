"""The OpenAPI document: what FastAPI cannot see, since endpoints read bodies by hand.

Endpoints say what they read with `openapi_extra`, which `api.openapi.inputs` has for each of them.
What holds for all of them is added to the finished document: common errors and headers.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, JsonValue
from pydantic.alias_generators import to_camel

from api.http.errors import documented
from api.http.responses import JSON
from reelbatch.models.errors import (
    BodyTooSlow,
    Forbidden,
    PreconditionFailed,
    ReelbatchError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)

Entry = dict[str, Any]
"""A part of an OpenAPI document."""

TAGS: list[Entry] = [
    {"name": "batches", "description": "Up to 1,000 jobs in one request, followed by counts."},
    {"name": "jobs", "description": "Single jobs, and the jobs of batches one by one."},
    {"name": "templates", "description": "The files that jobs render: writing, and older reads."},
    {"name": "templates v3", "description": "What is in a template. Fields are snake_case here."},
    {"name": "fonts", "description": "The team's fonts, for templates that do not bring theirs."},
    {"name": "uploads", "description": "Pictures, sound and video that jobs use by their ids."},
    {"name": "schedules", "description": "Batches of the table at a URL, again and again."},
    {"name": "webhooks", "description": "What came of them, and sending one again."},
    {"name": "secrets", "description": "Values that jobs name as `${secrets.NAME}`."},
    {"name": "team", "description": "Whom a token speaks for, and the team's tokens."},
    {"name": "outputs", "description": "What jobs have rendered. The addresses are the keys."},
    {"name": "signed links", "description": "A template's file. The addresses are the keys."},
    {"name": "health", "description": "For load balancers."},
]

_SCHEMAS = "#/components/schemas/"
_REFERENCE = re.compile(f'"{_SCHEMAS}(\\w+)"')
_REQUEST_ID = {
    "X-Request-Id": {
        "description": "Names the request in the server's log; one that the client sent is kept.",
        "required": True,
        "schema": {"type": "string"},
    }
}
_RETRY_AFTER: Entry = {
    "Retry-After": {
        "description": "Seconds. Absent where trying again will not help.",
        "schema": {"type": "integer"},
    }
}
_IF_NONE_MATCH: Entry = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier response.",
    "required": False,
    "schema": {"type": "string"},
}
_ETAG: Entry = {"ETag": {"required": True, "schema": {"type": "string"}}}
_HEADERS_OF_STATUS: dict[str, Entry] = {
    "401": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}


FILE: Entry = {"type": "string", "format": "binary"}
"""What clients send and read as bytes; generators know it by its format alone."""


def operation_id(route: APIRoute) -> str:
    """The endpoint's name in the camelCase of the wire. Most of them are the contract's."""
    return to_camel(route.name)


def body(*contents: Entry) -> Entry:
    """A body that can be sent in each of these forms."""
    by_media_type: Entry = {}
    for content in contents:
        by_media_type |= content
    return {"requestBody": {"required": True, "content": by_media_type}}


def json_content(model: type[BaseModel], **examples: JsonValue) -> Entry:
    """What the endpoint reads as `model`, with examples that it accepts."""
    name, schema = model.__name__, model.model_json_schema(ref_template=f"{_SCHEMAS}{{model}}")
    definitions = schema.pop("$defs", {}) | {name: schema}
    reference = {"$ref": f"{_SCHEMAS}{name}", "$defs": definitions}
    return {JSON: {"schema": reference, **_named(examples)}}


def text_content(media_type: str, description: str, **examples: JsonValue) -> Entry:
    schema = {"type": "string", "description": description}
    return {media_type: {"schema": schema, **_named(examples)}}


def file_content(media_type: str = "application/octet-stream") -> Entry:
    return {media_type: {"schema": FILE}}


def form_content(**parts: Entry) -> Entry:
    """A multipart form. Parts whose schema has no `default` are required."""
    required = [name for name, schema in parts.items() if "default" not in schema]
    schema = {"type": "object", "properties": parts, "required": required}
    return {"multipart/form-data": {"schema": schema}}


def _named(examples: Mapping[str, JsonValue]) -> Entry:
    if not examples:
        return {}
    return {"examples": {name: {"value": value} for name, value in examples.items()}}


def content_response(description: str, *media_types: str) -> Entry:
    """A response that is not JSON, or not always."""
    content = {
        media_type: {"schema": {"type": "string"} if _is_text(media_type) else FILE}
        for media_type in sorted(set(media_types))
    }
    return {"description": description, "content": content}


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type == "application/x-ndjson"


def file_responses(*media_types: str) -> dict[int | str, Entry]:
    """The responses of an endpoint that sends a file of one of these types, or a part of it."""
    return {
        200: content_response("The file.", *media_types),
        206: content_response("The part that was asked for.", *media_types),
        304: {"description": "The client has this version already."},
        416: {"description": "The part lies outside of the file."},
    }


def complete_reference(app: FastAPI) -> None:
    """Have `app` serve the whole truth as its OpenAPI document."""
    generate = app.openapi

    def openapi() -> Entry:
        if app.openapi_schema is None:
            document = generate()
            _move_definitions(document)
            for path, operations in document["paths"].items():
                if path.startswith("/api/") and "get" in operations:
                    _declare_condition(operations["get"])
            for operation in _operations(document):
                _summarise(operation)
                _simplify_parameters(operation)
                _declare_common_responses(operation)
            _drop_unused_schemas(document)
        return cast("Entry", app.openapi_schema)

    app.openapi = openapi


def _move_definitions(document: Entry) -> None:
    """The models of bodies become components, where their references lead."""
    components = cast("Entry", document["components"]["schemas"])
    for operation in _operations(document):
        body = cast("Entry", operation.get("requestBody", {}))
        for content in body.get("content", {}).values():
            for name, schema in content["schema"].pop("$defs", {}).items():
                if components.setdefault(name, schema) != schema:
                    raise ValueError(f"{name} has one schema in requests and another in responses")


def _summarise(operation: Entry) -> None:
    """An endpoint's docstring is a summary, and what may follow it the description."""
    summary, _, operation["description"] = operation["description"].partition("\n\n")
    operation["summary"] = summary.removesuffix(".")


def _simplify_parameters(operation: Entry) -> None:
    """A parameter is absent, but never null; its title is its name, and it is described once."""
    for parameter in operation.get("parameters", []):
        schema = cast("Entry", parameter["schema"])
        for name in ("title", "description"):
            schema.pop(name, None)
        for choice in schema.pop("anyOf", []):
            if choice != {"type": "null"}:
                schema.update(choice)


def _declare_common_responses(operation: Entry) -> None:
    responses = cast("Entry", operation["responses"])
    _drop_framework_error(responses)
    common: list[type[ReelbatchError]] = []
    if "requestBody" in operation:
        common += [BodyTooSlow]
    if "security" in operation:
        common += [Unauthorized, Forbidden, TooManyRequests]
    if "304" in responses:
        common += [PreconditionFailed]
    for scheme in operation.get("security", []):
        scopes = " and ".join(f"`{scope}`" for scopes in scheme.values() for scope in scopes)
        operation["description"] += f"\n\nNeeds a token with the scope {scopes}."
        operation["description"] = operation["description"].strip()
    for status, entry in documented(*common, ReelbatchError, Unavailable).items():
        declared = responses.setdefault(str(status), {"description": ""})
        known = declared["description"]
        texts = [text for text in entry["description"].split("\n\n") if text not in known]
        declared["description"] = "\n\n".join(filter(None, [known, *texts]))
        declared["content"] = {JSON: {"schema": {"$ref": f"{_SCHEMAS}ErrorAnswer"}}}
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers |= _REQUEST_ID | _HEADERS_OF_STATUS.get(status, {})


def _declare_condition(read: Entry) -> None:
    """Responses that are not streamed have an ETag. If-Match is taken too, but no read needs it."""
    responses = cast("Entry", read["responses"])
    if not {JSON, "text/plain"}.isdisjoint(responses["200"]["content"]):
        read.setdefault("parameters", []).append(_IF_NONE_MATCH)
        responses["200"]["headers"] = {**_ETAG}
        responses["304"] = {"description": "Nothing has changed.", "headers": {**_ETAG}}


_FRAMEWORK_ERROR = f"{_SCHEMAS}HTTPValidationError"


def _drop_framework_error(responses: Entry) -> None:
    """FastAPI announces a 422 wherever there are parameters; here those are 400 or 404."""
    content = cast("Entry", responses.get("422", {})).get("content", {}).get(JSON, {})
    if content.get("schema", {}).get("$ref") == _FRAMEWORK_ERROR:
        del responses["422"]


def _drop_unused_schemas(document: Entry) -> None:
    """The framework's own errors, and enumerations of which each use has its words."""
    schemas = cast("Entry", document["components"]["schemas"])
    while unused := schemas.keys() - set(_REFERENCE.findall(json.dumps(document))):
        for name in unused:
            del schemas[name]


def _operations(document: Entry) -> Iterator[Entry]:
    for path in document["paths"].values():
        yield from path.values()
