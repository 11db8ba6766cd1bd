"""The command line's output: results on standard output, everything else on standard error."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import typer
from pydantic import JsonValue, TypeAdapter
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from reelbatch.cli.exit_codes import ExitCode, exit_code_of
from reelbatch.client import APIError, ReelbatchError, Unauthorized

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_ANYTHING = TypeAdapter[Any](Any)
_NARROWEST = 10  # characters that a column needs at least; longer cells are folded
_WORD_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WAY_OUT = " Give a valid token with --token, REELBATCH_TOKEN or a profile."


class CommandFailed(Exception):
    """Ends the command with this message, which says what to do."""

    def __init__(
        self, message: str, exit_code: ExitCode = ExitCode.FAILED, error_code: str = "FAILED"
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.error_code = error_code


class Interrupted(CommandFailed):
    """Ctrl-C: the message says what continues without the command."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.INTERRUPTED, "INTERRUPTED")


def count_of(number: int, things: str) -> str:
    """Return `2 jobs` for the plural `jobs`, or `1 job`."""
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


def say(message: str) -> None:
    """Print a line about what is going on to the person at the terminal."""
    err.print(escape(message), soft_wrap=True)


def say_warning(message: str) -> None:
    err.print(f"[bold yellow]warning:[/] {escape(message)}", soft_wrap=True)


def say_error(message: str) -> None:
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)


def listing(rows: Iterable[Iterable[str | Text]], *names: str) -> Table:
    """A table that cuts off no text and breaks no id, because people copy from it."""
    columns = (Column(name, no_wrap=name == "id", overflow="fold") for name in names)
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def details(values: Mapping[str, str | None]) -> Table:
    """One item, with a line for each value that is not empty."""
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(value, overflow="fold"))
    return table


def print_result(content: object, shown: str | Table, *, as_json: bool) -> None:
    """Print a command's result: `content` as JSON for programs, or `shown` for people."""
    if as_json:
        print_json(content)
    elif isinstance(shown, Table):
        print_table(shown)
    else:
        out.print(shown, soft_wrap=True, markup=False)


def print_table(table: Table) -> None:
    """Fit the table to a terminal. Elsewhere print each row as a line with tabs between cells."""
    if not out.is_terminal:
        for line in _tab_separated(table):
            typer.echo(line)  # Rich would turn tabs into spaces
    elif _narrowest(table) <= out.width:
        out.print(table)
    else:
        for row in _rows(table):
            out.print(details(dict(zip(_names(table), row, strict=True))))
            out.print()


def _tab_separated(table: Table) -> Iterator[str]:
    if table.show_header:
        yield "\t".join(_names(table))
    for row in _rows(table):
        if table.show_header:
            yield "\t".join(" ".join(cell.split()) for cell in row)
        else:  # a name and its values, which are on separate lines
            name, values = row
            yield from (f"{name}\t{value}" for value in values.splitlines())


def _narrowest(table: Table) -> int:
    """The width in characters below which the table is hard to read."""
    return sum(
        width if column.no_wrap else min(width, _NARROWEST)
        for column in table.columns
        for width in [max(_width(cell) for cell in (column.header, *column.cells)) + 2]
    )


def _width(cell: RenderableType) -> int:
    return Measurement.get(out, out.options, cell).maximum


def _names(table: Table) -> list[str]:
    return [str(column.header) for column in table.columns]


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    return zip(*(map(str, column.cells) for column in table.columns), strict=True)


def print_json(content: object) -> None:
    """Print JSON without colours and line breaks, models in camelCase as the API sends them."""
    plain = _ANYTHING.dump_python(content, mode="json", by_alias=True, exclude_none=True)
    out.print(json.dumps(plain, indent=2), soft_wrap=True, markup=False)


def end_with(failure: CommandFailed | ReelbatchError, *, as_json: bool) -> ExitCode:
    """Print why the command failed on standard error, as a line or as JSON."""
    if isinstance(failure, CommandFailed):
        code, problem = failure.exit_code, _description(str(failure), failure.error_code)
    else:
        code, problem = exit_code_of(failure), _client_error(failure)
    if isinstance(failure, Interrupted) and not as_json:
        say(str(failure))
    elif as_json:
        text = json.dumps({**problem, "exitCode": int(code)}, indent=2)
        err.print(text, soft_wrap=True, markup=False)
    else:
        hint = _WAY_OUT if isinstance(failure, Unauthorized) else ""
        say_error(f"{failure}{hint}")
    return code


def _client_error(error: ReelbatchError) -> dict[str, JsonValue]:
    if not isinstance(error, APIError):
        return _description(str(error), _WORD_BOUNDARY.sub("_", type(error).__name__).upper())
    problem = _description(error.message, error.error_code)
    problem["status"] = error.status
    if error.details:
        problem["details"] = [detail.model_dump(mode="json") for detail in error.details]
    if error.request_id:
        problem["requestId"] = error.request_id
    return problem


def _description(message: str, error_code: str) -> dict[str, JsonValue]:
    return {"error": message, "errorCode": error_code}
