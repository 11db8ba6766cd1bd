"""Batches in files: JSON, JSON Lines and tables."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Generic, TypeVar, Unpack

from pydantic import JsonValue

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.exit_codes import exit_code_of
from reelbatch.cli.local_files import find_files
from reelbatch.cli.pushed_templates import fill_in_template_ids, has_placeholders, template_id_of
from reelbatch.client import (
    APIError,
    BatchCreationResponse,
    BatchRejected,
    FileOptions,
    Reelbatch,
    SubmittedBatch,
)
from reelbatch.json_words import what_is_wrong
from reelbatch.models.ids import MAX_BATCH_JOBS

T = TypeVar("T")

_STANDARD_INPUT = Path("-")
_NOT_UPLOADED = "data:,"  # the `src` of existing files in a dry run


class FileForm(StrEnum):
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"


_FORMS = {
    ".json": FileForm.JSON,
    ".jsonl": FileForm.JSONL,
    ".ndjson": FileForm.JSONL,
    ".csv": FileForm.CSV,
    ".tsv": FileForm.TSV,
    ".txt": FileForm.CSV,  # Excel's name for its Unicode text
    ".xlsx": FileForm.XLSX,
    ".xlsm": FileForm.XLSX,
}


_TABLES = (FileForm.CSV, FileForm.TSV, FileForm.XLSX)


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """The options that apply to all rows of a table."""

    template: str | None = None  # id or name
    composition: str | None = None
    codec: str | None = None
    frame: int | None = None
    poster: bool = False  # also makes a still of each film
    autofit: bool = False  # shrinks texts until they fit
    strict: bool = False  # rejects a table with a column that matches no layer
    mapping: tuple[str, ...] = ()  # COLUMN=LAYER
    output_name: str | None = None  # with columns in braces


@dataclass(frozen=True, kw_only=True)
class _Service(Generic[T]):
    """The service's functions for each form of a batch."""

    json: Callable[..., T]
    json_lines: Callable[..., T]
    table: Callable[..., T]
    id_of: Callable[[T], str]
    upload: Callable[[Path], str]  # the `src` of a file that comes with a table
    takes_all: bool = True  # rows of a table, not only the first ones


@dataclass(frozen=True, kw_only=True)
class Sent(Generic[T]):
    """The batches created from a file; a table of more than 1,000 rows becomes several."""

    batches: list[T]
    refused: list[BatchRejected]  # parts of a table with no valid row


def submit_file(
    client: Reelbatch,
    file: Path,
    form: FileForm | None = None,
    rows: RowOptions | None = None,
    **options: Unpack[FileOptions],
) -> Sent[SubmittedBatch]:
    """Submit a file. Raises CommandFailed if it cannot be sent, and BatchRejected."""
    return _send(_submitting(client), client, file, form, rows or RowOptions(), options)


def _submitting(client: Reelbatch) -> _Service[SubmittedBatch]:
    batches = client.batches
    return _Service(
        json=batches.create_from_json,
        json_lines=batches.create_from_json_lines,
        table=batches.create_from_table,
        id_of=lambda batch: batch.id,
        upload=partial(_upload, client),
    )


def check_file(
    client: Reelbatch,
    file: Path,
    form: FileForm | None = None,
    rows: RowOptions | None = None,
    **options: Unpack[FileOptions],
) -> list[BatchCreationResponse]:
    """The batches that `submit_file` would create. Raises the same errors."""
    batches = client.batches
    service = _Service(
        json=batches.check_json,
        json_lines=batches.check_json_lines,
        table=batches.check_table,
        id_of=lambda checked: checked.batch_id,
        upload=lambda _: _NOT_UPLOADED,
    )
    return _send(service, client, file, form, rows or RowOptions(), options).batches


def preview_file(
    client: Reelbatch,
    file: Path,
    form: FileForm | None = None,
    rows: RowOptions | None = None,
    **options: Unpack[FileOptions],
) -> SubmittedBatch:
    """Draw the first rows of a table as pictures. Raises the same errors as `submit_file`."""
    form = form or _form_of(file)
    if form not in _TABLES:
        raise CommandFailed("--preview shows rows of a table: it needs a CSV or XLSX file.")
    service = replace(_submitting(client), table=client.batches.preview_table, takes_all=False)
    return _send_table(service, client, file, form, rows or RowOptions(), options).batches[0]


