"""A webhook receiver on loopback."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tests.api.running_api import until


class Receiver:
    """Accepts any request and responds with `status`."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.requests: list[tuple[str, dict[str, str], Any]] = []  # path, headers, JSON body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((line.split(" ")[1], headers, json.loads(body) if body else None))
        head = f"HTTP/1.1 {self.status} Answer\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    async def bodies(self, number: int) -> list[Any]:
        """Wait for this many requests, and return their bodies in order of arrival."""

        async def look() -> list[Any] | None:
            bodies = [body for _, _, body in self.requests]
            return bodies if len(bodies) >= number else None

        return await until(look, f"{number} webhooks")


@asynccontextmanager
async def listening() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield receiver
