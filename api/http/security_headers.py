"""What every answer tells browsers, so that none of them is ever taken for a page of ours.

Headers and their meaning: https://owasp.org/www-project-secure-headers/
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# An endpoint whose answers are made for browsers sets its own value, which stays.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses of ours may be keys
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeaders:
    """ASGI middleware. `is_public_by_https`: clients are known to come by HTTPS alone."""

    def __init__(self, app: ASGIApp, *, is_public_by_https: bool) -> None:
        self._app = app
        self._headers = SECURITY_HEADERS | (_HTTPS_ONLY if is_public_by_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
