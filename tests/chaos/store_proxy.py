"""A proxy in front of the S3 server that can fail, be slow or full, or hold a request."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from tests.integration.service import until

_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding"})

_Message = dict[str, Any]
_Receive = Callable[[], Any]
_Send = Callable[[_Message], Any]


@dataclass
class Fault:
    """A fault for up to `times` requests that match `applies`."""

    applies: Callable[[str, str], bool]  # called with method and path
    status: int | None = None  # of the response that replaces the store's
    delay: float = 0.0  # seconds
    hold: threading.Event | None = None  # the request waits until it is set
    on_request: Callable[[], None] | None = None
    times: int | None = None  # None: any number
    met: int = 0  # number of requests affected so far


class StoreProxy:
    """A proxy with its own port and thread."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._faults: list[Fault] = []
        config = uvicorn.Config(
            self._serve, port=0, interface="asgi3", lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="store-proxy", daemon=True)

    def start(self) -> str:
        """Start the proxy, and return its endpoint."""
        self._thread.start()
        until(lambda: self._server.started or None, "store proxy")
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self.heal()
        self._server.should_exit = True
        self._thread.join(timeout=30)

    def inject(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def heal(self) -> None:
        """End all faults, and release held requests."""
        faults, self._faults = self._faults, []
        for fault in faults:
            if fault.hold is not None:
                fault.hold.set()

    async def _serve(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        method, path = scope["method"], scope["path"]
        fault = self._fault_for(method, path)
        if fault is not None and await _suffer(fault):
            assert fault.status is not None
            await _body(receive)
            await send({"type": "http.response.start", "status": fault.status, "headers": []})
            await send({"type": "http.response.body", "body": b"<Error/>"})
            return
        await self._forward(scope, receive, send)

    def _fault_for(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            spent = fault.times is not None and fault.met >= fault.times
            if not spent and fault.applies(method, path):
                fault.met += 1
                return fault
        return None

    async def _forward(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        query = scope["query_string"].decode()
        url = httpx.URL(self._upstream).copy_with(
            raw_path=scope["raw_path"] + (f"?{query}".encode() if query else b"")
        )
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP_BY_HOP]
        async with (
            httpx.AsyncClient(timeout=60, trust_env=False) as client,
            client.stream(scope["method"], url, headers=headers, content=body) as response,
        ):
            passed_on = [
                (name.lower(), value)
                for name, value in response.headers.raw
                if name.lower() not in _HOP_BY_HOP
            ]
            start = {"type": "http.response.start", "status": response.status_code}
            await send({**start, "headers": passed_on})
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


async def _suffer(fault: Fault) -> bool:
    """Apply the fault. Returns whether it responds instead of the store."""
    if fault.on_request is not None:
        await asyncio.to_thread(fault.on_request)
    if fault.hold is not None:
        await asyncio.to_thread(fault.hold.wait)
    await asyncio.sleep(fault.delay)
    return fault.status is not None


async def _body(receive: _Receive) -> bytes | None:
    """The whole body, or None if the client is gone: S3 does not store half an object."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def writes_of(folder: str) -> Callable[[str, str], bool]:
    """Matches requests that write an object of one kind, such as `outputs`."""
    return lambda method, path: method in ("PUT", "POST") and f"/{folder}/" in path


def everything(_method: str, _path: str) -> bool:
    return True


def every_write(method: str, _path: str) -> bool:
    return method in ("PUT", "POST")
