"""Health checks of a worker process, for Kubernetes and the like."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from temporalio.service import RPCError

from reelbatch.preparation import Unprepared

_PATIENCE = 3.0  # seconds for a request's first line
_TEMPORAL_PATIENCE = 2.0  # seconds
_LONGEST_LINE = 1024  # bytes


class WorkerHealth:
    """Serves `GET /healthz` and `GET /readyz`.

    The first responds with 200 while the event loop runs, which all of a worker's work needs. The
    second does so while the worker accepts work and `ask_temporal` raises nothing.
    """

    def __init__(self, ask_temporal: Callable[[], Awaitable[object]]) -> None:
        self.is_ready = False
        self._ask_temporal = ask_temporal

    @asynccontextmanager
    async def served(self, address: str | None) -> AsyncGenerator[None]:
        """Listen at `address` (IP:port) while the context lasts; None: do nothing.

        Raises OSError if the address is in use.
        """
        if address is None:
            yield
            return
        host, _, port = address.rpartition(":")
        server = await asyncio.start_server(
            self._respond, host.strip("[]"), int(port), limit=_LONGEST_LINE
        )
        async with server:
            yield

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                line = await reader.readline()
                writer.write(await self._response(line))
                await writer.drain()
        except (ValueError, TimeoutError, ConnectionError):
            pass  # such a request gets no response
        finally:
            writer.close()

    async def _response(self, request_line: bytes) -> bytes:
        match request_line.split()[:2]:
            case [b"GET", b"/healthz"]:
                status, text = "200 OK", "ok"
            case [b"GET", b"/readyz"]:
                obstacle = await self._obstacle()
                status = "503 Service Unavailable" if obstacle else "200 OK"
                text = obstacle or "ready"
            case _:
                status, text = "404 Not Found", "use /healthz or /readyz"
        body = json.dumps({"status": text}, separators=(",", ":"))
        return (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        ).encode()

    async def _obstacle(self) -> str | None:
        if not self.is_ready:
            return "does not accept work"
        try:
            async with asyncio.timeout(_TEMPORAL_PATIENCE):
                await self._ask_temporal()
        except Unprepared as problem:
            return str(problem)
        except (RPCError, RuntimeError, TimeoutError):
            return "Temporal does not respond"
        return None
