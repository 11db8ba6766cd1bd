"""Turns the rows of a table into jobs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice, repeat, zip_longest
from typing import Annotated, Literal, cast

from pydantic import BaseModel, Field, JsonValue

from api.http.parameters import ErrorText, Flag, OrEmpty, Ulid
from api.openapi.inputs import EXAMPLE_TEMPLATE_ID
from api.submission.outputs import Outputs
from api.submission.tables.columns import Column, Fields
from api.submission.tables.meanings import (
    LONGEST_NAME,
    Meaning,
    Meanings,
    in_all_outputs,
    mapping_of,
)
from api.submission.tables.text import Rows
from reelbatch.checks.template import TemplateOffer, first_few, listed
from reelbatch.models.errors import RequestError
from reelbatch.models.ids import MAX_BATCH_JOBS
from reelbatch.models.problems import Problem
from reelbatch.models.stored.tables import BatchTable
from reelbatch.models.wire.assets import MAX_ASSETS
from reelbatch.models.wire.codecs import find_codec
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import Name
from reelbatch.models.wire.tables import TableColumn, TableRow
from reelbatch.models.wire.warnings import RenderWarning, WarningCode, bounded
from reelbatch.spelling import did_you_mean

_BRACED = re.compile(r"\{([^{}]+)\}")
_SPACES = re.compile(r"\s+")  # a cell may have several lines
_LINES_SHOWN = 10
_ROWS_SHOWN = 12
_LONGEST_NAME = 1000  # characters of a column's name
_POSTERS = {"true": True, "false": False}
_POSTER_PATTERN = r"^(true|false|[0-9]{1,9}(\.[0-9]+)?)$"
_POSTER_ERROR = "must be true, false, or a moment of the film in seconds, such as 1.5"


def _as_in_json(poster: str) -> bool | float:
    return _POSTERS[poster] if poster in _POSTERS else float(poster)


class TableQuery(BaseModel):
    """The parameters of POST /batches for all rows of a table."""

    template: str | None = Field(
        None,
        description="The id of the template for all rows of a table. Tables require it.",
        examples=[EXAMPLE_TEMPLATE_ID],
    )
    composition: str | None = Field(None, description="The composition for all rows of a table.")
    codec: str | None = Field(None, description="The codec for all rows of a table.")
    quality: OrEmpty[Literal["full", "draft"]] = Field(
        None, description="The quality of all jobs, which overrides their own."
    )
    output_name: str | None = Field(
        None,
        alias="outputName",
        max_length=1000,
        description="The pattern for the `name` of each job of a table, with columns in braces.",
        examples=["{first}-{last}"],
    )
    name: OrEmpty[Name] = Field(
        None, description="The batch's name, which overrides the one in the body."
    )
    first_row: OrEmpty[Annotated[int, Field(ge=0, le=999_999_999)]] = Field(
        None,
        alias="firstRow",
        description="For tables of more than 1,000 rows: the row at which the batch begins, "
        "counted from 0. The batch has as many rows as fit into it.",
    )
    submission: OrEmpty[Ulid] = Field(
        None,
        description="The id of the table's first batch, if this batch is a later part of the "
        "table.",
    )
    frame: OrEmpty[Annotated[int, Field(ge=0, le=999_999_999)]] = Field(
        None, description="The frame for all rows of a table, if the codec writes images."
    )
    poster: OrEmpty[Annotated[str, Field(pattern=_POSTER_PATTERN), ErrorText(_POSTER_ERROR)]] = (
        Field(
            None,
            description="Whether each film of a table comes with a still: `true` takes it from the "
            "middle of the film, a number from that time in seconds.",
        )
    )
    autofit: Flag = Field(
        False, description="Shrink the texts of a table's rows until they fit into their layers."
    )
    strict: Flag = Field(
        False, description="Reject a table with a column that matches no layer of the template."
    )
    mapping: list[str] = Field(
        default_factory=list,  # with a default of `[]`, generators write Go that does not compile
        alias="map",
        max_length=MAX_ASSETS,
        description="COLUMN=LAYER, for a column that is not named after its layer. With nothing "
        "after the equals sign, the column is left out.",
        examples=[["Name=Headline 01"]],
    )
    rows: int = Field(
        _ROWS_SHOWN,
        ge=0,
        le=MAX_BATCH_JOBS,
        description="How many rows of a table to show in the response to a dry run.",
    )


@dataclass(frozen=True, kw_only=True)
class Table:
    """The jobs of a table; a row that cannot become a job is a Problem.

    A row becomes one job for each output, and a column's meaning depends on the composition.
    """

    meanings: list[list[Meaning]]  # of the columns, for each output
    jobs: list[Fields | Problem]  # as many as fit into a batch, row by row
    lines: list[int]  # of the file, one-based, where each row begins
    cells: list[list[str]]  # of each row
    number_of_rows: int  # of the whole table
    warnings: list[RenderWarning]

    @property
    def columns(self) -> list[TableColumn]:
        return [each.wire for each in _first_used(self.meanings)]

    @property
    def stored(self) -> BatchTable:
        names = [each.name for each in self.meanings[0]]
        rows = {index: self.cells[self.row_of(index)] for index in range(len(self.jobs))}
        return BatchTable(columns=names, rows=rows)

    @property
    def size(self) -> int:
        """The number of characters in all cells that become jobs."""
        return sum(len(cell) for row in self.cells for cell in row)

    def row_of(self, index: int) -> int:
        """The position of a job's row in `lines` and `cells`."""
        return index // len(self.meanings)

    def first_rows(
        self, number: int, merged: Callable[[JsonValue | Problem, int], JsonValue | Problem]
    ) -> list[TableRow]:
        """The first rows, each with its job for the first output.

        `merged` adds the batch's defaults to a job with this index.
        """
        first = (merged(job, index) for index, job in enumerate(self.jobs))
        rows = zip(self.lines, self.cells, islice(first, 0, None, len(self.meanings)), strict=True)
        return [_table_row(*row) for row in islice(rows, number)]

    def sources(self) -> Iterator[tuple[int, str]]:
        """The cells that refer to a picture, video or sound, each with its row's line."""
        for line, row in zip(self.lines, self.cells, strict=True):
            for meanings in _distinct(self.meanings):
                for _, column, cell in _filled(meanings, row):
                    if column.takes_file:
                        yield line, cell

    def column_at(self, index: int, field: str) -> str | None:
        """The name of the column that a job's field, such as assets.0.src, comes from."""
        first, _, rest = field.partition(".")
        number = rest.partition(".")[0]
        meanings = self.meanings[index % len(self.meanings)]
        filled = list(_filled(meanings, self.cells[self.row_of(index)]))
        if first == "assets" and number.isdecimal():
            names = [each.name for each, column, _ in filled if column.of_layer]
        else:
            names, number = [each.name for each, column, _ in filled if column.is_of(first)], "0"
        return names[int(number)] if int(number) < len(names) else None


