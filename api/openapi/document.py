"""Completes the OpenAPI document with what FastAPI cannot know, since endpoints parse bodies.

Endpoints declare their bodies with `openapi_extra`, whose values are in `api.openapi.inputs`.
Common errors and headers are added to the finished document.
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
    {"name": "batches", "description": "Up to 1,000 jobs in one request, with shared progress."},
    {"name": "jobs", "description": "Single jobs, and individual jobs of batches."},
    {"name": "templates", "description": "The files that jobs render, in the format of API v2."},
    {"name": "templates v3", "description": "The contents of templates. Fields are snake_case."},
    {"name": "fonts", "description": "The team's fonts, for templates without their own."},
    {"name": "uploads", "description": "Pictures, sound and video that jobs refer to by id."},
    {"name": "schedules", "description": "Recurring batches, made from the table at a URL."},
    {"name": "webhooks", "description": "The log of a webhook, and sending it again."},
    {"name": "secrets", "description": "Values that jobs refer to as `${secrets.NAME}`."},
    {"name": "team", "description": "The token's team, and the team's tokens."},
    {"name": "outputs", "description": "Rendered files. The signed URL is the key."},
    {"name": "signed links", "description": "A template's file. The signed URL is the key."},
    {"name": "health", "description": "Checks for load balancers."},
]

_SCHEMAS = "#/components/schemas/"
_REFERENCE = re.compile(f'"{_SCHEMAS}(\\w+)"')
_REQUEST_ID = {
    "X-Request-Id": {
        "description": "The request's id in the server's log; an id that the client sent is used.",
        "required": True,
        "schema": {"type": "string"},
    }
}
_RETRY_AFTER: Entry = {
    "Retry-After": {
        "description": "Seconds to wait before trying again; missing if that will not help.",
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
"""The schema of bytes; client generators recognise it by its format alone."""


def operation_id(route: APIRoute) -> str:
    """The endpoint's name in the wire's camelCase. Most names are the contract's."""
    return to_camel(route.name)


def body(*contents: Entry) -> Entry:
    """A body that can be sent in each of these forms."""
    by_media_type: Entry = {}
    for content in contents:
        by_media_type |= content
    return {"requestBody": {"required": True, "content": by_media_type}}


def json_content(model: type[BaseModel], **examples: JsonValue) -> Entry:
    """A JSON body that the endpoint reads as `model`, with examples that it accepts."""
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
    """A response that is not JSON, or not in all cases."""
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
        206: content_response("The requested part of the file.", *media_types),
        304: {"description": "The client already has this version."},
        416: {"description": "The requested part is outside the file."},
    }


def complete_reference(app: FastAPI) -> None:
    """Have `app` serve the completed OpenAPI document."""
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
    """Move the models of bodies to the components, where their references point."""
    components = cast("Entry", document["components"]["schemas"])
    for operation in _operations(document):
        body = cast("Entry", operation.get("requestBody", {}))
        for content in body.get("content", {}).values():
            for name, schema in content["schema"].pop("$defs", {}).items():
                if components.setdefault(name, schema) != schema:
                    raise ValueError(f"{name} has one schema in requests and another in responses")


def _summarise(operation: Entry) -> None:
    """Split an endpoint's docstring into the summary and an optional description."""
    summary, _, operation["description"] = operation["description"].partition("\n\n")
    operation["summary"] = summary.removesuffix(".")


def _simplify_parameters(operation: Entry) -> None:
    """Parameters may be missing but never null; drop repeated titles and descriptions."""
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
        operation["description"] += f"\n\nRequires a token with the scope {scopes}."
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
    """Complete responses have an ETag. If-Match is supported too, but no read needs it."""
    responses = cast("Entry", read["responses"])
    if not {JSON, "text/plain"}.isdisjoint(responses["200"]["content"]):
        read.setdefault("parameters", []).append(_IF_NONE_MATCH)
        responses["200"]["headers"] = {**_ETAG}
        responses["304"] = {"description": "The content has not changed.", "headers": {**_ETAG}}


_FRAMEWORK_ERROR = f"{_SCHEMAS}HTTPValidationError"


def _drop_framework_error(responses: Entry) -> None:
    """FastAPI declares a 422 for every parameter, but our API responds with 400 or 404."""
    content = cast("Entry", responses.get("422", {})).get("content", {}).get(JSON, {})
    if content.get("schema", {}).get("$ref") == _FRAMEWORK_ERROR:
        del responses["422"]


def _drop_unused_schemas(document: Entry) -> None:
    """Drop the framework's errors, and enumerations that are inlined wherever they are used."""
    schemas = cast("Entry", document["components"]["schemas"])
    while unused := schemas.keys() - set(_REFERENCE.findall(json.dumps(document))):
        for name in unused:
            del schemas[name]


def _operations(document: Entry) -> Iterator[Entry]:
    for path in document["paths"].values():
        yield from path.values()
