"""The formats in which a batch can be sent: JSON, JSON Lines and CSV."""

from fastapi import Request

from api.submission.batch_request import BatchRequest, read_batch_request
from api.submission.csv import CsvQuery, read_csv
from api.submission.json_lines import read_json_lines
from reelbatch.settings import Settings

_JSON_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_CSV = "text/csv"


def read_batch(request: Request, body: bytes, query: CsvQuery, settings: Settings) -> BatchRequest:
    """By the Content-Type; what is neither JSON Lines nor CSV is taken for JSON.

    Raises InvalidJson, RequestError, BatchSizeInvalid or BodyTooLarge.
    """
    media_type = _media_type(request)
    if media_type in _JSON_LINES:
        return read_json_lines(body)
    if media_type == _CSV:
        return read_csv(body, query)
    return read_batch_request(body, settings)


def identity_of(request: Request, body: bytes) -> bytes:
    """What makes two requests the same: CSV says one half of it in its query."""
    if _media_type(request) == _CSV:
        return request.url.query.encode() + b"\n" + body
    return body


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