class ColumnsRefused(RequestError):
    """The table has an unusable column; `columns` show which, and what the others mean."""

    error_code = RequestError.error_code

    def __init__(self, message: str, columns: list[TableColumn], rows: list[TableRow]) -> None:
        super().__init__(message)
        self.columns = columns
        self.rows = rows


def read_table(
    rows: Rows,
    query: TableQuery,
    template: TemplateOffer | None = None,
    files: Mapping[str, str] | None = None,
    outputs: Outputs | None = None,
) -> Table:
    """Parse a table whose header names the layers; an empty cell leaves its layer unchanged.

    `files` maps the paths in cells of pictures, videos and sounds to a `src`. With a template,
    columns also match layers in precompositions, and those without a match are left out if another
    column has one. Raises RequestError for an unusable query or header.
    """
    common = common_fields(query)
    _, header = next(rows, (1, None))
    if header is None:
        raise RequestError("The table is empty: its first row must name the layers.")
    names = _names(header)
    own = [each.composition or query.composition for each in outputs.outputs] if outputs else []
    compositions = own or [query.composition]
    finders = {composition: Meanings(template, composition) for composition in compositions}
    mapping = mapping_of(query.mapping, names)
    known = in_all_outputs({each: finder.of(names, mapping) for each, finder in finders.items()})
    left_out = [
        warning
        for composition, finder in finders.items()
        for warning in _left_out(known[composition], finder, rows, query)
    ]
    name_of = _name_pattern(query.output_name, names)
    before = sum(1 for _ in islice(rows, query.first_row or 0))
    meanings = [known[composition] for composition in compositions]
    make = partial(_job, common, files=files or {}, autofit=query.autofit)
    table = _table(meanings, rows, name_of, make, before)
    return replace(table, warnings=[*left_out, *table.warnings])


