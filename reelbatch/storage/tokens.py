"""API tokens. Only their SHA-256 is stored, so that a copy of the store gives no access.

A token is 256 random bits, which nobody can guess, so a plain hash is enough. A token is looked up
by its digest and never compared with another one. The time of a lookup may depend on the digest's
first characters. But an attacker who chooses a token cannot choose its digest, and learns nothing
about other tokens.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import UTC, datetime

from obstore.store import ObjectStore

from reelbatch.models.stored.tokens import TokenRecord
from reelbatch.models.wire.tokens import DEFAULT_SCOPES, Scope
from reelbatch.parallel import gather_each
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.objects import read_model, write_model

TOKEN_PREFIX = "rb_"  # noqa: S105  marks a string as ours, for people and secret scanners
TEAM_PATTERN = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")

_TOKEN_BYTES = 32


async def create_token(
    store: ObjectStore,
    team: str,
    name: str,
    scopes: Collection[Scope] = DEFAULT_SCOPES,
    expires_at: datetime | None = None,
) -> tuple[str, TokenRecord]:
    """Create a token for `team`. It cannot be read again later.

    Raises ValueError if the name of the team is invalid or that of the token is blank.
    """
    if not TEAM_PATTERN.fullmatch(team):
        raise ValueError(
            f"{team!r} is not a valid team name: use 1 to 63 lower-case letters, digits and "
            "hyphens, and do not start with a hyphen."
        )
    if name and not name.strip():
        raise ValueError("The token's name is blank: say what the token is for, or leave it out.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    digest = digest_of(token)
    record = TokenRecord(
        id=digest[:_SHORTEST_ID],
        team=team,
        name=name,
        created_at=datetime.now(UTC),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    await write_model(store, keys.token(digest), record)
    return token, record


async def find_token(store: ObjectStore, token: str) -> TokenRecord | None:
    """The token's record; None: the token is unknown, revoked or expired."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    return await find_record(store, digest_of(token))


async def find_record(store: ObjectStore, digest: str) -> TokenRecord | None:
    """Like `find_token`, by the token's digest."""
    record = await read_model(store, keys.token(digest), TokenRecord)
    return None if record is None or record.is_expired else record


async def list_tokens(store: ObjectStore, team: str | None = None) -> list[TokenRecord]:
    """The tokens of a team, or of all teams, including expired ones, oldest first."""

    async def read(name: str) -> TokenRecord | None:
        return await read_model(store, f"{keys.TOKENS}/{name}", TokenRecord)

    found = await gather_each(read, await names_in(store, keys.TOKENS))
    of_team = (record for record in found if record and team in (None, record.team))
    return sorted(of_team, key=lambda record: record.created_at)


async def revoke_token(store: ObjectStore, token_id: str, team: str | None = None) -> bool:
    """Remove the token with this id if it belongs to `team`. Returns whether there was one."""
    if len(token_id) < _SHORTEST_ID:
        return False
    for name in await names_in(store, keys.TOKENS):
        if not name.startswith(token_id):
            continue
        record = await read_model(store, f"{keys.TOKENS}/{name}", TokenRecord) if team else None
        if record is None or record.team == team:
            await store.delete_async(f"{keys.TOKENS}/{name}")
            return True
    return False


_SHORTEST_ID = 12


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
