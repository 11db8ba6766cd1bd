"""A proxy in front of several API processes, as in production. Requests go to them in turn."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from threading import Thread

import httpx

_OF_ONE_CONNECTION = frozenset({"connection", "content-length", "host", "transfer-encoding"})


@contextmanager
def round_robin(upstreams: Sequence[str], address: str, port: int) -> Generator[None]:
    """Run the proxy, which passes the client's address on in X-Forwarded-For."""
    turns = cycle(upstreams)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = [pair for pair in self.headers.items() if _is_passed_on(pair[0])]
            headers.append(("X-Forwarded-For", self.client_address[0]))
            content = self.rfile.read(length)
            try:
                url = next(turns) + self.path
                response = http.request(self.command, url, headers=headers, content=content)
            except httpx.TransportError:
                response = httpx.Response(502)
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if _is_passed_on(name) and name != "content-encoding":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_DELETE = do_GET = do_OPTIONS = do_PATCH = do_POST = do_PUT = pass_on  # noqa: N815  names of the base's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
            pass

    with httpx.Client(timeout=60, trust_env=False) as http:
        server = ThreadingHTTPServer((address, port), Handler)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _is_passed_on(name: str) -> bool:
    return name.lower() not in _OF_ONE_CONNECTION
