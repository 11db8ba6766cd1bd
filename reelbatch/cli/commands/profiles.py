"""`reelbatch profiles …`: services by name, in a file of the user's."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.text import Text

from reelbatch.cli.console import CommandFailed, err, listing, out, print_plain_json, print_table
from reelbatch.cli.options import JsonOption
from reelbatch.client import Profile, Profiles, read_profiles

app = typer.Typer(help="Services by name, for --profile.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


@app.command()
def add(
    name: NameArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help="Of the service.")],
    *,
    use: Annotated[bool, typer.Option("--use", help="Make it the default.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add a profile, or replace it. The token is asked for, or read from standard input."""
    profile = Profile(url=url, token=_token())

    def change(profiles: Profiles) -> Profiles:
        having = profiles.having(name, profile)
        return having.using(name) if use else having

    _change(change, f"profile {name}: {url}", name, as_json=as_json)


@app.command("list")
def list_all(*, as_json: JsonOption = False) -> None:
    """List the profiles; tokens are not shown."""
    known = read_profiles()
    rows = [
        {"name": name, "url": profile.url, "default": name == known.default}
        for name, profile in sorted(known.profiles.items())
    ]
    if as_json:
        print_plain_json(rows)
        return
    table = listing("name", "url", "default")
    for name, profile in sorted(known.profiles.items()):
        table.add_row(Text(name), Text(profile.url), "yes" if name == known.default else "")
    print_table(table)


@app.command()
def use(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Make a profile the default."""
    _change(lambda profiles: profiles.using(name), f"profile {name}", name, as_json=as_json)


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Remove a profile with its token."""
    done = f"profile {name} is removed"
    _change(lambda profiles: profiles.without(name), done, name, as_json=as_json)


def _change(change: Callable[[Profiles], Profiles], done: str, name: str, *, as_json: bool) -> None:
    try:
        changed = change(read_profiles())
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    changed.write()
    if as_json:
        print_plain_json({"name": name, "default": changed.default, "file": str(changed.file)})
    else:
        out.print(done, markup=False)


def _token() -> str:
    """Not an argument: everybody on the machine sees those."""
    if sys.stdin.isatty():
        return err.input("Token: ", password=True).strip()
    return sys.stdin.read().strip()
