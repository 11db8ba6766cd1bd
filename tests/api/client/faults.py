"""A network that breaks: lost responses, busy servers, streams that end early."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx


@dataclass
class Fault:
    """A failure of the first `times` requests to which it `applies`."""

    applies: Callable[[httpx.Request], bool]
    status: int | None = None  # of a response instead of the service's; the request is not sent
    breaks_after: int | None = None  # chunks of the response; 0: the response is lost
    refuses: bool = False  # whether the connection is refused
    times: int = 1


class BrokenNetwork(httpx.AsyncBaseTransport):
    """Forwards requests, unless a fault applies, and records them."""

    def __init__(self) -> None:
        self._network = httpx.AsyncHTTPTransport()
        self._faults: list[Fault] = []
        self.requests: list[httpx.Request] = []

    def suffer(self, fault: Fault) -> None:
        self._faults.append(fault)

    def of(self, method: str, end: str) -> list[httpx.Request]:
        return [sent for sent in self.requests if is_call(method, end)(sent)]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        fault = self._fault_for(request)
        if fault is None:
            return await self._network.handle_async_request(request)
        if fault.refuses:
            raise httpx.ConnectError("refused", request=request)
        if fault.status is not None:
            return httpx.Response(fault.status, headers={"Retry-After": "0"}, request=request)
        response = await self._network.handle_async_request(request)
        if fault.breaks_after == 0:
            await response.aread()
            raise httpx.ReadError("the response was lost", request=request)
        assert fault.breaks_after is not None
        response.stream = _Broken(_events_of(response), fault.breaks_after)
        return response

    async def aclose(self) -> None:
        await self._network.aclose()

    def _fault_for(self, request: httpx.Request) -> Fault | None:
        for fault in self._faults:
            if fault.times and fault.applies(request):
                fault.times -= 1
                return fault
        return None


def _events_of(response: httpx.Response) -> httpx.AsyncByteStream:
    """The chunks of a response, with each event as a separate chunk."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        return response.stream
    return _Events(response.stream)


class _Events(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            for event in re.findall(rb"(?s).+?(?:\n\n|$)", chunk):
                yield event

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Broken(httpx.AsyncByteStream):
    """A stream that breaks off in the middle of a chunk."""

    def __init__(self, stream: httpx.AsyncByteStream, chunks: int) -> None:
        self._stream = stream
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._stream:
            count += 1
            if count == self._chunks:
                yield chunk[: len(chunk) // 2]
                raise httpx.ReadError("the connection broke")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def is_call(method: str, end: str) -> Callable[[httpx.Request], bool]:
    return lambda request: request.method == method and request.url.path.endswith(end)
