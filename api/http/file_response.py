"""Files over HTTP: ranges and conditional requests (RFC 9110, 13 and 14)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import Header, Response
from fastapi.responses import StreamingResponse
from obstore.store import ObjectStore
from pydantic import BaseModel, ConfigDict, Field

from api.http.conditional_reads import is_expected, matches_tag
from reelbatch.models.errors import PreconditionFailed
from reelbatch.storage.files import StoredFile, read_chunks

_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


class _Unsatisfiable(Exception):
    """The range lies outside the file."""


@dataclass(frozen=True)
class _Span:
    start: int
    end: int  # exclusive


class FileHeaders(BaseModel):
    """The headers that name the client's version of the file, and the part that it requests."""

    model_config = ConfigDict(alias_generator=lambda name: name.title().replace("_", "-"))

    range: str | None = Field(None, description="RFC 9110, 14.2.")
    if_range: str | None = Field(None, description="RFC 9110, 13.1.5.")
    if_match: str | None = Field(None, description="RFC 9110, 13.1.1.")
    if_unmodified_since: str | None = Field(None, description="RFC 9110, 13.1.4.")
    if_none_match: str | None = Field(None, description="RFC 9110, 13.1.2.")
    if_modified_since: str | None = Field(None, description="RFC 9110, 13.1.3.")


RequestedFile = Annotated[FileHeaders, Header()]


def file_response(
    store: ObjectStore,
    file: StoredFile,
    *,
    requested: FileHeaders,
    media_type: str,
    disposition: str,
) -> Response:
    """The file, the requested part of it, or a 304 if the client has it already.

    Raises PreconditionFailed if the client expects another version.
    """
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": file.etag,
        "Last-Modified": _http_date(file.last_modified),
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Content-Disposition": disposition,
    }
    if _is_another(requested, file):
        raise PreconditionFailed
    if _is_unchanged(requested, file):
        return Response(status_code=304, headers=headers)
    try:
        span = _requested_span(requested, file)
    except _Unsatisfiable:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    whole = span or _Span(0, file.size)
    headers["Content-Length"] = str(whole.end - whole.start)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
    status = 206 if span else 200
    chunks = read_chunks(store, file.key, whole.start, whole.end)
    return StreamingResponse(chunks, status_code=status, headers=headers, media_type=media_type)


def _is_another(requested: FileHeaders, file: StoredFile) -> bool:
    if requested.if_match is not None:
        return not is_expected(requested.if_match, file.etag)
    until = _parse_date(requested.if_unmodified_since)
    return until is not None and file.last_modified.replace(microsecond=0) > until


def _is_unchanged(requested: FileHeaders, file: StoredFile) -> bool:
    if requested.if_none_match is not None:
        return matches_tag(requested.if_none_match, file.etag)
    since = _parse_date(requested.if_modified_since)
    return since is not None and file.last_modified.replace(microsecond=0) <= since


def _requested_span(requested: FileHeaders, file: StoredFile) -> _Span | None:
    """The requested part; None for the whole file.

    The whole file is sent if there is no range, an outdated one, or several, which are optional.
    """
    match = _RANGE.fullmatch((requested.range or "").replace(" ", ""))
    if match is None or not _range_is_current(requested.if_range, file):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:  # only the last N bytes
        start, end = max(0, file.size - int(last)), file.size
    else:
        start = int(first)
        end = min(file.size, int(last) + 1) if last else file.size
        if last and int(last) < start:
            return None
    if start >= end:
        raise _Unsatisfiable
    return _Span(start, end)


def _range_is_current(condition: str | None, file: StoredFile) -> bool:
    if condition is None or condition == file.etag:
        return True
    moment = _parse_date(condition)
    return moment is not None and moment == file.last_modified.replace(microsecond=0)


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _parse_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
