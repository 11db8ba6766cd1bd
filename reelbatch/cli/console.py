"""What the command line says: results on standard output, everything else on standard error."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue, TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from reelbatch.cli.exit_codes import ExitCode, exit_code_of
from reelbatch.client import APIError, ReelbatchError, Unauthorized

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_ANYTHING = TypeAdapter[Any](Any)
_WIDEST = 400  # characters of a line in a pipe
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


def say(message: str) -> None:
    """A line for the person at the terminal, about what is going on."""
    err.print(escape(message), soft_wrap=True)


def say_warning(message: str) -> None:
    err.print(f"[bold yellow]warning:[/] {escape(message)}", soft_wrap=True)


def say_error(message: str) -> None:
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)


def listing(rows: Iterable[Iterable[str | Text]], *names: str) -> Table:
    """A table of which nothing is cut off, and no id broken: people copy from it."""
    table = Table(*(Column(name, no_wrap=name == "id", overflow="fold") for name in names))
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
    """Fitted into a terminal; elsewhere a row is a line as long as it has to be."""
    if out.is_terminal:
        out.print(table)
    else:
        Console(highlight=False, width=_WIDEST).print(table)


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
    if as_json:
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
