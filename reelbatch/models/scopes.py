"""What a token may do within its team."""

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """`admin` is every scope that there is, also those that later versions add."""

    JOBS_READ = "jobs:read"  # read whatever the team has: batches, jobs, templates, fonts, …
    JOBS_WRITE = "jobs:write"  # submit, cancel and retry, and send webhooks again
    TEMPLATES_WRITE = "templates:write"  # change what jobs are made of: templates, fonts, secrets
    ADMIN = "admin"


DEFAULT_SCOPES = frozenset(set(Scope) - {Scope.ADMIN})
"""Of a token for which nothing else was said, also of one from before there were scopes."""


def allows(held: Collection[Scope], needed: Scope) -> bool:
    return needed in held or Scope.ADMIN in held
