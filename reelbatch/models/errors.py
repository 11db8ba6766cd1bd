"""All errors, each with a stable `errorCode`, an HTTP status and a message that says what to do.

ReelbatchError                  500 INTERNAL_ERROR
├── RequestError                400 VALIDATION_ERROR
│   ├── InvalidJson             400 INVALID_JSON
│   ├── BatchSizeInvalid        400 BATCH_SIZE_INVALID
│   ├── BodyTooSlow             408 BODY_TOO_SLOW
│   ├── BodyTooLarge            413 BODY_TOO_LARGE
│   ├── QuotaExceeded           413 QUOTA_EXCEEDED
│   ├── UnsupportedMediaType    415 UNSUPPORTED_MEDIA_TYPE
│   ├── JobTooLarge             400 JOB_TOO_LARGE
│   ├── CompositionNotFound     400 COMPOSITION_NOT_FOUND
│   ├── LayerNotFound           400 LAYER_NOT_FOUND
│   ├── CodecInvalid            400 CODEC_INVALID
│   ├── FramesInvalid           400 FRAMES_INVALID
│   ├── PreviewSettingsConflict 400 PREVIEW_SETTINGS_CONFLICT
│   ├── NotSupported            400 NOT_SUPPORTED
│   ├── TemplateNotReady        400 TEMPLATE_NOT_READY
│   ├── FontInvalid             400 FONT_INVALID
│   ├── SecretUnknown           400 SECRET_NOT_FOUND
│   └── UploadUnknown           400 UPLOAD_NOT_FOUND
├── Unauthorized                401 UNAUTHORIZED
├── Forbidden                   403 FORBIDDEN
├── NotFound                    404 NOT_FOUND
│   ├── BatchNotFound           404 BATCH_NOT_FOUND
│   ├── JobNotFound             404 JOB_NOT_FOUND
│   ├── TemplateNotFound        404 TEMPLATE_NOT_FOUND
│   ├── FontNotFound            404 FONT_NOT_FOUND
│   ├── SecretNotFound          404 SECRET_NOT_FOUND
│   ├── TokenNotFound           404 TOKEN_NOT_FOUND
│   ├── OutputNotFound          404 OUTPUT_NOT_FOUND
│   ├── LogNotFound             404 LOG_NOT_FOUND
│   ├── UploadNotFound          404 UPLOAD_NOT_FOUND
│   ├── ScheduleNotFound        404 SCHEDULE_NOT_FOUND
│   └── WebhookNotFound         404 WEBHOOK_NOT_FOUND
├── Conflict                    409 CONFLICT
│   ├── JobNotCancellable       409 JOB_NOT_CANCELLABLE
│   ├── NothingToRetry          409 NOTHING_TO_RETRY
│   ├── SecretAlreadyExists     409 SECRET_ALREADY_EXISTS
│   ├── TemplateInUse           409 TEMPLATE_IN_USE
│   ├── FontInUse               409 FONT_IN_USE
│   ├── ScheduleRunning         409 SCHEDULE_RUNNING
│   └── WebhookNotDue           409 WEBHOOK_NOT_DUE
├── Gone                        410 GONE
├── PreconditionFailed          412 PRECONDITION_FAILED
├── TooManyRequests             429 TOO_MANY_REQUESTS
├── IdempotencyKeyReused        422 IDEMPOTENCY_KEY_REUSED
├── Unavailable                 503 UNAVAILABLE
├── PayloadUndecodable          503 PAYLOAD_UNDECODABLE
├── SecretsNotConfigured        503 SECRETS_NOT_CONFIGURED
├── WebhookUndelivered          500 WEBHOOK_UNDELIVERED
└── RenderError                 500 RENDER_FAILED
    ├── TemplateInvalid         500 TEMPLATE_INVALID
    ├── LimitExceeded           500 LIMIT_EXCEEDED
    ├── RenderTimedOut          500 RENDER_TIMED_OUT
    ├── RenderCrashed           500 RENDER_CRASHED
    ├── AssetInvalid            500 ASSET_INVALID
    ├── SegmentsUnusable        500 SEGMENTS_UNUSABLE
    ├── ChildFailed             500 CHILD_FAILED
    ├── EngineNotServed         500 ENGINE_NOT_SERVED
    ├── SecretUnavailable       500 SECRET_UNAVAILABLE
    ├── UploadFailed            500 UPLOAD_FAILED
    │   └── UploadInterrupted   500 UPLOAD_FAILED (another try may help)
    ├── AssetUnavailable        500 ASSET_UNAVAILABLE (another try may help)
    └── RendererInterrupted     500 RENDERER_INTERRUPTED (another try may help)

RenderError and its subclasses end a job, not a request. If another try may help, Temporal retries
the job; all other errors are final.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from reelbatch.models.wire.errors import FieldError


class ReelbatchError(Exception):
    """Something unexpected went wrong in the service."""

    status: ClassVar[int] = 500
    error_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init_subclass__(cls) -> None:
        """Derive the code of a class in this module from its name, unless it sets one."""
        if cls.__module__ == __name__ and "error_code" not in vars(cls):
            cls.error_code = re.sub(r"\B([A-Z])", r"_\1", cls.__name__).upper()

    def __init__(
        self,
        message: str = "",
        *,
        details: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        """Make the error.

        Args:
            message: What is wrong and what to do about it. By default the docstring of the class.
            details: The problems of single fields.
            retry_after: Seconds until another try may help; None: unknown.
        """
        self.message = message or (type(self).__doc__ or "").strip()
        self.details = tuple(details)
        self.retry_after = retry_after
        super().__init__(self.message)


class RequestError(ReelbatchError):
    """A field of the request is invalid."""

    status = 400
    error_code = "VALIDATION_ERROR"


class InvalidJson(RequestError):
    """The body is not JSON; send an object with Content-Type application/json."""


class BatchSizeInvalid(RequestError):
    """A batch must have 1 to 1000 jobs."""


class BodyTooSlow(RequestError):
    """The request body did not arrive in time."""

    status = 408


class BodyTooLarge(RequestError):
    """The request body is larger than this server accepts."""

    status = 413


class QuotaExceeded(RequestError):
    """The team has used up its storage on this server."""

    status = 413


class UnsupportedMediaType(RequestError):
    """The request body has a media type that this server does not read."""

    status = 415


class JobTooLarge(RequestError):
    """This job is larger than this server accepts; pass large media by URL."""


class CompositionNotFound(RequestError):
    """The template has no such composition."""


class LayerNotFound(RequestError):
    """The composition has no such layer."""


class CodecInvalid(RequestError):
    """The codec is unknown or does not match the type of the output."""


class FramesInvalid(RequestError):
    """The frames are outside the composition."""


class PreviewSettingsConflict(RequestError):
    """`preview: true` chooses its own settings; leave `settings` out or set `preview` to false."""


class NotSupported(RequestError):
    """The template's engine cannot do this."""


