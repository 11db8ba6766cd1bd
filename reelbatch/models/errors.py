"""Everything that can go wrong, with a stable `errorCode`, an HTTP status and the way out.

ReelbatchError                  500 INTERNAL_ERROR
├── RequestError                400 VALIDATION_ERROR
│   ├── InvalidJson             400 INVALID_JSON
│   ├── BatchSizeInvalid        400 BATCH_SIZE_INVALID
│   ├── BodyTooSlow             408 BODY_TOO_SLOW
│   ├── BodyTooLarge            413 BODY_TOO_LARGE
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
│   └── SecretUnknown           400 SECRET_NOT_FOUND
├── Unauthorized                401 UNAUTHORIZED
├── Forbidden                   403 FORBIDDEN
├── NotFound                    404 NOT_FOUND
│   ├── BatchNotFound           404 BATCH_NOT_FOUND
│   ├── JobNotFound             404 JOB_NOT_FOUND
│   ├── TemplateNotFound        404 TEMPLATE_NOT_FOUND
│   ├── FontNotFound            404 FONT_NOT_FOUND
│   ├── SecretNotFound          404 SECRET_NOT_FOUND
│   ├── OutputNotFound          404 OUTPUT_NOT_FOUND
│   ├── LogNotFound             404 LOG_NOT_FOUND
│   └── WebhookNotFound         404 WEBHOOK_NOT_FOUND
├── Conflict                    409 CONFLICT
│   ├── JobNotCancellable       409 JOB_NOT_CANCELLABLE
│   ├── NothingToRetry          409 NOTHING_TO_RETRY
│   ├── SecretAlreadyExists     409 SECRET_ALREADY_EXISTS
│   ├── TemplateInUse           409 TEMPLATE_IN_USE
│   ├── FontInUse               409 FONT_IN_USE
│   └── WebhookNotDue           409 WEBHOOK_NOT_DUE
├── Gone                        410 GONE
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
    ├── SecretUnavailable       500 SECRET_UNAVAILABLE
    ├── UploadFailed            500 UPLOAD_FAILED
    │   └── UploadInterrupted   500 UPLOAD_FAILED (another try may help)
    ├── AssetUnavailable        500 ASSET_UNAVAILABLE (another try may help)
    └── RendererInterrupted     500 RENDERER_INTERRUPTED (another try may help)

RenderError and those below it end a job, not a request. Where another try may help, Temporal tries
again; the others are final.
"""

from collections.abc import Sequence
from typing import ClassVar

from reelbatch.models.wire.errors import FieldError


class ReelbatchError(Exception):
    """Something unexpected went wrong in the service."""

    status: ClassVar[int] = 500
    error_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str = "", *, details: Sequence[FieldError] = ()) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.details = tuple(details)
        super().__init__(self.message)


class RequestError(ReelbatchError):
    """The request has a field that cannot be used."""

    status = 400
    error_code = "VALIDATION_ERROR"


class InvalidJson(RequestError):
    """The body is not JSON; send an object with Content-Type application/json."""

    error_code = "INVALID_JSON"


class BatchSizeInvalid(RequestError):
    """A batch takes 1 to 1000 jobs."""

    error_code = "BATCH_SIZE_INVALID"


class BodyTooSlow(RequestError):
    """The request's body did not arrive in time."""

    status = 408
    error_code = "BODY_TOO_SLOW"


class BodyTooLarge(RequestError):
    """The request's body is larger than this server takes."""

    status = 413
    error_code = "BODY_TOO_LARGE"


class UnsupportedMediaType(RequestError):
    """The body comes in a form that this server does not read."""

    status = 415
    error_code = "UNSUPPORTED_MEDIA_TYPE"


class JobTooLarge(RequestError):
    """This job is larger than this server takes; give large media by URL."""

    error_code = "JOB_TOO_LARGE"


class CompositionNotFound(RequestError):
    """The template has no such composition."""

    error_code = "COMPOSITION_NOT_FOUND"


class LayerNotFound(RequestError):
    """The composition has no such layer."""

    error_code = "LAYER_NOT_FOUND"


class CodecInvalid(RequestError):
    """The codec is unknown or does not go with the output's type."""

    error_code = "CODEC_INVALID"


class FramesInvalid(RequestError):
    """The frames are outside of the composition."""

    error_code = "FRAMES_INVALID"


class PreviewSettingsConflict(RequestError):
    """`preview: true` chooses its own settings; leave `settings` out or set preview to false."""

    error_code = "PREVIEW_SETTINGS_CONFLICT"


class NotSupported(RequestError):
    """The template's engine cannot do this."""

    error_code = "NOT_SUPPORTED"


class TemplateNotReady(RequestError):
    """The template's file is not uploaded or could not be read."""

    error_code = "TEMPLATE_NOT_READY"


class FontInvalid(RequestError):
    """The file is not a TrueType or OpenType font."""

    error_code = "FONT_INVALID"


class SecretUnknown(RequestError):
    """The team has no secret of this name; store it with PUT /secrets first."""

    error_code = "SECRET_NOT_FOUND"


class Unauthorized(ReelbatchError):
    """Send a valid token as `Authorization: Bearer TOKEN`."""

    status = 401
    error_code = "UNAUTHORIZED"


