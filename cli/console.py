"""What the command line says: results on standard output, everything else on standard error."""

import json
from collections.abc import Sequence

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class CommandFailed(Exception):
    """Ends the command with exit code 1 and this message, which names the way out."""


def say(message: str) -> None:
    """A line for the person at the terminal, about what is going on."""
    err.print(escape(message), soft_wrap=True)


def say_error(message: str) -> None:
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)


def print_json(answer: BaseModel | Sequence[BaseModel]) -> None:
    """Print models as the API wrote them: camelCase, nothing coloured or wrapped."""
    models = [answer] if isinstance(answer, BaseModel) else answer
    plain = [model.model_dump(mode="json", by_alias=True, exclude_none=True) for model in models]
    text = json.dumps(plain[0] if isinstance(answer, BaseModel) else plain, indent=2)
    out.print(text, soft_wrap=True, markup=False)
