"""A typed client of the API: `Reelbatch` for ordinary code, `AsyncReelbatch` for asyncio.

```python
from reelbatch.client import Reelbatch

with Reelbatch() as client:
    batch = client.batches.create(jobs)
    batch.wait()
    batch.download("films")
```

Both clients have the same methods with the same arguments. Every method that sends a request can
raise `ConnectionFailed`, `UnexpectedAnswer` and any `APIError`; descriptions only name errors that
have a special meaning for a method.
"""

from reelbatch.client._awaiting import AsyncBatch, AsyncReelbatch, AsyncSubmittedBatch
from reelbatch.client._batches import FileOptions, ResultsForm, RetryChoice
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
from reelbatch.models.wire.batches import (
    BatchCancellationResponse,
    BatchCreationResponse,
    BatchJob,
    BatchListItem,
    BatchOutput,
    BatchResult,
    BatchStats,
    BatchStatus,
    BatchStatusResponse,
    JobCreated,
)
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.fonts import Font
from reelbatch.models.wire.jobs import Job, JobCreation, JobCreationResponse, JobError, JobStatus
from reelbatch.models.wire.schedules import Schedule, ScheduleCreation, ScheduleRun
from reelbatch.models.wire.secrets import Secret
from reelbatch.models.wire.tables import TableColumn, TableFile, TableRow
from reelbatch.models.wire.templates import (
    Template,
    TemplateField,
    TemplateLayer,
    TemplateStatus,
)
from reelbatch.models.wire.uploaded_files import UploadedFile
from reelbatch.models.wire.warnings import RenderWarning, WarningCode
from reelbatch.models.wire.webhooks import Webhook, WebhookLog

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
    "BatchOutput",
    "BatchRejected",
    "BatchResult",
    "BatchStats",
    "BatchStatus",
    "BatchStatusResponse",
    "Conflict",
    "ConnectionFailed",
    "DownloadedOutput",
    "FieldError",
    "FileOptions",
    "Font",
    "Forbidden",
    "Gone",
    "IdempotencyKeyReused",
    "Job",
    "JobChanged",
    "JobCreated",
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
    "RenderWarning",
    "ResultsForm",
    "RetryChoice",
    "Schedule",
    "ScheduleCreation",
    "ScheduleRun",
    "Secret",
    "ServerError",
    "StatsChanged",
    "SubmittedBatch",
    "TableColumn",
    "TableFile",
    "TableRow",
    "Template",
    "TemplateField",
    "TemplateLayer",
    "TemplateStatus",
    "TemplateUnusable",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "UploadedFile",
    "WaitTimedOut",
    "WarningCode",
    "Webhook",
    "WebhookLog",
    "read_profiles",
]
