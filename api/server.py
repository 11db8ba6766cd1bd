"""The HTTP server of the API."""

import socket

import uvicorn
from fastapi import FastAPI

from api.resources import Resources


class ApiServer(uvicorn.Server):
    """uvicorn, which lets go of the clients that wait for a batch before it waits for them."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        resources: Resources = self._app.state.resources
        resources.watches.stop()
        await super().shutdown(sockets)
