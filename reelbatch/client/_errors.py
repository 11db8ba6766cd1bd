"""The errors of the client.

ReelbatchError
├── NotConfigured            no service is configured, or no token for it
├── ConnectionFailed         the service does not respond, even after several attempts
├── UnexpectedAnswer         the response is not one of a Reelbatch service
├── WaitTimedOut             the timeout expired before the end (also a TimeoutError)
├── TemplateUnusable         the service cannot use an uploaded template
└── APIError                 an error response: status, error_code, details, request_id
    ├── BadRequest           400, 413, 415 and other 4xx
    │   └── BatchRejected    400  every job of a batch was rejected
    ├── Unauthorized         401
    ├── Forbidden            403
    ├── NotFound             404
    ├── Conflict             409
    ├── Gone                 410
    ├── IdempotencyKeyReused 422
    ├── RateLimited          429, with retry_after
    └── ServerError          5xx
        └── Unavailable      502, 503 and 504
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import ValidationError

from reelbatch.models.wire.base import OpenWireModel
from reelbatch.models.wire.batches import BatchCreationResponse
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import JobError


class ReelbatchError(Exception):
    """The base class of all errors of this client."""


class NotConfigured(ReelbatchError):
    """No service is configured, or no token for it."""


class ConnectionFailed(ReelbatchError):
    """The service does not respond, even after several attempts."""


class UnexpectedAnswer(ReelbatchError):
    """The response is not one of a Reelbatch service, or its version is too different."""


class WaitTimedOut(ReelbatchError, TimeoutError):
    """The timeout expired before the batch or job had ended, or the template was ready."""


class TemplateUnusable(ReelbatchError):
    """The service cannot read or draw the template."""


class APIError(ReelbatchError):
    """The service responded with an error.

    Attributes:
        message (str): What is wrong, and what to do about it.
        status (int): The HTTP status.
        error_code (str): A stable code such as `LAYER_NOT_FOUND`; empty if something other than
            Reelbatch responded, such as a proxy.
        details (tuple): The problems, a `FieldError` for each field.
        request_id (str): The id of the request, which is also in the service's log.
        retry_after (float | None): Seconds to wait before the next attempt; None if the service
            does not say.
        content (bytes): The whole body of the response.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        error_code: str = "",
        details: Sequence[FieldError] = (),
        request_id: str = "",
        retry_after: float | None = None,
        content: bytes = b"",
    ) -> None:
        self.message = message
        self.status = status
        self.error_code = error_code
        self.details = tuple(details)
        self.request_id = request_id
        self.retry_after = retry_after
        self.content = content
        super().__init__(message)

    def __str__(self) -> str:
        """The message, and the details that it does not contain; it often begins with the first."""
        has_first = any(detail.message in self.message for detail in self.details[:1])
        details = (f"{each.field}: {each.message}" for each in self.details[int(has_first) :])
        missing = [text for text in details if text not in self.message]
        return "; ".join([self.message.rstrip("."), *missing]) if missing else self.message


class BadRequest(APIError):
    """The request is invalid."""


class BatchRejected(BadRequest):
    """Every job of the batch was rejected.

    Attributes:
        creation (BatchCreationResponse): The whole response.
    """

    def __init__(self, creation: BatchCreationResponse, request_id: str = "") -> None:
        self.creation = creation
        super().__init__(
            creation.error or "Every job was rejected.",
            status=400,
            error_code=creation.error_code or "",
            request_id=request_id,
        )

    @property
    def rejected(self) -> list[JobError]:
        """The rejected jobs, each with its index in the request and its problems."""
        return self.creation.errors or []


class Unauthorized(APIError):
    """The token is unknown, revoked or expired."""


class Forbidden(APIError):
    """The token's scopes do not allow the request."""


class NotFound(APIError):
    """The thing does not exist, or belongs to another team."""


class Conflict(APIError):
    """The state of the thing does not allow the request."""


class Gone(APIError):
    """The thing is no longer stored."""


class IdempotencyKeyReused(APIError):
    """The idempotency key was used before, with a different request."""


class RateLimited(APIError):
    """The token has sent too many requests; `retry_after` is in seconds."""


class ServerError(APIError):
    """The service failed."""


class Unavailable(ServerError):
    """A part of the service does not respond at the moment."""


_CLASSES = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: IdempotencyKeyReused,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


class _Problem(OpenWireModel):
    """The body of an error."""

    error: str
    error_code: str = ""
    details: list[FieldError] = []


def error_of(response: httpx.Response) -> APIError:
    """The error of a response, whose body must have been read already."""
    problem = _Problem(error=f"The response was {response.status_code} {response.reason_phrase}.")
    with suppress(ValidationError):
        problem = _Problem.model_validate_json(response.content)
    status = response.status_code
    kind = _CLASSES.get(status, ServerError if status >= 500 else BadRequest)
    return kind(
        problem.error,
        status=status,
        error_code=problem.error_code,
        details=problem.details,
        request_id=response.headers.get("x-request-id", ""),
        retry_after=retry_after(response),
        content=response.content,
    )


def retry_after(response: httpx.Response) -> float | None:
    """The seconds of a Retry-After header in either form (RFC 9110, 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
