"""A client of the API: `Reelbatch` for ordinary code, `AsyncReelbatch` for asyncio.

with Reelbatch() as client:
    batch = client.batches.create(jobs)
    batch.wait()
    batch.download("films")
"""

from reelbatch.client._awaiting import AsyncBatch, AsyncReelbatch, AsyncSubmittedBatch
from reelbatch.client._batches import ResultsForm, RetryChoice
from reelbatch.client._blocking import Batch, Reelbatch, SubmittedBatch
from reelbatch.client._downloads import DownloadedOutput
from reelbatch.client._errors import (
    APIError,
    BadRequest,
    BatchRejected,
    Conflict,
    ConnectionFailed,
    Forbidden,
    Gone,
    IdempotencyKeyReused,
    NotConfigured,
    NotFound,
    RateLimited,
    ReelbatchError,
    ServerError,
    TemplateUnusable,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    WaitTimedOut,
)
from reelbatch.client._events import BatchEnded, BatchEvent, JobChanged, StatsChanged
from reelbatch.client._jobs import JobSort
from reelbatch.client._profiles import Profile, Profiles, read_profiles
from reelbatch.models.batches import (
    BatchCancellationResponse,
    BatchCreationResponse,
    BatchJob,
    BatchListItem,
    BatchResult,
    BatchStats,
    BatchStatus,
    BatchStatusResponse,
)
from reelbatch.models.errors import FieldError
from reelbatch.models.fonts import Font
from reelbatch.models.jobs import Job, JobCreation, JobCreationResponse, JobError, JobStatus
from reelbatch.models.secrets import Secret
from reelbatch.models.templates import Template, TemplateStatus
from reelbatch.models.webhooks import Webhook, WebhookLog

__all__ = [
    "APIError",
    "AsyncBatch",
    "AsyncReelbatch",
    "AsyncSubmittedBatch",
    "BadRequest",
    "Batch",
    "BatchCancellationResponse",
    "BatchCreationResponse",
    "BatchEnded",
    "BatchEvent",
    "BatchJob",
    "BatchListItem",
    "BatchRejected",
    "BatchResult",
    "BatchStats",
    "BatchStatus",
    "BatchStatusResponse",
    "Conflict",
    "ConnectionFailed",
    "DownloadedOutput",
    "FieldError",
    "Font",
    "Forbidden",
    "Gone",
    "IdempotencyKeyReused",
    "Job",
    "JobChanged",
    "JobCreation",
    "JobCreationResponse",
    "JobError",
    "JobSort",
    "JobStatus",
    "NotConfigured",
    "NotFound",
    "Profile",
    "Profiles",
    "RateLimited",
    "Reelbatch",
    "ReelbatchError",
    "ResultsForm",
    "RetryChoice",
    "Secret",
    "ServerError",
    "StatsChanged",
    "SubmittedBatch",
    "Template",
    "TemplateStatus",
    "TemplateUnusable",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "WaitTimedOut",
    "Webhook",
    "WebhookLog",
    "read_profiles",
]
