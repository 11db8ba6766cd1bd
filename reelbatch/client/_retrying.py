"""Decides which requests are sent again after a failure, and when."""

from random import SystemRandom

import httpx

from reelbatch.client._errors import retry_after
from reelbatch.client._steps import Request

_FIRST_PAUSE = 0.5  # seconds
_LONGEST_PAUSE = 8.0  # seconds, unless the service asks for more
_LONGEST_WISH = 120.0  # seconds; if the service asks for more, the caller gets the error instead
_TEMPORARY = frozenset({429, 502, 503, 504})
_NOT_DONE = frozenset({429})  # refused before anything was done
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# These are 503s as well, but last until the operator does something.
_LASTING = (b'"SECRETS_NOT_CONFIGURED"', b'"PAYLOAD_UNDECODABLE"')

_random = SystemRandom()


class Attempts:
    """The attempts to send one request, or to read one stream without any progress."""

    def __init__(self, limit: int) -> None:
        self._limit = limit  # failures after which the request is given up
        self._failures = 0

    def succeed(self) -> None:
        self._failures = 0

    def pause(
        self, request: Request, failure: httpx.TransportError | httpx.Response
    ) -> float | None:
        """The seconds to wait before the next attempt; None if there should be none."""
        if self._failures >= self._limit or not _is_temporary(request, failure):
            return None
        wish = retry_after(failure) if isinstance(failure, httpx.Response) else None
        if wish is not None and wish > _LONGEST_WISH:
            return None
        usual = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._failures)
        self._failures += 1
        # Clients that failed at the same moment should not try again at the same moment.
        return max(wish or 0.0, usual * _random.uniform(0.5, 1.0))


def _is_temporary(request: Request, failure: httpx.TransportError | httpx.Response) -> bool:
    if isinstance(failure, httpx.TransportError):
        if isinstance(failure, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            return False
        return request.is_repeatable or isinstance(failure, _NEVER_SENT)
    if failure.status_code not in _TEMPORARY or any(word in failure.content for word in _LASTING):
        return False
    return request.is_repeatable or failure.status_code in _NOT_DONE