class Forbidden(ReelbatchError):
    """This token or signed URL does not allow that."""

    status = 403
    error_code = "FORBIDDEN"


class NotFound(ReelbatchError):
    """There is nothing at this address."""

    status = 404
    error_code = "NOT_FOUND"


class BatchNotFound(NotFound):
    """There is no batch with this id."""

    error_code = "BATCH_NOT_FOUND"


class JobNotFound(NotFound):
    """There is no job with this id."""

    error_code = "JOB_NOT_FOUND"


class TemplateNotFound(NotFound):
    """There is no template with this id."""

    error_code = "TEMPLATE_NOT_FOUND"


class FontNotFound(NotFound):
    """There is no font with this id."""

    error_code = "FONT_NOT_FOUND"


class SecretNotFound(NotFound):
    """There is no secret with this id."""

    error_code = "SECRET_NOT_FOUND"


class OutputNotFound(NotFound):
    """The output does not exist: its job has not finished, or ended without one."""

    error_code = "OUTPUT_NOT_FOUND"


class LogNotFound(NotFound):
    """There is no log of this job: it is unknown, or no attempt to render it has ended yet."""

    error_code = "LOG_NOT_FOUND"


class WebhookNotFound(NotFound):
    """There is no job or batch with this id, or it has no webhook."""

    error_code = "WEBHOOK_NOT_FOUND"


class Conflict(ReelbatchError):
    """The thing's state does not allow that."""

    status = 409
    error_code = "CONFLICT"


class JobNotCancellable(Conflict):
    """The job has already ended."""

    error_code = "JOB_NOT_CANCELLABLE"


class NothingToRetry(Conflict):
    """No job of the batch has failed or was cancelled."""

    error_code = "NOTHING_TO_RETRY"


class SecretAlreadyExists(Conflict):
    """The team already has a secret of this name; delete that one to replace it."""

    error_code = "SECRET_ALREADY_EXISTS"


class TemplateInUse(Conflict):
    """Jobs that are still active use this template; cancel them or wait for their end."""

    error_code = "TEMPLATE_IN_USE"


class FontInUse(Conflict):
    """Jobs that are still active use this font; cancel them or wait for their end."""

    error_code = "FONT_IN_USE"


class WebhookNotDue(Conflict):
    """The webhook is not due yet, or an earlier delivery of it is still under way."""

    error_code = "WEBHOOK_NOT_DUE"


class Gone(ReelbatchError):
    """The file is no longer there."""

    status = 410
    error_code = "GONE"


class TooManyRequests(ReelbatchError):
    """Too many requests of this token or address; wait as long as Retry-After says."""

    status = 429
    error_code = "TOO_MANY_REQUESTS"

    def __init__(self, message: str = "", *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class IdempotencyKeyReused(ReelbatchError):
    """This Idempotency-Key came before with another body; use a new key for a new request."""

    status = 422
    error_code = "IDEMPOTENCY_KEY_REUSED"


class Unavailable(ReelbatchError):
    """A part of the service does not answer; try again."""

    status = 503
    error_code = "UNAVAILABLE"


class PayloadUndecodable(ReelbatchError):
    """What Temporal keeps of this cannot be decrypted here."""

    status = 503
    error_code = "PAYLOAD_UNDECODABLE"


class SecretsNotConfigured(ReelbatchError):
    """This server keeps no secrets: its operator has to set REELBATCH_SECRETS_KEY."""

    status = 503
    error_code = "SECRETS_NOT_CONFIGURED"


class WebhookUndelivered(ReelbatchError):
    """The webhook's receiver did not take it."""

    error_code = "WEBHOOK_UNDELIVERED"


class RenderError(ReelbatchError):
    """The render failed."""

    error_code = "RENDER_FAILED"
    retryable: ClassVar[bool] = False


class TemplateInvalid(RenderError):
    """The template's file cannot be read."""

    error_code = "TEMPLATE_INVALID"


class LimitExceeded(RenderError):
    """The render needs more than this server allows."""

    error_code = "LIMIT_EXCEEDED"


class RenderTimedOut(RenderError):
    """The render took longer than this server allows."""

    error_code = "RENDER_TIMED_OUT"


class RenderCrashed(RenderError):
    """The renderer crashed on this template; no other job is affected."""

    error_code = "RENDER_CRASHED"


class AssetInvalid(RenderError):
    """An asset cannot be used."""

    error_code = "ASSET_INVALID"


class SegmentsUnusable(RenderError):
    """The segments of the output cannot be joined."""  # the job is rendered whole then

    error_code = "SEGMENTS_UNUSABLE"


class ChildFailed(RenderError):
    """A nested job of this job did not finish."""

    error_code = "CHILD_FAILED"


class SecretUnavailable(RenderError):
    """A secret that the job refers to cannot be read."""

    error_code = "SECRET_UNAVAILABLE"


class UploadFailed(RenderError):
    """The output could not be put into the client's bucket."""

    error_code = "UPLOAD_FAILED"


class UploadInterrupted(UploadFailed):
    """The client's bucket did not answer as it should."""

    retryable = True


class AssetUnavailable(RenderError):
    """An asset could not be fetched."""

    error_code = "ASSET_UNAVAILABLE"
    retryable = True


class RendererInterrupted(RenderError):
    """The render process was killed from outside."""

    error_code = "RENDERER_INTERRUPTED"
    retryable = True