def _left_out(
    meanings: list[Meaning], finder: Meanings, rows: Rows, query: TableQuery
) -> list[RenderWarning]:
    """A warning about the columns that are left out in a composition.

    Raises ColumnsRefused with some of the `rows`.
    """
    left_out = finder.left_out(meanings)
    problem = next((each.problem for each in meanings if each.problem), None)
    if problem is None and query.strict and left_out:
        problem = f"{left_out}."
    if problem is not None:
        first = query.first_row or 0
        chosen = islice(rows, first, first + query.rows)
        shown = [_table_row(line, row, None) for line, row in chosen]
        raise ColumnsRefused(problem, [each.wire for each in meanings], shown)
    if not left_out or not any(each.reason and each.column is None for each in meanings):
        return []
    message = f"{left_out}: left out."
    return [RenderWarning(code=WarningCode.COLUMN_LEFT_OUT, message=message)]


def _names(header: Sequence[str]) -> list[str]:
    """The names of the columns; a column without a name must not have cells."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_ASSETS:
        raise RequestError(
            f"The table has {len(names)} columns; it may have at most {MAX_ASSETS}, the limit for "
            "a job's assets."
        )
    longest = max(names, key=len)
    if len(longest) > _LONGEST_NAME:
        raise RequestError(
            f"The name of the column {longest[:LONGEST_NAME]}… has {len(longest)} characters; it "
            f"may have at most {_LONGEST_NAME}."
        )
    return names


def common_fields(query: TableQuery) -> Fields:
    """The fields that all rows' jobs have. Raises RequestError."""
    if not query.template:
        message = "The parameter template is required: set it to the id of the rows' template."
        raise RequestError(message, details=[FieldError(field="template", message="is required")])
    template: Fields = {"id": query.template}
    if query.composition:
        template["composition"] = query.composition
    settings: Fields = {}
    if query.codec:
        settings["codec"] = query.codec
        codec = find_codec(query.codec)
        if codec and codec.output_type == "image":
            settings["frames"] = query.frame or 0
    if query.quality:
        settings["quality"] = query.quality
    if query.poster is not None:
        settings["poster"] = _as_in_json(query.poster)
    return {"template": template, "settings": settings} if settings else {"template": template}