class TemplateNotReady(RequestError):
    """The template's file has not been uploaded or could not be read."""


class FontInvalid(RequestError):
    """The file is not a TrueType or OpenType font."""


class SecretUnknown(RequestError):
    """The team has no secret with this name; store it with PUT /secrets first."""

    error_code = "SECRET_NOT_FOUND"


class UploadUnknown(RequestError):
    """The team has no uploaded file with this id; upload it with POST /uploads first."""

    error_code = "UPLOAD_NOT_FOUND"


class Unauthorized(ReelbatchError):
    """Send a valid token as `Authorization: Bearer TOKEN`."""

    status = 401


class Forbidden(ReelbatchError):
    """This token or signed URL does not allow this."""

    status = 403


class NotFound(ReelbatchError):
    """There is nothing at this address."""

    status = 404


class BatchNotFound(NotFound):
    """There is no batch with this id."""


class JobNotFound(NotFound):
    """There is no job with this id."""


class TemplateNotFound(NotFound):
    """There is no template with this id."""


class FontNotFound(NotFound):
    """There is no font with this id."""


class SecretNotFound(NotFound):
    """There is no secret with this id."""


class TokenNotFound(NotFound):
    """The team has no token with this id."""


class OutputNotFound(NotFound):
    """The output does not exist: its job has not finished, or ended without one."""


