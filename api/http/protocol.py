"""HTTP/1.1 that also handles clients that never finish a request, or send something else."""

import asyncio

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.errors import error_response
from api.http.middleware import SECURITY_HEADERS
from reelbatch.models.errors import BodyTooSlow, RequestError

MAX_HEADER_BYTES = 64 * 1024  # of a request line and its headers
_MAX_HEADER_SECONDS = 30.0
_GRACE = 5.0  # seconds for the endpoint's own response to a slow body


class BoundedProtocol(H11Protocol):
    """Limits the time for headers and bodies; uvicorn only limits the pauses between requests."""

    body_seconds: float
    _deadline: asyncio.TimerHandle | None = None
    _awaited: object = None  # what the deadline applies to

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._set_deadline()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._set_deadline()  # part of the next request may have arrived already

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  as uvicorn declares it
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for a request that it cannot parse."""
        self._refuse(
            RequestError(
                f"{msg} It is not HTTP/1.1, or its headers are larger than "
                f"{MAX_HEADER_BYTES} bytes."
            )
        )

    @property
    def _header_seconds(self) -> float:
        return min(self.body_seconds, _MAX_HEADER_SECONDS)

    def _set_deadline(self) -> None:
        """Headers have a deadline from their first byte, and a body from its start."""
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._arm(self.cycle, self.body_seconds + _GRACE)
        elif state is h11.IDLE and (self.cycle is None or self.conn.trailing_data[0]):  # pyright: ignore[reportUnnecessaryComparison]  None until the first request
            self._arm(h11.IDLE, self._header_seconds)
        else:
            self._disarm()

    def _arm(self, awaited: object, seconds: float) -> None:
        if self._awaited is awaited:
            return
        self._disarm()
        self._awaited = awaited
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._awaited = None

    def _give_up(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            seconds = f"{self._header_seconds:g} seconds"
            self._refuse(BodyTooSlow(f"The headers were not complete after {seconds}."))
        else:
            self.transport.close()

    def _refuse(self, error: RequestError) -> None:
        """Respond to an incomplete or invalid request, and close the connection."""
        response: Response = error_response(error)
        headers = [*response.raw_headers, (b"connection", b"close")]
        headers += [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        head = h11.Response(status_code=response.status_code, headers=headers)
        for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def bounded_protocol(body_seconds: float) -> type[asyncio.Protocol]:
    """A protocol class with this setting: uvicorn creates the instances without arguments."""
    return type("ApiProtocol", (BoundedProtocol,), {"body_seconds": body_seconds})
