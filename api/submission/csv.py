"""CSV: a job a row, and a column for each layer that the jobs fill (RFC 4180)."""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated
from unicodedata import normalize

from pydantic import BaseModel, Field, JsonValue

from api.http.parameters import Flag, OrEmpty
from api.http.requests import MOST_VALUES, parse_json
from api.openapi.inputs import EXAMPLE_TEMPLATE_ID
from reelbatch.checks.template import TemplateOffer, first_few, layers_meant
from reelbatch.models.errors import BodyTooLarge, InvalidJson, RequestError
from reelbatch.models.ids import MAX_BATCH_JOBS
from reelbatch.models.problems import Problem
from reelbatch.models.stored.templates import Composition, Layer
from reelbatch.models.wire.assets import MAX_ASSETS, MediaAsset, TextAsset
from reelbatch.models.wire.codecs import find_codec
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.warnings import RenderWarning, WarningCode, bounded
from reelbatch.spelling import did_you_mean

_MEDIA = ("image", "video", "audio")
_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")  # for Excel, which writes it too
_QUOTED = re.compile(r'"[^"]*+"')
_LONGEST_HEADER = 1024**2  # characters in which the delimiter is looked for
_JOB_FIELDS = ("tags", "priority")
_LONGEST_NAME = 100  # characters of a column's, in messages
_COLUMNS_SHOWN = 20  # of those that are left out
_LINES_SHOWN = 10

Fields = dict[str, JsonValue]


@dataclass(frozen=True)
class _Column:
    """What a cell of this column adds to its row's job: an asset, or a field of the job."""

    name: str  # with its kind
    kind: str  # an asset's type, or job
    target: str  # the layer, or the job's field
    data_property: str = ""
    composition: str = ""  # of the layer; empty: the one that is rendered

    def asset(self, cell: str) -> JsonValue:
        fields: Fields = {"type": self.kind, "layerName": self.target}
        if self.composition:
            fields["composition"] = self.composition
        if self.kind == "text":
            return {**fields, "value": cell}
        if self.kind == "data":
            return {**fields, "property": self.data_property, "value": _value(cell)}
        return {**fields, "src": cell}

    def fits(self, template: TemplateOffer, layer: Layer) -> bool:
        if self.kind == "data":
            return True
        asset_class = TextAsset if self.kind == "text" else MediaAsset
        asset = asset_class.model_construct(type=self.kind, layer_name=self.target)
        return template.engine.layer_problem(asset, layer) is None

    @property
    def place(self) -> tuple[str, ...]:
        """What two columns must not share."""
        parts = (self.kind, self.composition, self.target, self.data_property)
        return tuple(normalize("NFC", part) for part in parts)


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
    strict: Flag = Field(
        False, description="Refuse a CSV with a column that names no layer of the template."
    )


@dataclass(frozen=True, kw_only=True)
class Table:
    """The jobs of a CSV; a row that cannot be a job is a Problem."""

    jobs: list[Fields | Problem]  # as many as a batch takes
    lines: list[int]  # of the file, one-based, where each job's row begins
    number_of_rows: int
    warnings: list[RenderWarning]


def read_csv(
    body: bytes, query: CsvQuery, longest_cell: int, template: TemplateOffer | None = None
) -> Table:
    """The header names the layers; an empty cell leaves its layer as it is.

    With a template, columns find layers of precompositions, and those that name none are left out
    if another one names one. Raises RequestError for a query or a header that cannot be used, and
    for a cell of more than `longest_cell` characters: it takes a multiple of memory.
    """
    common = _common_fields(query)
    csv.field_size_limit(longest_cell)
    rows = _rows(body)
    _, header = next(rows, (1, None))
    if header is None:
        raise RequestError("The CSV is empty: its first line has to name the layers.")
    if len(header) > MAX_ASSETS:
        raise RequestError(f"The CSV has {len(header)} columns; a job takes {MAX_ASSETS} assets.")
    named = [_column(name.strip(), number) for number, name in enumerate(header, start=1)]
    _check_unique(named)
    columns, warnings = _with_layers(named, query, template)
    jobs, lines = list[Fields | Problem](), list[int]()
    empty: dict[_Column, list[int]] = {}
    for line, row in islice(rows, MAX_BATCH_JOBS):
        jobs.append(_job(common, columns, row))
        lines.append(line)
        if isinstance(jobs[-1], Problem):
            continue
        for column in _left_empty(columns, row):
            empty.setdefault(column, []).append(line)
    warnings += bounded(_empty_cells(column, found) for column, found in empty.items())
    number = len(jobs) + sum(1 for _ in rows)
    return Table(jobs=jobs, lines=lines, number_of_rows=number, warnings=warnings)


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