class LogNotFound(NotFound):
    """This job has no log."""


class UploadNotFound(NotFound):
    """There is no uploaded file with this id."""


class ScheduleNotFound(NotFound):
    """There is no schedule with this id."""


class WebhookNotFound(NotFound):
    """There is no job or batch with this id, or it has no webhook."""


class Conflict(ReelbatchError):
    """The current state does not allow this."""

    status = 409


class JobNotCancellable(Conflict):
    """The job has already ended."""


class NothingToRetry(Conflict):
    """No job of the batch has failed or been cancelled."""


class SecretAlreadyExists(Conflict):
    """The team already has a secret with this name; delete that one to replace it."""


class TemplateInUse(Conflict):
    """Active jobs use this template; cancel them or wait until they have ended."""


class FontInUse(Conflict):
    """Active jobs use this font; cancel them or wait until they have ended."""


class ScheduleRunning(Conflict):
    """The schedule's last run continues until its batches have ended; cancel them or wait."""


class WebhookNotDue(Conflict):
    """The webhook is not due yet, or an earlier delivery is still in progress."""


class Gone(ReelbatchError):
    """The file no longer exists."""

    status = 410


class PreconditionFailed(ReelbatchError):
    """This is not the version that the request's condition names."""

    status = 412


class TooManyRequests(ReelbatchError):
    """Too many requests from this token or address; wait for the time in Retry-After."""

    status = 429


class IdempotencyKeyReused(ReelbatchError):
    """This Idempotency-Key was already used with another body; use a new key for a new request."""

    status = 422


class Unavailable(ReelbatchError):
    """A part of the service does not respond; try again."""

    status = 503


class PayloadUndecodable(ReelbatchError):
    """The data that Temporal has about this cannot be decrypted here."""

    status = 503


class SecretsNotConfigured(ReelbatchError):
    """This server cannot store secrets: whoever runs it must set REELBATCH_SECRETS_KEY."""

    status = 503


class WebhookUndelivered(ReelbatchError):
    """The webhook's receiver did not accept it."""


class RenderError(ReelbatchError):
    """The render failed."""

    error_code = "RENDER_FAILED"
    retryable: ClassVar[bool] = False
    clients_fault: ClassVar[bool] = False  # True: the operator can do nothing about it


class TemplateInvalid(RenderError):
    """The template's file cannot be read."""

    clients_fault = True


class LimitExceeded(RenderError):
    """The render needs more than this server allows."""

    clients_fault = True


class RenderTimedOut(RenderError):
    """The render took longer than this server allows."""


class RenderCrashed(RenderError):
    """The renderer crashed on this template; no other job is affected."""


class AssetInvalid(RenderError):
    """An asset cannot be used."""

    clients_fault = True


class SegmentsUnusable(RenderError):
    """The segments of the output cannot be joined."""  # the job is then rendered as a whole


class ChildFailed(RenderError):
    """One of this job's nested jobs did not finish."""

    clients_fault = True


class EngineNotServed(RenderError):
    """No worker served this job's engine for as long as jobs wait for one."""


class SecretUnavailable(RenderError):
    """A secret that the job refers to cannot be read."""


class UploadFailed(RenderError):
    """The output could not be uploaded to the client's bucket."""

    clients_fault = True


class UploadInterrupted(UploadFailed):
    """The client's bucket did not respond as it should."""

    error_code = UploadFailed.error_code
    retryable = True
    clients_fault = False  # it may be the network


class AssetUnavailable(RenderError):
    """An asset could not be fetched."""

    retryable = True


class RendererInterrupted(RenderError):
    """The render process was killed from outside."""

    retryable = True
