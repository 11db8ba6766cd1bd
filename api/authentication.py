"""Bearer tokens: whose they are, and how often an address may send wrong ones."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from time import monotonic

from fastapi import Request
from obstore.store import ObjectStore

from api.http.rate_limits import RateLimits
from reelbatch.models.errors import TooManyRequests, Unauthorized
from reelbatch.models.stored.tokens import TokenRecord
from reelbatch.storage.tokens import digest_of, find_token

_CACHE_SECONDS = 5.0  # with a slow store's answer on top a revoked token is refused within ten
_CACHE_SIZE = 1000
_IPV6_SITE = 64  # bits; whoever has one address of such a network has all of them


def bearer_token(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header. Raises Unauthorized."""
    header = headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if not header:
        raise Unauthorized("The request has no token: send `Authorization: Bearer TOKEN`.")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("The Authorization header has to be `Bearer TOKEN`.")
    return token.strip()


def client_address(request: Request) -> str:
    """Who sends the request: an IPv4 address, or the network of an IPv6 one."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]  # no address, such as a trusted proxy's `unknown`
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> _IPV6_SITE << _IPV6_SITE))
    return host


@dataclass(frozen=True)
class _Seen:
    record: TokenRecord
    read_at: float


class Authenticator:
    """Looks tokens up in the object store, and remembers the valid ones for a moment."""

    def __init__(self, store: ObjectStore, failures_per_minute: int) -> None:
        self._store = store
        self._failures = RateLimits(failures_per_minute)
        self._seen: OrderedDict[str, _Seen] = OrderedDict()  # by digest, in order of their use

    async def record_of(self, token: str, address: str) -> TokenRecord:
        """Whom the token speaks for. Raises Unauthorized, or TooManyRequests.

        An address that has sent too many wrong tokens has to wait, but not with a token that was
        right before: others may share the address.
        """
        digest = digest_of(token)
        seen = self._seen.get(digest)
        if seen is None:
            self._check_failures(address)
        elif monotonic() - seen.read_at < _CACHE_SECONDS and not seen.record.is_expired:
            return seen.record
        read_at = monotonic()
        record = await find_token(self._store, token)
        if record is None:
            self._seen.pop(digest, None)
            self._failures.take(address)
            raise Unauthorized(
                "The token is unknown, was revoked or has expired: ask whoever runs this server "
                "for a new one."
            )
        self._remember(digest, _Seen(record, read_at))
        return record

    def _check_failures(self, address: str) -> None:
        wait = self._failures.wait(address)
        if wait:
            raise TooManyRequests(
                f"Too many wrong tokens came from this address: try again in {wait} seconds.",
                retry_after=wait,
            )

    def _remember(self, digest: str, seen: _Seen) -> None:
        self._seen[digest] = seen
        self._seen.move_to_end(digest)
        while len(self._seen) > _CACHE_SIZE:
            self._seen.popitem(last=False)
