"""CORS: which web pages of other origins may read what this server answers."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from reelbatch.settings import Settings


def allow_origins(app: FastAPI, settings: Settings) -> None:
    """No page may, unless the operator names its origin. Cookies play no part here."""
    if not settings.cors_origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Encoding",
            "Content-Type",
            "Idempotency-Key",
            "If-Modified-Since",
            "If-None-Match",
            "If-Range",
            "Last-Event-ID",
            "Range",
            "X-Request-Id",
        ],
        expose_headers=[
            "Accept-Ranges",
            "Content-Disposition",
            "Content-Length",
            "Content-Range",
            "ETag",
            "Idempotency-Replayed",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "X-Request-Id",
        ],
    )