def _send(
    service: _Service[T],
    client: Reelbatch,
    file: Path,
    form: FileForm | None,
    rows: RowOptions,
    options: FileOptions,
) -> Sent[T]:
    form = form or _form_of(file)
    if form in _TABLES:
        return _send_table(service, client, file, form, rows, options)
    if rows != RowOptions():
        raise CommandFailed(
            "--template, --composition, --codec, --frame, --poster, --autofit, --map, "
            "--output-name and --strict are for tables in CSV or XLSX. "
            f"{file} contains these settings for each job."
        )
    text = _text(file)
    if form is FileForm.JSONL:
        batch = service.json_lines(_filled_in(client, text), **options)
    else:
        batch = service.json(json.dumps(read_request(client, file, text)), **options)
    return Sent(batches=[batch], refused=[])


def _send_table(
    service: _Service[T],
    client: Reelbatch,
    file: Path,
    form: FileForm,
    rows: RowOptions,
    options: FileOptions,
) -> Sent[T]:
    if rows.template is None:
        raise CommandFailed("A table needs --template, with the id or name of a template.")
    content, template = _content(file), template_id_of(client, rows.template)
    rows_a_part = MAX_BATCH_JOBS // max(1, len(options.get("outputs") or ()))
    folder = Path() if file == _STANDARD_INPUT else file.parent
    table: dict[str, Any] = {
        "form": form.value,
        "template": template,
        "composition": rows.composition,
        "codec": rows.codec,
        "frame": rows.frame,
        "poster": rows.poster,
        "autofit": rows.autofit,
        "mapping": rows.mapping,
        "strict": rows.strict,
        "output_name": rows.output_name,
        **options,
    }
    key = options.get("idempotency_key")
    parts: list[tuple[dict[str, Any], dict[str, Path]]] = []  # all are checked before any is sent
    for number in count():
        part: dict[str, Any] = {**table, "first_row": number * rows_a_part}
        part["idempotency_key"] = f"{key}-{number}" if key and number else key
        checked = client.batches.check_table(content, **part)
        named = checked.files
        if not service.takes_all:
            shown = {row.line for row in checked.rows}
            named = [file for file in named if shown.intersection(file.lines)]
        parts.append((part, find_files(named, folder)))
        if not service.takes_all or (number + 1) * rows_a_part >= (checked.total_rows or 0):
            break
    sent: Sent[T] = Sent(batches=[], refused=[])
    for part, found in parts:
        if sent.batches:
            part["submission"] = service.id_of(sent.batches[0])
        files = {path: service.upload(local) for path, local in found.items()}
        try:
            sent.batches.append(service.table(content, **part, files=files))
        except BatchRejected as error:
            sent.refused.append(error)
    if not sent.batches:
        raise sent.refused[0]
    return sent


def _upload(client: Reelbatch, file: Path) -> str:
    try:
        return client.uploads.add(file).src
    except APIError as error:
        message = f"{file} was rejected: {error.message}"
        raise CommandFailed(message, exit_code_of(error), error.error_code) from error


def read_outputs(file: Path) -> list[Any]:
    """The outputs that each job or row is rendered in.

    Raises CommandFailed if the file is not a JSON list.
    """
    found = _parsed(file, _text(file))
    if not isinstance(found, list) or not found:
        raise CommandFailed(
            f"{file} must be a JSON list of outputs, such as "
            '[{"composition": "Square"}, {"settings": {"codec": "video_gif"}}].'
        )
    return found


def read_request(client: Reelbatch, file: Path, text: str | None = None) -> JsonValue:
    """The body of POST /batches from a file, which may also be a list of jobs or a single job.

    Raises CommandFailed if the file is not JSON or names a template that does not exist.
    """
    text = _filled_in(client, _text(file) if text is None else text)
    request = _parsed(file, text)
    if isinstance(request, list):
        return {"jobs": request}
    if isinstance(request, dict) and "jobs" not in request and "template" in request:
        return {"jobs": [request]}
    return request


def _parsed(file: Path, text: str) -> JsonValue:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandFailed(f"{file} is not JSON: {what_is_wrong(error)}.") from error


def _filled_in(client: Reelbatch, text: str) -> str:
    if not has_placeholders(text):
        return text
    return fill_in_template_ids(text, client.templates.list())


def _form_of(file: Path) -> FileForm:
    if file == _STANDARD_INPUT:
        return FileForm.JSON
    try:
        return _FORMS[file.suffix.lower()]
    except KeyError:
        raise CommandFailed(
            f"The format of {file} cannot be determined from its name. Add --format json, jsonl, "
            "csv, tsv or xlsx."
        ) from None


def _text(file: Path) -> str:
    try:
        return _content(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file} is not valid UTF-8 at byte {error.start}.") from error


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == _STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error
