"""The OpenAPI document: what FastAPI cannot see, since endpoints read bodies by hand.

Endpoints say what they read with `openapi_extra`, which `api.openapi.inputs` has for each of them.
What holds for all of them is added to the finished document: common errors and headers.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fastapi import FastAPI
from pydantic import BaseModel, JsonValue, TypeAdapter

from api.http.errors import documented
from api.http.responses import JSON
from reelbatch.models.errors import (
    BodyTooSlow,
    Forbidden,
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
    {"name": "templates, v3", "description": "What is in a template. Fields are snake_case here."},
    {"name": "fonts", "description": "The team's fonts, for templates that do not bring theirs."},
    {"name": "webhooks", "description": "What came of them, and sending one again."},
    {"name": "secrets", "description": "Values that jobs name as `${secrets.NAME}`."},
    {"name": "outputs", "description": "What jobs have rendered. The addresses are the keys."},
    {"name": "signed links", "description": "A template's file. The addresses are the keys."},
    {"name": "health", "description": "For load balancers."},
]

_SCHEMAS = "#/components/schemas/"
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
_HEADERS_OF_STATUS: dict[str, Entry] = {
    "401": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}


def body(*contents: Entry) -> Entry:
    """A body that can be sent in each of these forms."""
    by_media_type: Entry = {}
    for content in contents:
        by_media_type |= content
    return {"requestBody": {"required": True, "content": by_media_type}}


def json_content(model: type[BaseModel], **examples: JsonValue) -> Entry:
    """What the endpoint reads as `model`, with examples that it accepts."""
    schema = TypeAdapter(model).json_schema(ref_template=f"{_SCHEMAS}{{model}}")
    return {JSON: {"schema": schema, **_named(examples)}}


def text_content(media_type: str, description: str, **examples: JsonValue) -> Entry:
    schema = {"type": "string", "description": description}
    return {media_type: {"schema": schema, **_named(examples)}}


def file_content(media_type: str = "application/octet-stream") -> Entry:
    schema = {"type": "string", "contentMediaType": media_type, "minLength": 1}
    return {media_type: {"schema": schema}}


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
        media_type: {"schema": {"type": "string", "contentMediaType": media_type}}
        for media_type in sorted(set(media_types))
    }
    return {"description": description, "content": content}


def event_stream(description: str, *names: str) -> Entry:
    """A response of server-sent events with these names, each with JSON as its data."""
    event = {
        "type": "object",
        "properties": {
            "event": {"type": "string", "enum": names},
            "data": {"type": "string", "contentMediaType": JSON},
            "id": {"type": "string"},
        },
        "required": ["event", "data"],
    }
    return {"description": description, "content": {"text/event-stream": {"itemSchema": event}}}


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
            for operation in _operations(document):
                _simplify_parameters(operation)
                _declare_common_responses(operation)
            _drop_framework_errors(document)
        return cast("Entry", app.openapi_schema)

    app.openapi = openapi


def _move_definitions(document: Entry) -> None:
    """The models inside of bodies become components, where their references lead."""
    components = cast("Entry", document["components"]["schemas"])
    for operation in _operations(document):
        body = cast("Entry", operation.get("requestBody", {}))
        for content in body.get("content", {}).values():
            for name, schema in content["schema"].pop("$defs", {}).items():
                if components.setdefault(name, schema) != schema:
                    raise ValueError(f"{name} has one schema in requests and another in responses")


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
    for scheme in operation.get("security", []):
        scopes = " and ".join(f"`{scope}`" for scopes in scheme.values() for scope in scopes)
        operation["description"] += f"\n\nNeeds a token with the scope {scopes}."
    for status, entry in documented(*common, ReelbatchError, Unavailable).items():
        declared = responses.setdefault(str(status), {"description": ""})
        known = declared["description"]
        texts = [text for text in entry["description"].split("\n\n") if text not in known]
        declared["description"] = "\n\n".join(filter(None, [known, *texts]))
        declared["content"] = {JSON: {"schema": {"$ref": f"{_SCHEMAS}ErrorAnswer"}}}
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers |= _REQUEST_ID | _HEADERS_OF_STATUS.get(status, {})


_FRAMEWORK_ERROR = f"{_SCHEMAS}HTTPValidationError"


def _drop_framework_error(responses: Entry) -> None:
    """FastAPI announces a 422 wherever there are parameters; here those are 400 or 404."""
    content = cast("Entry", responses.get("422", {})).get("content", {}).get(JSON, {})
    if content.get("schema", {}).get("$ref") == _FRAMEWORK_ERROR:
        del responses["422"]


def _drop_framework_errors(document: Entry) -> None:
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _operations(document: Entry) -> Iterator[Entry]:
    for path in document["paths"].values():
        yield from path.values()
