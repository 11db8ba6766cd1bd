"""HTTP requests to addresses from clients, without access to private networks.

The name is resolved once, every address is checked, and the connection goes to a checked address.
A name that changes its address between check and use (DNS rebinding) therefore gains nothing.
Redirects open connections the same way.
"""

import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import ceil
from typing import Any, cast

import anyio
import httpcore
import httpx

from reelbatch.checks.addresses import is_public, not_public
from reelbatch.models.errors import AssetInvalid

_CONNECT_TIMEOUT = 10.0  # seconds
_READ_TIMEOUT = 30.0  # seconds between two pieces of a response
_MAX_PAUSE = 3600  # seconds
_TRANSIENT = frozenset({408, 425, 429})


def http_client(*, allow_private_networks: bool) -> httpx.AsyncClient:
    """An HTTP client for untrusted URLs: without proxies, with few redirects and with timeouts."""
    transport = httpx.AsyncHTTPTransport()
    if not allow_private_networks:
        transport = _PublicTransport()
    return httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=True,
        max_redirects=5,
        timeout=httpx.Timeout(_READ_TIMEOUT, connect=_CONNECT_TIMEOUT),
        headers={"User-Agent": "reelbatch"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # no cookies: teams share it
    )


def is_transient(status: int) -> bool:
    """Whether another try may help after this status."""
    return status >= 500 or status in _TRANSIENT


def retry_after(response: httpx.Response) -> int | None:
    """The seconds that a server asks to wait, at most an hour (RFC 9110, 10.2.3), or None."""
    asked = response.headers.get("retry-after", "").strip()
    try:
        moment = parsedate_to_datetime(asked).astimezone(UTC) if not asked.isdecimal() else None
    except (ValueError, OverflowError):
        return None
    if moment is None:
        seconds = int(asked[:9])
    else:
        seconds = ceil((moment - datetime.now(UTC)).total_seconds())
    return min(max(1, seconds), _MAX_PAUSE)


def reason_of(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    """The reason why there is no response, without URLs, header values or a library's wording."""
    match error:
        case httpx.InvalidURL():
            return "its URL is not valid"
        case httpx.ConnectTimeout():
            return f"there was no connection within {_CONNECT_TIMEOUT:.0f} seconds"
        case httpx.TimeoutException():
            return f"no data arrived for {_READ_TIMEOUT:.0f} seconds"
        case httpx.ConnectError():
            text = str(error)
            if "certificate" in text.lower():
                return "its certificate is not valid"
            if "cannot be resolved" in text:
                return "its name cannot be resolved at the moment"
            return "no connection could be made"
        case httpx.LocalProtocolError():
            return "one of its headers cannot be sent"
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return "the connection was lost"
        case _:
            return "the connection failed"


async def beginning_of(response: httpx.Response, most: int) -> bytes:
    """The first `most` bytes of a response, without decompressing them."""
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk[:most]
        if len(content) >= most:
            break
    return content[:most]


class _PublicTransport(httpx.AsyncHTTPTransport):
    def __init__(self) -> None:
        super().__init__()
        # httpx has no parameter for the network backend; httpcore, below it, does.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            network_backend=_PublicBackend(),
        )


class _PublicBackend(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        # httpcore declares a placeholder of this name for installations without anyio.
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await _public_address(host, port)
        return await self._backend.connect_tcp(
            address, port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


async def _public_address(host: str, port: int) -> str:
    """Resolve `host`. Raises AssetInvalid if it has no address, or one that is not public.

    The error is the same in both cases, since the difference would reveal the names in a private
    network.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        found = []
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(is_public, addresses)):
        raise AssetInvalid(not_public(host))
    return addresses[0]
