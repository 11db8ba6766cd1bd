"""`reelbatch profiles …`: named services, in a file in the user's configuration."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from reelbatch.cli.console import CommandFailed, err, listing, print_result
from reelbatch.cli.options import JsonOption
from reelbatch.client import Profile, Profiles, read_profiles

app = typer.Typer(help="Manage named services for --profile.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


@app.command()
def add(
    name: NameArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help="The service's URL.")],
    *,
    use: Annotated[bool, typer.Option("--use", help="Make it the default.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add or replace a profile. Its token is prompted for, or read from standard input."""
    profile = Profile(url=url, token=_token())

    def change(profiles: Profiles) -> Profiles:
        having = profiles.having(name, profile)
        return having.using(name) if use else having

    _change(change, f"profile {name}: {url}", name, as_json=as_json)


@app.command("list")
def list_all(*, as_json: JsonOption = False) -> None:
    """List the profiles, without their tokens."""
    profiles = read_profiles()
    known = [
        {"name": name, "url": profile.url, "default": name == profiles.default}
        for name, profile in sorted(profiles.profiles.items())
    ]
    rows = [(str(one["name"]), str(one["url"]), "yes" if one["default"] else "") for one in known]
    print_result(known, listing(rows, "name", "url", "default"), as_json=as_json)


@app.command()
def use(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Make a profile the default."""
    _change(lambda profiles: profiles.using(name), f"profile {name}", name, as_json=as_json)


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Remove a profile and its token."""
    done = f"profile {name} removed"
    _change(lambda profiles: profiles.without(name), done, name, as_json=as_json)


def _change(change: Callable[[Profiles], Profiles], done: str, name: str, *, as_json: bool) -> None:
    try:
        changed = change(read_profiles())
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    changed.write()
    written = {"name": name, "default": changed.default, "file": str(changed.file)}
    print_result(written, done, as_json=as_json)


def _token() -> str:
    """Read the token. It is not an argument: everybody on the machine can see those."""
    if sys.stdin.isatty():
        return err.input("Token: ", password=True).strip()
    return sys.stdin.read().strip()
