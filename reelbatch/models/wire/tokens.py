"""The team that a token speaks for, and its tokens: what clients send and read of them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, WithJsonSchema

from reelbatch.models.wire.base import Absent, Timestamp, WireModel
from reelbatch.models.wire.jobs import Name

MAX_TOKENS = 100
"""Of a team, beyond which it can make none itself."""


class Scope(StrEnum):
    """`admin` is every scope that there is, also those that later versions add."""

    JOBS_READ = "jobs:read"  # read whatever the team has: batches, jobs, templates, fonts, …
    JOBS_WRITE = "jobs:write"  # submit, cancel and retry, and send webhooks again
    TEMPLATES_WRITE = "templates:write"  # change what jobs are made of: templates, fonts, secrets
    ADMIN = "admin"  # all of it, and list, make and revoke the team's tokens


DEFAULT_SCOPES = frozenset(set(Scope) - {Scope.ADMIN})
"""Of a token for which nothing else was said, also of one from before there were scopes."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be in a year from 1 to 9999, also in UTC") from None


class TokenCreation(WireModel):
    """The body of POST /tokens."""

    name: Name
    """What the token is for."""
    scopes: list[Scope] = Field(
        default_factory=lambda: sorted(DEFAULT_SCOPES),
        min_length=1,
        max_length=len(Scope),
        description="All but admin if left out.",
    )
    expires_at: (
        Annotated[
            AwareDatetime,
            AfterValidator(_in_utc),
            WithJsonSchema({"type": "string", "format": "date-time"}),
        ]
        | None
    ) = Field(None, description="It never ends if left out.")


class Token(WireModel):
    """A token as the endpoints answer it. The token itself is not kept."""

    id: str  # the first characters of the token's digest
    name: str
    created_at: Timestamp
    scopes: list[Scope] = sorted(DEFAULT_SCOPES)
    expires_at: Absent[Timestamp] = None


class CreatedToken(Token):
    """A token on the one occasion on which it is shown."""

    token: str


class Team(WireModel):
    """Whom a token speaks for, and to which server."""

    name: str
    version: str  # of the server
    token: Token  # that was sent
