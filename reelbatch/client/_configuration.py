"""Finds the service that a client talks to, and the token for it.

Sources, in this order: the arguments; the profile that an argument names; REELBATCH_URL and
REELBATCH_TOKEN; the profile that REELBATCH_PROFILE names, or the default one; the service that
`reelbatch up` runs in REELBATCH_HOME or ./reelbatch-home. A stored token is only ever sent to the
address that it is stored with.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from reelbatch.client._errors import NotConfigured
from reelbatch.client._profiles import read_profiles
from reelbatch.client._session import origin_of
from reelbatch.models.wire.base import OpenWireModel

_DEFAULT_HOME = "reelbatch-home"
_VISIBLE = re.compile(r"^[\x21-\x7e]+$")


@dataclass(frozen=True)
class Configuration:
    url: str
    token: str = field(repr=False)


class _Connection(OpenWireModel):
    """The fields of `connection.json` that this client needs."""

    api_url: str
    token: str


@dataclass(frozen=True)
class _Source:
    """A source that may name an address, a token, or both."""

    url: str | None
    token: str | None


def resolve(
    url: str | None = None,
    token: str | None = None,
    profile: str | None = None,
    home: str | Path | None = None,
) -> Configuration:
    """Raises NotConfigured, which names what is missing and how to provide it."""
    folder = Path(home or os.environ.get("REELBATCH_HOME") or _DEFAULT_HOME).expanduser()
    chosen: str | None = None
    given: str | None = None
    for source in _sources(url, token, profile, folder):
        if given is None and source.token and _may_use(source, chosen):
            given = source.token
        chosen = chosen or source.url
        if chosen and given:
            return _checked(origin_of(chosen.strip()), given.strip())
    if chosen:
        raise NotConfigured(
            f"There is no token for {chosen}: give one with --token, REELBATCH_TOKEN or a profile."
        )
    raise NotConfigured(
        f"There is no {folder / 'connection.json'}: start the service with `reelbatch up`, name "
        "its folder with --home, or name another service with --url and --token, REELBATCH_URL "
        "and REELBATCH_TOKEN, or a profile."
    )


def _checked(url: str, token: str) -> Configuration:
    if not _VISIBLE.fullmatch(token):
        raise NotConfigured("The token has invalid characters, such as spaces.")
    return Configuration(url, token)


def _sources(
    url: str | None, token: str | None, profile: str | None, home: Path
) -> Iterator[_Source]:
    yield _Source(url, token)
    if profile:
        yield _of_profile(profile)
        return
    yield _Source(os.environ.get("REELBATCH_URL"), os.environ.get("REELBATCH_TOKEN"))
    profiles = read_profiles()
    named = os.environ.get("REELBATCH_PROFILE") or profiles.default
    if named:
        yield _of_profile(named)
    yield _of_home(home)


def _may_use(source: _Source, chosen: str | None) -> bool:
    if source.url is None or chosen is None:
        return True
    return origin_of(source.url) == origin_of(chosen)


def _of_profile(name: str) -> _Source:
    profiles = read_profiles()
    found = profiles.profiles.get(name)
    if found is None:
        names = ", ".join(sorted(profiles.profiles)) or "none"
        raise NotConfigured(
            f"There is no profile {name} in {profiles.file}; existing profiles: {names}. "
            "Add it with `reelbatch profiles add`."
        )
    return _Source(found.url, found.token)


def _of_home(home: Path) -> _Source:
    file = home / "connection.json"
    try:
        connection = _Connection.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return _Source(None, None)
    except (OSError, ValidationError) as error:
        raise NotConfigured(
            f"{file} cannot be read; remove it, and `reelbatch up` will write it again."
        ) from error
    return _Source(connection.api_url, connection.token)
