"""Webhooks: the requests that clients send, and the log of delivery attempts (contract 4)."""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from reelbatch.models.wire.base import Absent, LenientWireModel, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.secrets import begins_with_reference
from reelbatch.models.wire.urls import host_and_port, is_http_url

MAX_WEBHOOK_HEADERS = 50

_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$")  # RFC 9110, 5.6.2
_HEADER_VALUE = re.compile(r"^[\t\x20-\x7e]{0,8192}$")
_OURS = frozenset(
    {
        *("connection", "content-length", "host", "transfer-encoding"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }
)


class Webhook(LenientWireModel):
    """The HTTP request to send when the job or batch has ended."""

    url: str = Field(min_length=1, max_length=8192)
    method: Literal["GET", "POST", "PUT", "DELETE"] = "POST"
    headers: dict[str, str] = {}
    data: dict[str, Any] | None = None
    custom: bool = False

    @field_validator("method", mode="before")
    @classmethod
    def _usual_method(cls, method: object) -> object:
        if method is None:
            return "POST"
        return method.upper() if isinstance(method, str) else method

    @field_validator("headers", mode="before")
    @classmethod
    def _null_is_none(cls, headers: object) -> object:
        return {} if headers is None else headers

    @field_validator("custom", mode="before")
    @classmethod
    def _null_is_false(cls, custom: object) -> object:
        return False if custom is None else custom

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if begins_with_reference(url):
            return url
        if re.search(r"[\x00-\x20\x7f]", url):
            raise ValueError("must not contain spaces or control characters; percent-encode them")
        if not is_http_url(url):
            raise ValueError("must be an http or https URL")
        return url

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        if len(headers) > MAX_WEBHOOK_HEADERS:
            raise ValueError(f"must have {MAX_WEBHOOK_HEADERS} headers or fewer")
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"contains {name[:40]!r}, which is not a valid header name")
            if name.lower() in _OURS:
                raise ValueError(f"must not contain {name}, which the server sets")
            if not _HEADER_VALUE.fullmatch(value):
                raise ValueError(f"must have only visible ASCII characters in the value of {name}")
        return headers

    @property
    def receiver(self) -> str:
        """The URL's scheme, host and port; paths and queries of webhooks are often credentials."""
        if begins_with_reference(self.url):
            return "a secret URL"
        parts = urlsplit(self.url)
        host = host_and_port(parts)
        return f"{parts.scheme}://{host if '$' not in host else 'a secret host'}"


class WebhookAttempt(RecordModel):
    """One request to the receiver: the status of its response, or why there was none."""

    attempted_at: Timestamp
    duration: float  # seconds
    status: int | None = None
    error: Absent[str] = None
    response: Absent[str] = None  # the first characters of its body


class WebhookLog(WireModel):
    """The response to GET /jobs/{id}/webhook; attempts are listed oldest first."""

    id: str
    url: str
    method: str
    state: Literal["waiting", "undelivered", "delivered"]
    delivered_at: Timestamp | None
    attempts: list[WebhookAttempt]


class WebhookSecret(WireModel):
    """The secret with which receivers verify the signatures of a team's webhooks."""

    secret: str  # `whsec_` and base64
