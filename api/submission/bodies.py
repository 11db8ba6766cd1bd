"""The body of POST /batches: its bytes, its media type, and the files that come with a table.

A table that names files is sent as a multipart form (RFC 7578). Its part `table` is the table, and
its part `files` is JSON that maps the paths in the table's cells to `src` values.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Request
from pydantic import Field, TypeAdapter, ValidationError
from python_multipart import create_form_parser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field as FormField
from python_multipart.multipart import File

from api.http.requests import parse_json, read_body
from reelbatch.models.errors import BodyTooLarge, RequestError, UnsupportedMediaType
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.tables import CSV, LONGEST_PATH, MAX_FILES, TABS, XLSX
from reelbatch.settings import ByteLimit

_FORM = "multipart/form-data"
# The tokens of JSON that show where jobs begin. A string without an end counts as one; otherwise
# the body would be scanned to its end for each quote in it.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},:]', re.DOTALL)
_TABLES = (CSV, TABS, XLSX)
_PARTS = ("table", "files")
_LARGEST_FILES = 2 * 1024**2  # bytes of the part `files`
_LONGEST_SRC = 100  # characters; a million cells may name the same file
_FILES = TypeAdapter(
    dict[
        Annotated[str, Field(max_length=LONGEST_PATH)],
        Annotated[str, Field(min_length=1, max_length=_LONGEST_SRC)],
    ]
)


@dataclass(frozen=True, kw_only=True)
class Body:
    content: bytes
    media_type: str
    files: Mapping[str, str] = field(default_factory=dict[str, str])  # the `src` of each path

    @property
    def is_table(self) -> bool:
        return self.media_type in _TABLES

    @property
    def is_workbook(self) -> bool:
        return self.media_type == XLSX

    def identity(self, query: str) -> bytes:
        """Equal for requests that mean the same, however a form's parts are arranged."""
        files = json.dumps(self.files, sort_keys=True) if self.files else ""
        return b"\n".join(filter(None, [query.encode(), files.encode(), self.content]))


async def read_batch_body(request: Request, limit: ByteLimit, parsing: asyncio.Semaphore) -> Body:
    """Raises BodyTooLarge, RequestError or UnsupportedMediaType."""
    content = await read_body(request, limit)
    content_type = request.headers.get("content-type", "")
    media_type = _media_type(content_type)
    if media_type != _FORM:
        return Body(content=content, media_type=media_type)
    async with parsing:
        return await asyncio.to_thread(_form, content_type, content)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _form(content_type: str, content: bytes) -> Body:
    parts = _parts(content_type, content)
    if "table" not in parts:
        message = "is required: send the table in it, with its Content-Type"
        details = [FieldError(field="table", message=message)]
        raise RequestError(f"The part table {message}.", details=details)
    media_type, table = parts["table"]
    if media_type not in _TABLES:
        raise UnsupportedMediaType(
            f"The part table needs a Content-Type: send it as {CSV}, {TABS} or {XLSX}."
        )
    _, files = parts.get("files", ("", b"{}"))
    return Body(content=table, media_type=media_type, files=_files(files))


def _parts(content_type: str, content: bytes) -> dict[str, tuple[str, bytes]]:
    """The media type and the content of each part. Raises RequestError."""
    parts: dict[str, tuple[str, bytes]] = {}

    def add(part: File | FormField, value: bytes) -> None:
        name = (part.field_name or b"").decode("utf-8", "replace")
        if name not in _PARTS or name in parts:
            raise RequestError(
                "The form must have one part `table` and may have one part `files`: leave others "
                "out."
            )
        parts[name] = _media_type(part.content_type or ""), value

    def add_file(file: File) -> None:
        file.file_object.seek(0)
        add(file, file.file_object.read())

    headers = {"Content-Type": content_type.encode("latin-1", "replace")}
    in_memory = {"MAX_MEMORY_FILE_SIZE": len(content)}
    try:
        parser = create_form_parser(
            headers, lambda field: add(field, field.value or b""), add_file, in_memory
        )
        parser.write(content)
        parser.finalize()
    except FormParserError as error:
        raise RequestError(f"The form cannot be read: {error}.") from error
    return parts


def _files(content: bytes) -> dict[str, str]:
    if len(content) > _LARGEST_FILES:
        raise BodyTooLarge(f"The part files is larger than {_LARGEST_FILES} bytes.")
    found = parse_json(content or b"{}", "The part files")
    if isinstance(found, dict) and len(found) > MAX_FILES:
        raise RequestError(
            f"The part files names {len(found)} files; it may name at most {MAX_FILES}."
        )
    try:
        return _FILES.validate_python(found, strict=True)
    except ValidationError as error:
        raise RequestError(
            "The part files must be a JSON object that maps each path in the table to its src, "
            f"such as upload:ID. A path may have up to {LONGEST_PATH} characters, and a src up to "
            f"{_LONGEST_SRC}."
        ) from error


def split_jobs(body: bytes) -> tuple[bytes, list[bytes]]:
    """A body without its jobs, and the text of each job, so that unreadable jobs fail alone."""
    depth, key, begin, start = 0, b"", 0, 0
    string = b""
    texts: list[bytes] = []
    for token in _TOKEN.finditer(body):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                if depth == 2 and key == b'"jobs"':
                    begin = start = token.end()
            case b"]" | b"}":
                if begin and depth == 2:
                    texts.append(body[start : token.start()])
                    return body[:begin] + body[token.start() :], texts
                depth -= 1
            case b",":
                if begin and depth == 2:
                    texts.append(body[start : token.start()])
                    start = token.end()
            case b":":
                key = string if depth == 1 else key
            case _:
                string = token[0]
    return body, texts
