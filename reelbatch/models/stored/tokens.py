"""What a token may do within its team, and what is kept of it."""

from datetime import UTC, datetime
from enum import StrEnum

from reelbatch.models.wire.base import Absent, Timestamp, WireModel


class Scope(StrEnum):
    """`admin` is every scope that there is, also those that later versions add."""

    JOBS_READ = "jobs:read"  # read whatever the team has: batches, jobs, templates, fonts, …
    JOBS_WRITE = "jobs:write"  # submit, cancel and retry, and send webhooks again
    TEMPLATES_WRITE = "templates:write"  # change what jobs are made of: templates, fonts, secrets
    ADMIN = "admin"


DEFAULT_SCOPES = frozenset(set(Scope) - {Scope.ADMIN})
"""Of a token for which nothing else was said, also of one from before there were scopes."""


class TokenRecord(WireModel):
    """Whom a token speaks for. `id` names it in lists; the token itself is not kept."""

    id: str  # the first characters of the token's digest
    team: str
    name: str
    created_at: Timestamp
    scopes: list[Scope] = sorted(DEFAULT_SCOPES)
    expires_at: Absent[Timestamp] = None

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes
