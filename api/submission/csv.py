"""CSV: a job a row, and a column for each layer that the jobs fill (RFC 4180)."""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from unicodedata import normalize

from pydantic import BaseModel, Field, JsonValue

from api.http.parameters import OrEmpty
from api.http.requests import MOST_VALUES, parse_json
from api.openapi.inputs import EXAMPLE_TEMPLATE_ID
from reelbatch.models.errors import BodyTooLarge, InvalidJson, RequestError
from reelbatch.models.problems import Problem
from reelbatch.models.wire.assets import MAX_ASSETS
from reelbatch.models.wire.codecs import find_codec
from reelbatch.models.wire.errors import FieldError

_MEDIA = ("image", "video", "audio")
_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")  # for Excel, which writes it too
_QUOTED = re.compile(r'"[^"]*+"')
_LONGEST_HEADER = 1024**2  # characters in which the delimiter is looked for
_JOB_FIELDS = ("tags", "priority")

Fields = dict[str, JsonValue]


@dataclass(frozen=True)
class _Column:
    """What a cell of this column adds to its row's job: an asset, or a field of the job."""

    name: str  # with its kind
    asset: Callable[[str], Fields] | None = None
    job_field: str = ""


class CsvQuery(BaseModel):
    """What the query of POST /batches says of all rows of a CSV."""

    template: str | None = Field(
        None, description="Of all rows of a CSV; required there.", examples=[EXAMPLE_TEMPLATE_ID]
    )
    composition: str | None = Field(None, description="Of all rows of a CSV.")
    codec: str | None = Field(None, description="Of all rows of a CSV.")
    frame: OrEmpty[Annotated[int, Field(ge=0, le=999_999_999)]] = Field(
        None, description="Of all rows of a CSV, where the codec writes images."
    )


def read_csv(body: bytes, query: CsvQuery, longest_cell: int) -> Iterator[Fields | Problem]:
    """The jobs. The header names the layers; an empty cell leaves its layer as it is.

    A row that cannot be a job is a Problem. Raises RequestError for a query or a header that cannot
    be used, and for a cell of more than `longest_cell` characters: it takes a multiple of memory.
    """
    common = _common_fields(query)
    csv.field_size_limit(longest_cell)
    rows = _rows(body)
    header = next(rows, None)
    if header is None:
        raise RequestError("The CSV is empty: its first line has to name the layers.")
    if len(header) > MAX_ASSETS:
        raise RequestError(f"The CSV has {len(header)} columns; a job takes {MAX_ASSETS} assets.")
    columns = [_column(name.strip(), number) for number, name in enumerate(header, start=1)]
    _check_unique(columns)
    yield from (_job(common, columns, row) for row in rows)


def _common_fields(query: CsvQuery) -> Fields:
    if not query.template:
        message = "The parameter template is required: the id of the template for all rows."
        raise RequestError(message, details=[FieldError(field="template", message="is required")])
    template: Fields = {"id": query.template}
    if query.composition:
        template["composition"] = query.composition
    common: Fields = {"template": template}
    if query.codec:
        settings: Fields = {"codec": query.codec}
        codec = find_codec(query.codec)
        if codec and codec.output_type == "image":
            settings["frames"] = query.frame or 0
        common["settings"] = settings
    return common


def _rows(body: bytes) -> Iterator[list[str]]:
    """The header and the rows that have a cell, as they are asked for.

    Raises RequestError, and before anything is read BodyTooLarge.
    """
    if sum(map(body.count, (b",", b";", b"\t", b"\n", b"\r"))) > MOST_VALUES:
        raise BodyTooLarge(f"The CSV holds more than {MOST_VALUES} cells; send fewer at a time.")
    encoding, beginning = _decoded(body)
    lines = io.TextIOWrapper(io.BytesIO(body), encoding, newline="")  # decodes them one by one
    named = _SEPARATOR_LINE.match(beginning)
    if named:
        lines.readline()
    delimiter = named[1] if named else _delimiter(beginning)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        yield from (row for row in reader if any(row))
    except csv.Error as error:
        reason = (
            "a quote does not end, or has something beside it. Quotes inside of a cell are doubled"
        )
        if "field limit" in str(error):
            reason = (
                f"a cell has more than {csv.field_size_limit()} characters, or a quote does not end"
            )
        raise RequestError(
            f"The CSV cannot be read at line {reader.line_num}: {reason}."
        ) from error


def _decoded(body: bytes) -> tuple[str, str]:
    """The encoding, and the text up to where the header ends at the latest: UTF-8, UTF-16 where its
    mark is there, or what Excel calls plain CSV. Raises RequestError."""
    encodings = ("utf-16",) if body[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return encoding, body.decode(encoding)[:_LONGEST_HEADER]
    raise RequestError("The CSV is neither UTF-8 nor Windows-1252: save it as CSV UTF-8.")


def _delimiter(beginning: str) -> str:
    """The one that the header has most of, outside of quotes."""
    header = _QUOTED.sub("", beginning).partition("\n")[0]
    return max(_DELIMITERS, key=header.count)


def _column(name: str, number: int) -> _Column:
    """Raises RequestError."""
    kind, colon, rest = name.partition(":")
    if not name:
        raise RequestError(f"Column {number} of the CSV has no name.")
    if colon and kind == "job":
        if rest not in _JOB_FIELDS:
            raise RequestError(f"There is no column {name}: use job:tags or job:priority.")
        return _Column(name, job_field=rest)
    if colon and kind in _MEDIA and rest:
        return _Column(name, lambda cell: {"type": kind, "layerName": rest, "src": cell})
    if colon and kind == "data":
        layer, dot, key = rest.rpartition(".")
        if not layer or not dot or not key:
            raise RequestError(f"The column {name} must be data:LAYER.PROPERTY.")
        asset: Fields = {"type": "data", "layerName": layer, "property": key}
        return _Column(name, lambda cell: {**asset, "value": _value(cell)})
    layer = rest.strip() if colon and kind == "text" and rest.strip() else name
    return _Column(
        f"text:{layer}", lambda cell: {"type": "text", "layerName": layer, "value": cell}
    )


def _check_unique(columns: Sequence[_Column]) -> None:
    names = Counter(normalize("NFC", column.name) for column in columns)
    twice = next((name for name, number in names.items() if number > 1), None)
    if twice is not None:
        column = twice.removeprefix("text:")[:200]
        raise RequestError(f"The CSV has more than one column {column}.")


def _job(common: Fields, columns: Sequence[_Column], row: Sequence[str]) -> Fields | Problem:
    if any(row[len(columns) :]):
        message = f"The row has {len(row)} cells, but the header only {len(columns)}."
        return Problem(RequestError, "", message)
    job, assets = dict(common), list[JsonValue]()
    for column, cell in zip(columns, row, strict=False):
        if cell and column.asset:
            assets.append(column.asset(cell))
        elif cell:
            job[column.job_field] = cell
    return {**job, "assets": assets}


def _value(cell: str) -> JsonValue:
    """Numbers, lists of them, true and false as JSON writes them; all else is text."""
    try:
        value = parse_json(cell.encode())
    except InvalidJson:
        return cell
    return value if isinstance(value, (bool, int, float, list)) else cell
