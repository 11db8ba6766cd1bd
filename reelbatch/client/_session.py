"""A team's access to a service: its address, the token, and the number of attempts."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeVar, cast
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from reelbatch.client._errors import ConnectionFailed, UnexpectedAnswer, error_of
from reelbatch.client._retrying import Attempts
from reelbatch.client._steps import Pause, Request, Send, Steps
from reelbatch.models.ids import new_id

log = logging.getLogger("reelbatch.client")

_API_PATH = "/api/v2"
_OUTAGE_RETRIES = 7
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
_LIST = TypeAdapter(list[Any])

M = TypeVar("M", bound=BaseModel)


class Subject(Protocol):
    """The subject of an operation: a session, or a thing in it."""

    @property
    def session(self) -> "Session": ...


@dataclass(frozen=True, kw_only=True)
class Session:
    url: str  # the service's origin or base URL
    token: str = field(repr=False)
    max_retries: int = 3
    timeout: float = 60.0  # seconds without a byte

    @property
    def session(self) -> "Session":
        return self

    @property
    def origin(self) -> str:
        return origin_of(self.url)

    @property
    def outage_retries(self) -> int:
        """For an operation that has begun: it survives half a minute without the service."""
        return max(self.max_retries, _OUTAGE_RETRIES)

    def request(
        self,
        method: str,
        *path: str,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        version: Literal["v2", "v3"] = "v2",
    ) -> Request:
        """A request to the API. In `query`, None is left out; `body` is JSON or models."""
        parts = "/".join(quote(part, safe="") for part in path)
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        content = body if isinstance(body, bytes | None) else to_json(body)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        return Request(
            method=method,
            url=f"{self.origin}/api/{version}/{parts}",
            headers=sent,
            query={
                name: _value(value) for name, value in (query or {}).items() if value is not None
            },
            content=content,
            silence=self.timeout,
        )

    def creation(self, *path: str, key: str | None, **parts: Any) -> Request:
        """A POST that has the same Idempotency-Key in all attempts."""
        request = self.request("POST", *path, **parts)
        return replace(request, headers={**request.headers, "Idempotency-Key": key or new_id()})

    def send(self, request: Request, max_retries: int | None = None) -> Steps[httpx.Response]:
        """The response. Raises APIError and ConnectionFailed."""
        return (yield from self._try(Send(request), self.attempts(max_retries)))

    def open(self, request: Request, attempts: Attempts) -> Steps[httpx.Response]:
        """The response, whose body is not read yet. Raises the same errors as `send`."""
        return (yield from self._try(Send(request, opens=True), attempts))

    def attempts(self, limit: int | None = None) -> Attempts:
        return Attempts(self.max_retries if limit is None else limit)

    def outage_attempts(self) -> Attempts:
        return Attempts(self.outage_retries)

    def give_up(self, request: Request, error: Exception) -> ConnectionFailed:
        reason = str(error) or type(error).__name__
        return ConnectionFailed(f"{self._shown(request.url)} does not respond ({reason}).")

    def _shown(self, url: str) -> str:
        """The URL; outside the API only its origin, because the rest may have a signature."""
        if url.startswith(f"{self.origin}{_API_PATH}/"):
            return url
        return "/".join(url.split("/", 3)[:3])

    def _try(self, step: Send, attempts: Attempts) -> Steps[httpx.Response]:
        request = step.request
        while True:
            try:
                response: httpx.Response = yield step
            except httpx.InvalidURL as error:
                raise ConnectionFailed(f"{request.url} is not a URL: {error}.") from error
            except httpx.TransportError as error:
                pause = attempts.pause(request, error)
                if pause is None:
                    raise self.give_up(request, error) from error
                reason = type(error).__name__
            except httpx.RequestError as error:  # such as too many redirects
                raise self.give_up(request, error) from error
            else:
                if response.is_success:
                    return response
                pause = attempts.pause(request, response)
                if pause is None:
                    raise error_of(response)
                reason = str(response.status_code)
            log.info("trying %s again in %.1f s: %s", request.method, pause, reason)
            yield Pause(pause)


def origin_of(url: str) -> str:
    return url.rstrip("/").removesuffix(_API_PATH)


def read_model(model: type[M], response: httpx.Response) -> M:
    """Parse a response, without fields that a later service has added. Raises UnexpectedAnswer."""
    try:
        return model.model_validate_json(response.content, extra="ignore")
    except ValidationError as error:
        raise _unexpected(model, error) from error


def read_models(model: type[M], response: httpx.Response) -> list[M]:
    """Like `read_model`, for a bare array."""
    try:
        items = _LIST.validate_json(response.content)
        return [model.model_validate(item, extra="ignore") for item in items]
    except ValidationError as error:
        raise _unexpected(model, error) from error


def to_json(content: object) -> bytes:
    """Serialize values and models with the wire's field names, without fields that are not set."""
    return _ANYTHING.dump_json(content, by_alias=True, exclude_unset=True)


def _unexpected(model: type[BaseModel], error: ValidationError) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"The response is not a valid {model.__name__} ({error.error_count()} problems). Check "
        "that the URL is that of a Reelbatch service, and that its version fits this client."
    )


def _value(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [_word(each) for each in cast("list[object]", value)]
    return _word(value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
