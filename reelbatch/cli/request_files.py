"""Batches in files: JSON, JSON Lines and CSV."""

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import JsonValue

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.pushed_templates import fill_in_template_ids, has_placeholders, template_id_of
from reelbatch.client import Reelbatch, SubmittedBatch
from reelbatch.json_words import what_is_wrong

_STANDARD_INPUT = Path("-")


class FileForm(StrEnum):
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


_FORMS = {
    ".json": FileForm.JSON,
    ".jsonl": FileForm.JSONL,
    ".ndjson": FileForm.JSONL,
    ".csv": FileForm.CSV,
}


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """What holds for all rows of a CSV file."""

    template: str | None = None  # id or name
    composition: str | None = None
    codec: str | None = None
    frame: int | None = None
    strict: bool = False  # refuses columns that name no layer


def submit_file(
    client: Reelbatch,
    file: Path,
    form: FileForm | None = None,
    rows: RowOptions | None = None,
    idempotency_key: str | None = None,
) -> SubmittedBatch:
    """Raises CommandFailed for a file that cannot be sent."""
    form = form or _form_of(file)
    rows = rows or RowOptions()
    if form is not FileForm.CSV and rows != RowOptions():
        raise CommandFailed(
            "--template, --composition, --codec, --frame and --strict are about CSV files; "
            f"{file} says for each job what it is made of."
        )
    text = _text(file)
    match form:
        case FileForm.CSV:
            if rows.template is None:
                raise CommandFailed("A CSV file needs --template: the id or name of a template.")
            return client.batches.create_from_csv(
                text,
                template=template_id_of(client, rows.template),
                composition=rows.composition,
                codec=rows.codec,
                frame=rows.frame,
                strict=rows.strict,
                idempotency_key=idempotency_key,
            )
        case FileForm.JSONL:
            lines = _filled_in(client, text)
            return client.batches.create_from_json_lines(lines, idempotency_key=idempotency_key)
        case FileForm.JSON:
            body = json.dumps(read_request(client, file, text))
            return client.batches.create_from_json(body, idempotency_key=idempotency_key)


def read_request(client: Reelbatch, file: Path, text: str | None = None) -> JsonValue:
    """The body of POST /batches: the file's, where a list of jobs or a single job will do too.

    Raises CommandFailed if the file is not JSON or names a template that does not exist.
    """
    text = _filled_in(client, _text(file) if text is None else text)
    try:
        request: JsonValue = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandFailed(f"{file} is not JSON: {what_is_wrong(error)}.") from error
    if isinstance(request, list):
        return {"jobs": request}
    if isinstance(request, dict) and "jobs" not in request and "template" in request:
        return {"jobs": [request]}
    return request


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
            f"The form of {file} cannot be told from its name; say --format json, jsonl or csv."
        ) from None


def _text(file: Path) -> str:
    try:
        if file == _STANDARD_INPUT:
            return sys.stdin.read()
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file} is not in UTF-8 at byte {error.start}.") from error
