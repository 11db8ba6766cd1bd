"""How long a request's body may take to arrive."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reelbatch.models.errors import BodyTooSlow


class BodyDeadline:
    """ASGI middleware: whoever still waits for the body after `seconds` gets BodyTooSlow."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + self._seconds
        is_complete = is_answered = False

        async def receive_in_time() -> Message:
            nonlocal is_complete
            if is_complete:  # what comes now is the end of the connection, at any time
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                if is_answered:  # nobody reads the body; the server is about to hang up
                    return {"type": "http.disconnect"}
                raise BodyTooSlow(
                    f"The body was not complete after {self._seconds:g} seconds."
                ) from None
            is_complete = not message.get("more_body", False)
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        await self._app(scope, receive_in_time, send_and_note)