def _name_pattern(pattern: str | None, names: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """A function that makes the name of a row's job from its cells. Raises RequestError."""
    pieces = _BRACED.split(pattern or "")  # alternating text and names of columns
    places: list[int] = []
    for name in pieces[1::2]:
        if name.strip() not in names:
            hint = did_you_mean(name, names) or f" {listed('columns', names)}"
            message = f"The table has no column {name[:LONGEST_NAME]}.{hint}"
            details = [FieldError(field="outputName", message=message)]
            raise RequestError(f"outputName: {message}", details=details)
        places.append(names.index(name.strip()))

    def name_of(row: Sequence[str]) -> str:
        cells = ["".join(row[place : place + 1]).strip() for place in places]
        pairs = zip_longest(pieces[::2], cells, fillvalue="")
        return _SPACES.sub(" ", "".join(chain.from_iterable(pairs))).strip()

    return name_of


def _distinct(meanings: Sequence[list[Meaning]]) -> list[list[Meaning]]:
    """The meanings without repetitions: outputs of the same composition share theirs."""
    return list({id(each): each for each in meanings}.values())


def _first_used(meanings: Sequence[list[Meaning]]) -> list[Meaning]:
    """The meaning of each column in the first output that uses it."""
    by_column = zip(*_distinct(meanings), strict=True)
    return [next((each for each in column if each.full_name), column[0]) for column in by_column]


def _table(
    meanings: list[list[Meaning]],
    rows: Rows,
    name_of: Callable[[Sequence[str]], str],
    make: Callable[[Sequence[Meaning], Sequence[str], str], Fields | Problem],
    before: int,
) -> Table:
    """`before` is the number of rows that have already been skipped."""
    jobs, lines, cells = list[Fields | Problem](), list[int](), list[list[str]]()
    empty: dict[Meaning, list[int]] = {}
    distinct, used = _distinct(meanings), _first_used(meanings)
    for line, row in islice(rows, MAX_BATCH_JOBS // len(meanings)):
        made = {id(each): make(each, row, name_of(row)) for each in distinct}
        jobs += [made[id(each)] for each in meanings]
        lines.append(line)
        cells.append(row)
        if isinstance(jobs[-1], Problem):
            continue
        for each in _left_empty(used, row):
            empty.setdefault(each, []).append(line)
    return Table(
        meanings=meanings,
        jobs=jobs,
        lines=lines,
        cells=cells,
        number_of_rows=before + len(lines) + sum(1 for _ in rows),
        warnings=bounded(_empty_cells(each, found) for each, found in empty.items()),
    )


def _job(
    common: Fields,
    meanings: Sequence[Meaning],
    row: Sequence[str],
    name: str,
    *,
    files: Mapping[str, str],
    autofit: bool,
) -> Fields | Problem:
    names = chain((each.name for each in meanings), repeat(""))
    cells = enumerate(zip(row, names, strict=False), start=1)
    nameless = next((at for at, (cell, name) in cells if cell.strip() and not name), None)
    if nameless is not None:
        return Problem(
            RequestError,
            "",
            f"The row has a cell in column {nameless}, which has no name: add one in the header.",
        )
    job, assets = ({**common, "name": name} if name else dict(common)), list[JsonValue]()
    filled = list(_filled(meanings, row))
    for _, column, cell in filled:
        column.fill(job, assets, files.get(cell, cell) if column.takes_file else cell)
    if autofit:  # after all other assets, whose positions in the list lead to their columns
        assets += [column.fit for _, column, _ in filled if column.kind == "text"]
    return {**job, "assets": assets}


def _filled(
    meanings: Sequence[Meaning], row: Sequence[str]
) -> Iterator[tuple[Meaning, Column, str]]:
    """The used columns in which the row has a cell."""
    for each, cell in zip(meanings, row, strict=False):
        if cell and each.column is not None:
            yield each, each.column, cell


def _left_empty(meanings: Sequence[Meaning], row: Sequence[str]) -> Iterator[Meaning]:
    """The columns in which the row leaves the template's own value."""
    for number, each in enumerate(meanings):
        if each.column and each.column.keeps_own and not any(row[number : number + 1]):
            yield each


def _table_row(line: int, cells: list[str], job: JsonValue | Problem) -> TableRow:
    return TableRow(line=line, cells=cells, job=job if isinstance(job, dict) else None)


def _empty_cells(meaning: Meaning, lines: Sequence[int]) -> RenderWarning:
    column = cast("Column", meaning.column)
    rows, line = (
        ("1 row, which keeps", "line")
        if len(lines) == 1
        else (f"{len(lines)} rows, which keep", "lines")
    )
    shown = first_few([*map(str, lines)], _LINES_SHOWN)
    name = meaning.name[:LONGEST_NAME]
    message = (
        f"The column {name} is empty in {rows} the template's own {column.keeps_own}: "
        f"{line} {shown}."
    )
    return RenderWarning(
        code=WarningCode.CELL_EMPTY,
        message=message,
        layer=column.target,
        composition=column.composition or None,
    )
