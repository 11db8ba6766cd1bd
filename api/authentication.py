"""Bearer tokens."""

from collections.abc import Mapping
from time import monotonic

from obstore.store import ObjectStore

from models.errors import Unauthorized
from storage.tokens import TokenRecord, find_token

_CACHE_SECONDS = 10.0  # so long may a revoked token still work
_CACHE_SIZE = 1000


def bearer_token(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header. Raises Unauthorized."""
    header = headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if not header:
        raise Unauthorized("The request has no token: send `Authorization: Bearer TOKEN`.")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("The Authorization header has to be `Bearer TOKEN`.")
    return token.strip()


class TokenCache:
    """Looks tokens up in the object store, and remembers the valid ones for a moment."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: dict[str, tuple[float, TokenRecord]] = {}

    async def find(self, token: str) -> TokenRecord | None:
        found_at, record = self._known.get(token, (0.0, None))
        if record is not None and monotonic() - found_at < _CACHE_SECONDS:
            return record
        record = await find_token(self._store, token)
        if record is None:
            self._known.pop(token, None)
            return None
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        self._known[token] = (monotonic(), record)
        return record
