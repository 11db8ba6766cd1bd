"""The HTTP server of the API."""

import gc
import socket

import uvicorn
from fastapi import FastAPI

from api.batches.watch import BatchWatches
from api.http.protocol import MAX_HEADER_BYTES, bounded_protocol
from reelbatch.settings import Settings

_DRAIN_SECONDS = 10  # for requests to complete when the process stops
# Allocations between two garbage collections. A batch of 1,000 jobs makes 100,000 objects that are
# not garbage. With Python's default of 700, these and all caches are scanned again and again.
_GC_THRESHOLD = 20_000


class ApiServer(uvicorn.Server):
    """uvicorn, but it releases clients that wait for a batch before it waits for requests."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(_config(app, settings))
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # Everything that exists by now stays. Scanning it for garbage would cost 0.1 seconds each
        # time, for nothing.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        watches: BatchWatches = self._app.state.watches
        watches.stop()
        await super().shutdown(sockets)


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        timeout_keep_alive=settings.keep_alive,
        http=bounded_protocol(settings.body_timeout),
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        # uvicorn trusts 127.0.0.1 by default, but anybody may be behind a proxy there.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
    )
