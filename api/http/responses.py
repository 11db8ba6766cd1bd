"""Models as HTTP responses."""

from collections.abc import Collection, Mapping, Sequence

from fastapi import Response
from pydantic import BaseModel

JSON = "application/json"


def respond(
    model: BaseModel, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """One model, with the field names of the wire."""
    return json_response(model.model_dump_json(by_alias=True), status_code, headers)


def respond_all(models: Sequence[BaseModel], without: Collection[str] = ()) -> Response:
    """A bare array: the contract's lists have no envelope. Fields in `without` are left out."""
    texts = (model.model_dump_json(by_alias=True, exclude=set(without)) for model in models)
    return json_response(f"[{','.join(texts)}]")


def json_response(
    content: str | bytes, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(content, status_code, headers, media_type=JSON)
