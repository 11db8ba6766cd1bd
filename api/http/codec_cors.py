"""Lets the Temporal Web UI's pages, and no others, read what the codec endpoints answer."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

CODEC_PATH = "/codec"

_HEADERS = ("authorization", "authorization-extras", "content-type", "x-namespace")


class CodecCors:
    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._with_cors = CORSMiddleware(
            app,
            allow_origins=[origin.rstrip("/")],
            allow_methods=["POST"],
            allow_headers=_HEADERS,
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_codec = scope["type"] == "http" and scope["path"].startswith(f"{CODEC_PATH}/")
        await (self._with_cors if is_codec else self._app)(scope, receive, send)
