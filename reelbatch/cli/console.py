"""What the command line says: results on standard output, everything else on standard error."""

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
_NARROWEST = 10  # characters of a column whose cells are folded
_WORD_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WAY_OUT = " Name a valid token with --token, REELBATCH_TOKEN or a profile."


class CommandFailed(Exception):
    """Ends the command with this message, which names the way out."""

    def __init__(
        self, message: str, exit_code: ExitCode = ExitCode.FAILED, error_code: str = "FAILED"
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.error_code = error_code


class Interrupted(CommandFailed):
    """Ctrl-C: the message says what goes on without the command."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.INTERRUPTED, "INTERRUPTED")


def say(message: str) -> None:
    """A line for the person at the terminal, about what is going on."""
    err.print(escape(message), soft_wrap=True)


def say_warning(message: str) -> None:
    err.print(f"[bold yellow]warning:[/] {escape(message)}", soft_wrap=True)


def say_error(message: str) -> None:
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)


def listing(rows: Iterable[Iterable[str | Text]], *names: str) -> Table:
    """A table in which nothing is cut off and no id is broken: people copy from it."""
    columns = (Column(name, no_wrap=name == "id", overflow="fold") for name in names)
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def details(values: Mapping[str, str | None]) -> Table:
    """One thing, a line for each of its values that is not empty."""
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(value, overflow="fold"))
    return table


def answer(content: object, shown: str | Table, *, as_json: bool) -> None:
    """What a command has to say: `content` for programs, or what is `shown` to people."""
    if as_json:
        print_json(content)
    elif isinstance(shown, Table):
        print_table(shown)
    else:
        out.print(shown, soft_wrap=True, markup=False)


def print_table(table: Table) -> None:
    """Fitted into a terminal; elsewhere a row is a line, and a tab stands between its cells."""
    if not out.is_terminal:
        for line in _tab_separated(table):
            typer.echo(line)  # Rich would make spaces of the tabs
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
        else:  # a name and its values, one below the other
            name, values = row
            yield from (f"{name}\t{value}" for value in values.splitlines())


def _narrowest(table: Table) -> int:
    """Characters that the table's columns need so that people can still read them."""
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
    """Print it without colours and breaks; models as the API wrote them, in camelCase."""
    plain = _ANYTHING.dump_python(content, mode="json", by_alias=True, exclude_none=True)
    out.print(json.dumps(plain, indent=2), soft_wrap=True, markup=False)


def end_with(failure: CommandFailed | ReelbatchError, *, as_json: bool) -> ExitCode:
    """Say why the command ends, as a line or as JSON, both on standard error."""
    if isinstance(failure, CommandFailed):
        code, told = failure.exit_code, _description(str(failure), failure.error_code)
    else:
        code, told = exit_code_of(failure), _answer(failure)
    if isinstance(failure, Interrupted) and not as_json:
        say(str(failure))
    elif as_json:
        text = json.dumps({**told, "exitCode": int(code)}, indent=2)
        err.print(text, soft_wrap=True, markup=False)
    else:
        hint = _WAY_OUT if isinstance(failure, Unauthorized) else ""
        say_error(f"{failure}{hint}")
    return code


def _answer(error: ReelbatchError) -> dict[str, JsonValue]:
    if not isinstance(error, APIError):
        return _description(str(error), _WORD_BOUNDARY.sub("_", type(error).__name__).upper())
    told = _description(error.message, error.error_code)
    told["status"] = error.status
    if error.details:
        told["details"] = [detail.model_dump(mode="json") for detail in error.details]
    if error.request_id:
        told["requestId"] = error.request_id
    return told


def _description(message: str, error_code: str) -> dict[str, JsonValue]:
    return {"error": message, "errorCode": error_code}