def _rows(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """The header and the rows that have a cell, as they are asked for, with their lines.

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
        line = first = 2 if named else 1
        for row in reader:
            if any(row):
                yield line, row
            line = first + reader.line_num
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
        return _Column(name, kind, rest)
    if colon and kind in _MEDIA and rest:
        return _Column(name, kind, rest)
    if colon and kind == "data":
        layer, dot, key = rest.rpartition(".")
        if not layer or not dot or not key:
            raise RequestError(f"The column {name} must be data:LAYER.PROPERTY.")
        return _Column(name, kind, layer, data_property=key)
    layer = rest.strip() if colon and kind == "text" and rest.strip() else name
    return _Column(name, "text", layer)


def _check_unique(columns: Sequence[_Column]) -> None:
    places = Counter(column.place for column in columns)
    twice = next((column for column in columns if places[column.place] > 1), None)
    if twice is not None:
        name = twice.name.removeprefix("text:").strip()[:200]
        raise RequestError(f"The CSV has more than one column {name}.")


def _with_layers(
    columns: Sequence[_Column], query: CsvQuery, template: TemplateOffer | None
) -> tuple[list[_Column | None], list[RenderWarning]]:
    """The columns with the layers that they mean, None for those that are left out."""
    composition = template.composition_named(query.composition) if template else None
    if template is None or composition is None:
        return [*columns], []
    found = [
        column if column.kind == "job" else _with_layer(column, template, composition)
        for column in columns
    ]
    _check_unique([column for column in found if column])
    unknown = [column.name for column, at in zip(columns, found, strict=True) if not at]
    names_a_layer = any(column and column.kind != "job" for column in found)
    if not unknown or not (names_a_layer or query.strict):
        return [*columns] if unknown else found, []
    message = _left_out(unknown, template, composition)
    if query.strict:
        raise RequestError(f"{message}.")
    return found, [RenderWarning(code=WarningCode.COLUMN_LEFT_OUT, message=f"{message}: left out.")]


def _with_layer(
    column: _Column, template: TemplateOffer, composition: Composition
) -> _Column | None:
    """Raises RequestError where it may mean several."""
    meant = layers_meant(
        column.target, template, composition, lambda layer: column.fits(template, layer)
    )
    if not meant:
        return None
    if len(meant) > 1:
        kind = column.kind
        after = f".{column.data_property}" if column.data_property else ""
        ways = " or ".join(f"{kind}:{place}/{layer}{after}" for place, layer in meant[:5])
        raise RequestError(
            f"The column {column.name[:_LONGEST_NAME]} may mean a layer of "
            f"{' or of '.join(place for place, _ in meant[:5])}: write {ways}."
        )
    place, layer = meant[0]
    own = normalize("NFC", place) == normalize("NFC", composition.name)
    return replace(column, composition="" if own else place, target=layer)


def _left_out(names: Sequence[str], template: TemplateOffer, composition: Composition) -> str:
    layers = {each.name for each in template.inspection.layers}
    hints = (did_you_mean(name[:_LONGEST_NAME], layers) for name in names[:_COLUMNS_SHOWN])
    told = [
        f"{name[:_LONGEST_NAME]}{_aside(hint)}" for name, hint in zip(names, hints, strict=False)
    ]
    shown = first_few([*told, *names[_COLUMNS_SHOWN:]], _COLUMNS_SHOWN)
    what = "The column" if len(names) == 1 else "The columns"
    verb = "names" if len(names) == 1 else "name"
    return f"{what} {shown} {verb} no layer of {composition.name}"


def _aside(hint: str) -> str:
    return f" ({hint.strip()})" if hint else ""


def _empty_cells(column: _Column, lines: Sequence[int]) -> RenderWarning:
    rows, line = (
        ("1 row, which keeps", "line")
        if len(lines) == 1
        else (f"{len(lines)} rows, which keep", "lines")
    )
    shown = first_few([*map(str, lines)], _LINES_SHOWN)
    own = "words" if column.kind == "text" else column.kind
    name = column.name[:_LONGEST_NAME]
    message = f"The column {name} is empty in {rows} the template's own {own}: {line} {shown}."
    return RenderWarning(
        code=WarningCode.CELL_EMPTY,
        message=message,
        layer=column.target,
        composition=column.composition or None,
    )


def _job(common: Fields, columns: Sequence[_Column | None], row: Sequence[str]) -> Fields | Problem:
    if any(row[len(columns) :]):
        message = f"The row has {len(row)} cells, but the header only {len(columns)}."
        return Problem(RequestError, "", message)
    job, assets = dict(common), list[JsonValue]()
    for column, cell in zip(columns, row, strict=False):
        if not cell or column is None:
            continue
        if column.kind == "job":
            job[column.target] = cell
        else:
            assets.append(column.asset(cell))
    return {**job, "assets": assets}


def _left_empty(columns: Sequence[_Column | None], row: Sequence[str]) -> Iterator[_Column]:
    """The columns in which the row leaves what the template has."""
    for number, column in enumerate(columns):
        if column and column.kind in ("text", *_MEDIA) and not any(row[number : number + 1]):
            yield column


def _value(cell: str) -> JsonValue:
    """Numbers, lists of them, true and false as JSON writes them; all else is text."""
    try:
        value = parse_json(cell.encode())
    except InvalidJson:
        return cell
    return value if isinstance(value, (bool, int, float, list)) else cell
