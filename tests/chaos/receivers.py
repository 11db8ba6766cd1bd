"""Misbehaving webhook receivers and asset servers on loopback."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.integration.service import until

Behaviour = Literal["ok", "hang", "500", "close"]


@dataclass
class Delivery:
    id: str  # the webhook-id header
    body: Any
    behaviour: Behaviour


@dataclass
class Receiver:
    """Treats the first webhooks according to `behaviours`, and accepts all further ones."""

    url: str = ""
    behaviours: list[Behaviour] = field(default_factory=list[Behaviour])
    deliveries: list[Delivery] = field(default_factory=list[Delivery])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = (line.partition(": ") for line in head.split("\r\n")[1:])
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        behaviour = self.behaviours.pop(0) if self.behaviours else "ok"
        self.deliveries.append(Delivery(headers["webhook-id"], json.loads(body), behaviour))
        if behaviour == "hang":
            await reader.read()  # until the sender gives up
        elif behaviour == "close":
            writer.transport.abort()
        else:
            status = "500 Broken" if behaviour == "500" else "200 OK"
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    def wait_for(self, number: int) -> list[Delivery]:
        until(lambda: len(self.deliveries) >= number or None, f"{number} deliveries")
        return list(self.deliveries)

    def wait_for_success(self) -> Delivery:
        def look() -> Delivery | None:
            return next((d for d in self.deliveries if d.behaviour == "ok"), None)

        return until(look, "delivered webhook")


@contextmanager
def receiving(*behaviours: Behaviour) -> Generator[Receiver]:
    receiver = Receiver(behaviours=list(behaviours))
    with _listening(receiver.serve) as url:
        receiver.url = f"{url}/hook?token=a%2Fb"
        yield receiver


@contextmanager
def trickling() -> Generator[str]:
    """Yield the URL of a picture that arrives byte by byte and never ends."""
    with _listening(_trickle) as url:
        yield f"{url}/picture.png"


async def _trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n")
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b"\0")
            await writer.drain()
            await asyncio.sleep(0.2)


@contextmanager
def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> Generator[str]:
    """Serve on loopback in a separate thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="receiver", daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    async def end() -> None:
        server.close()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
