"""Models as HTTP answers."""

from collections.abc import Mapping, Sequence

from fastapi import Response
from pydantic import BaseModel

JSON = "application/json"


def answer(
    model: BaseModel, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """One model, by the names of the wire."""
    return json_answer(model.model_dump_json(by_alias=True), status_code, headers)


def answer_all(models: Sequence[BaseModel]) -> Response:
    """A bare array: the contract's lists have no envelope."""
    return json_answer(f"[{','.join(model.model_dump_json(by_alias=True) for model in models)}]")


def json_answer(
    content: str | bytes, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(content, status_code, headers, media_type=JSON)
