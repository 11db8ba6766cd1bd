"""What the command line says: results on standard output, everything else on standard error."""

import json
import re
from collections.abc import Sequence

from pydantic import BaseModel, JsonValue
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from reelbatch.cli.exit_codes import ExitCode, exit_code_of
from reelbatch.client import APIError, ReelbatchError, Unauthorized

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

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


def say_error(message: str) -> None:
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)


def listing(*names: str) -> Table:
    """A table of which nothing is cut off, and no id broken: people copy from it."""
    return Table(*(Column(name, no_wrap=name == "id", overflow="fold") for name in names))


def print_table(table: Table) -> None:
    """Fitted into a terminal; elsewhere a row is a line as long as it has to be."""
    if out.is_terminal:
        out.print(table)
    else:
        Console(highlight=False, width=_WIDEST).print(table)


def print_json(answer: BaseModel | Sequence[BaseModel]) -> None:
    """Print models as the API wrote them: camelCase, nothing coloured or wrapped."""
    models = [answer] if isinstance(answer, BaseModel) else answer
    plain = [model.model_dump(mode="json", by_alias=True, exclude_none=True) for model in models]
    print_plain_json(plain[0] if isinstance(answer, BaseModel) else plain)


def print_plain_json(content: object) -> None:
    out.print(json.dumps(content, indent=2), soft_wrap=True, markup=False)


def end_with(failure: CommandFailed | ReelbatchError, *, as_json: bool) -> ExitCode:
    """Say why the command ends, as a line or as JSON, both on standard error."""
    if isinstance(failure, CommandFailed):
        code, answer = failure.exit_code, _description(str(failure), failure.error_code)
    else:
        code, answer = exit_code_of(failure), _answer(failure)
    if as_json:
        text = json.dumps({**answer, "exitCode": int(code)}, indent=2)
        err.print(text, soft_wrap=True, markup=False)
    else:
        hint = _WAY_OUT if isinstance(failure, Unauthorized) else ""
        say_error(f"{failure}{hint}")
    return code


def _answer(error: ReelbatchError) -> dict[str, JsonValue]:
    if not isinstance(error, APIError):
        return _description(str(error), _WORD_BOUNDARY.sub("_", type(error).__name__).upper())
    answer = _description(error.message, error.error_code)
    answer["status"] = error.status
    if error.details:
        answer["details"] = [detail.model_dump(mode="json") for detail in error.details]
    if error.request_id:
        answer["requestId"] = error.request_id
    return answer


def _description(message: str, error_code: str) -> dict[str, JsonValue]:
    return {"error": message, "errorCode": error_code}
