"""The HTTP server of the API."""

import gc
import socket

import uvicorn
from fastapi import FastAPI

from api.batches.watch import BatchWatches
from api.http.protocol import MOST_HEADER_BYTES, bounded_protocol
from reelbatch.settings import Settings

_DRAIN_SECONDS = 10  # that requests get to end when the process has to
# Objects between two collections. A batch of 1,000 jobs makes 100,000 that are no garbage; with
# Python's 700 they are looked through again and again, and what is remembered with them.
_GARBAGE = 20_000


class ApiServer(uvicorn.Server):
    """uvicorn, which lets go of the clients that wait for a batch before it waits for them."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(_config(app, settings))
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there by now stays: a collection of garbage looks through all of it for nothing,
        # 0.1 seconds each time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GARBAGE)

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
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        # uvicorn believes 127.0.0.1 unless it is told otherwise; anybody may be behind that.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
    )
