"""Teams and their tokens: the requests that clients send and the responses that they get."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, WithJsonSchema

from reelbatch.models.wire.base import Absent, Timestamp, WireModel
from reelbatch.models.wire.jobs import Name

MAX_TOKENS = 100
"""Tokens per team; a team that has as many cannot create further ones itself."""


class Scope(StrEnum):
    """The permissions of a token. `admin` includes all others, even those of later versions."""

    JOBS_READ = "jobs:read"  # read everything the team has: batches, jobs, templates, fonts, …
    JOBS_WRITE = "jobs:write"  # submit, cancel and retry jobs, and send webhooks again
    TEMPLATES_WRITE = "templates:write"  # change what jobs use: templates, fonts, secrets
    ADMIN = "admin"  # all of the above, and list, create and revoke the team's tokens


DEFAULT_SCOPES = frozenset(set(Scope) - {Scope.ADMIN})
"""The scopes of a token that was created without any, or before there were scopes."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be in a year from 1 to 9999, also in UTC") from None


class TokenCreation(WireModel):
    """The body of POST /tokens."""

    name: Name
    """The purpose of the token."""
    scopes: list[Scope] = Field(
        default_factory=lambda: sorted(DEFAULT_SCOPES),
        min_length=1,
        max_length=len(Scope),
        description="Every scope except admin if omitted.",
    )
    expires_at: (
        Annotated[
            AwareDatetime,
            AfterValidator(_in_utc),
            WithJsonSchema({"type": "string", "format": "date-time"}),
        ]
        | None
    ) = Field(None, description="The token never expires if omitted.")


class Token(WireModel):
    """A token as the endpoints return it. The token itself is not stored."""

    id: str  # the first characters of the token's digest
    name: str
    created_at: Timestamp
    scopes: list[Scope] = sorted(DEFAULT_SCOPES)
    expires_at: Absent[Timestamp] = None


class CreatedToken(Token):
    """A new token; its text is shown only this once."""

    token: str


class Team(WireModel):
    """The team to which a token belongs, and the server's version."""

    name: str
    version: str  # of the server
    token: Token  # the one that was sent
