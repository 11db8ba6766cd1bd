"""A TLS proxy in front of a Temporal server, as in Temporal Cloud; it records request headers."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from tests.certificates import Certified

_CHUNK = 64 * 1024


class TlsProxy:
    """A proxy that records the headers of each request."""

    def __init__(self, upstream: str) -> None:
        self.address = ""
        self.headers: list[dict[str, str]] = []  # of each request
        self._upstream = upstream

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._upstream.split(":")
        server_reader, server_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(
            _copy(reader, server_writer, self._note()),
            _copy(server_reader, writer, lambda _: None),
        )

    def _note(self) -> Callable[[bytes], None]:
        """Parse what a client sends as an HTTP/2 server would, and record the headers."""
        config = H2Configuration(client_side=False, header_encoding="utf-8")
        connection = H2Connection(config)
        connection.initiate_connection()

        def note(content: bytes) -> None:
            for event in connection.receive_data(content):
                if isinstance(event, RequestReceived):
                    self.headers.append({str(name): str(text) for name, text in event.headers})

        return note


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[bytes], None]
) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while content := await reader.read(_CHUNK):
            note(content)
            writer.write(content)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def tls_proxy(
    upstream: str, server: Certified, clients: Path | None = None
) -> AsyncGenerator[TlsProxy]:
    """Run a proxy. `clients` is the certificate of the authority that must have signed clients'."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.certificate, server.key)
    context.set_alpn_protocols(["h2"])
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    proxy = TlsProxy(upstream)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=context)
    proxy.address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listening.close()
