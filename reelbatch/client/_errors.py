"""The errors of the client.

ReelbatchError
├── NotConfigured            no service is named, or no token for it
├── ConnectionFailed         nobody answers, also after several tries
├── UnexpectedAnswer         what came is no answer of a Reelbatch service
├── WaitTimedOut             the time was over before the end (a TimeoutError too)
├── TemplateUnusable         the service cannot use an uploaded template
└── APIError                 the service refused: status, error_code, details, request_id
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
    """Any error of this client."""


class NotConfigured(ReelbatchError):
    """No service is named, or no token for it."""


class ConnectionFailed(ReelbatchError):
    """The service does not answer."""


class UnexpectedAnswer(ReelbatchError):
    """What came is no answer of a Reelbatch service, or of a version that is too different."""


class WaitTimedOut(ReelbatchError, TimeoutError):
    """The time was over before the batch, job or template had come to its end."""


class TemplateUnusable(ReelbatchError):
    """The service cannot use the template."""


class APIError(ReelbatchError):
    """The service answered with an error; `message` names the way out."""

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
        self.error_code = error_code  # stable, such as LAYER_NOT_FOUND; empty if another answered
        self.details = tuple(details)
        self.request_id = request_id  # also in the service's log
        self.retry_after = retry_after  # seconds
        self.content = content  # the whole body of the answer
        super().__init__(message)

    def __str__(self) -> str:
        """The message, and those of the details that it does not say; it begins with the first."""
        said = self.details[:1] if any(d.message in self.message for d in self.details[:1]) else ()
        details = (f"{detail.field}: {detail.message}" for detail in self.details[len(said) :])
        unsaid = [text for text in details if text not in self.message]
        return "; ".join([self.message.rstrip("."), *unsaid]) if unsaid else self.message


class BadRequest(APIError):
    """The request has something that cannot be used."""


class BatchRejected(BadRequest):
    """Every job of the batch was rejected; `creation` is the whole answer."""

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
        """The jobs, each with its index in the request and its problems."""
        return self.creation.errors or []


class Unauthorized(APIError):
    """The token is unknown, revoked or over."""


class Forbidden(APIError):
    """The token's scopes do not allow that."""


class NotFound(APIError):
    """There is no such thing, or it is another team's."""


class Conflict(APIError):
    """The thing's state does not allow that."""


class Gone(APIError):
    """It is no longer kept."""


class IdempotencyKeyReused(APIError):
    """The key came before with another request."""


class RateLimited(APIError):
    """The token has sent too many requests; `retry_after` is in seconds."""


class ServerError(APIError):
    """The service failed."""


class Unavailable(ServerError):
    """A part of the service does not answer now."""


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
    """The error that an answer stands for. Its body has to be read already."""
    problem = _Problem(error=f"The answer was {response.status_code} {response.reason_phrase}.")
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
    """Seconds, from either form of the header (RFC 9110, 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
