"""A real HTTP server on loopback with responses that tests define."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A request as received."""

    line: str
    headers: dict[str, str]  # names in lower case
    body: bytes


Behaviour = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Origin:
    """Serves raw HTTP responses by path; `requests` lists the paths and `received` the requests."""

    url: str = ""
    answers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    behaviours: dict[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    requests: list[str] = field(default_factory=list[str])
    received: list[Received] = field(default_factory=list[Received])

    def answer(
        self, path: str, body: bytes = b"", *, status: str = "200 OK", headers: str = ""
    ) -> str:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}"
        self.answers[path] = head.encode() + b"\r\n" + body
        return self.url + path

    def behave(self, path: str, behaviour: Behaviour) -> str:
        """Let a function write the response, for all paths below if `path` ends with a slash."""
        self.behaviours[path] = behaviour
        return self.url + path

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split(b" ", 2)[1].decode()
        self.requests.append(path)
        self.received.append(await _received(request, reader))
        with suppress(ConnectionError):  # the client has disconnected
            if behaviour := self._behaviour_of(path):
                await behaviour(self.received[-1], writer)
            else:
                writer.write(self.answers.get(path, _NOT_FOUND))
            await writer.drain()
        writer.close()

    def _behaviour_of(self, path: str) -> Behaviour | None:
        folder = path.rpartition("/")[0] + "/"
        return self.behaviours.get(path) or self.behaviours.get(folder)


_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


async def _received(head: bytes, reader: asyncio.StreamReader) -> Received:
    line, *lines = head.decode().rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(line, headers, body)


@asynccontextmanager
async def running_origin() -> AsyncGenerator[Origin]:
    running = Origin()
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    running.url = f"http://127.0.0.1:{port}"
    async with server:
        yield running
