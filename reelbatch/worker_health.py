"""Health checks of a worker process, for what runs it, such as Kubernetes."""

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
    """Responds to `GET /healthz` with 200 as long as the event loop turns, which all of a worker's
    work needs, and to `GET /readyz` with 200 while the worker takes work: as long as `ask_temporal`
    raises nothing.
    """

    def __init__(self, ask_temporal: Callable[[], Awaitable[object]]) -> None:
        self.is_ready = False
        self._ask_temporal = ask_temporal

    @asynccontextmanager
    async def served(self, address: str | None) -> AsyncGenerator[None]:
        """Listen at `address` (IP:port) while the context lasts. Without an address do nothing.

        Raises OSError if it is taken.
        """
        if address is None:
            yield
            return
        host, _, port = address.rpartition(":")
        server = await asyncio.start_server(
            self._answer, host.strip("[]"), int(port), limit=_LONGEST_LINE
        )
        async with server:
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
                status, text = "404 Not Found", "there are /healthz and /readyz"
        body = json.dumps({"status": text}, separators=(",", ":"))
        return (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        ).encode()

    async def _obstacle(self) -> str | None:
        if not self.is_ready:
            return "takes no work"
        try:
            async with asyncio.timeout(_TEMPORAL_PATIENCE):
                await self._ask_temporal()
        except Unprepared as problem:
            return str(problem)
        except (RPCError, RuntimeError, TimeoutError):
            return "Temporal does not answer"
        return None
