"""A batch: what a client sends and what the client reads back (contract 2)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, computed_field

from reelbatch.models.wire.base import (
    NOT_BOOLEAN,
    Absent,
    AnyOf,
    OpenWireModel,
    RecordModel,
    Timestamp,
    WireModel,
    words,
)
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import (
    ChildCreated,
    Job,
    JobError,
    JobStats,
    JobStatus,
    Name,
    Priority,
)
from reelbatch.models.wire.render_settings import RenderSettings
from reelbatch.models.wire.tables import TableColumn, TableFile, TableRow
from reelbatch.models.wire.templates import Renderer
from reelbatch.models.wire.warnings import RenderWarning, Warned
from reelbatch.models.wire.webhooks import Webhook


class BatchStatus(StrEnum):
    PROCESSING = "processing"
    FINISHED = "finished"
    ERROR = "error"


class BatchStats(RecordModel):
    """Counts of a batch's accepted jobs: total = finished + error + pending, always."""

    total: int = 0
    finished: int = 0
    error: int = 0  # failed and cancelled jobs
    pending: int = 0  # queued or rendering
    cancelled: int = 0  # those of `error` that were cancelled
    as_of: Absent[Timestamp] = None
    """Where the batch does not answer at this time: these counts are what is known without it."""

    @property
    def failed(self) -> int:
        """Those that nobody cancelled."""
        return self.error - self.cancelled

    @property
    def status(self) -> BatchStatus:
        if self.pending:
            return BatchStatus.PROCESSING
        return BatchStatus.FINISHED if self.finished else BatchStatus.ERROR


MOST_OUTPUTS = 20


class BatchOutput(WireModel):
    """A form that each job of a batch is rendered in; it wins over what the job says."""

    composition: str | None = Field(default=None, min_length=1)
    settings: RenderSettings | None = None
    name: Name | None = None
    """What the names of its jobs end in."""


class BatchOptions(OpenWireModel):
    """What the body of POST /batches may say besides `jobs`."""

    defaults: dict[str, JsonValue] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000), NOT_BOOLEAN] | None = None
    priority: Priority | None = None
    webhook: Webhook | None = None
    name: Name | None = None
    outputs: Annotated[list[BatchOutput], Field(min_length=1, max_length=MOST_OUTPUTS)] | None = (
        None
    )


class JobCreated(Warned):
    """An accepted job in the answer of POST /batches."""

    index: int
    row: Absent[int] = None  # where each row is rendered in several outputs; from 0
    output: Absent[int] = None  # the place of its own in `outputs`
    id: str
    name: Absent[str] = None
    status: JobStatus
    output_url: str
    poster_url: Absent[str] = None
    renderer: Absent[Renderer] = None  # that was chosen for an After Effects project
    children: Absent[list[ChildCreated]] = None  # in the order of their assets


class BatchCreationResponse(WireModel):
    """The answer of POST /batches; `error` stands there only if no job was accepted.

    `details` are those of a body that is no batch: then there is nothing under `batch_id`.
    """

    batch_id: str
    retry_of: Absent[str] = None  # the batch whose jobs are rendered again
    status: Literal["created", "partial", "error"]
    total_jobs: int
    total_rows: Absent[int] = None  # of a table, of which the batch may be a part
    first_row: Absent[int] = None  # of the table, of a later part of it
    outputs: Absent[int] = None  # that each row is rendered in
    success_count: int
    jobs: list[JobCreated]
    errors: Absent[list[JobError]] = None
    warnings: AnyOf[RenderWarning] = []  # of a table as a whole
    columns: AnyOf[TableColumn] = []  # of a table, in a dry run
    rows: AnyOf[TableRow] = []  # the first ones
    files: AnyOf[TableFile] = []  # that its cells name, and that the request has no `src` of
    error: Absent[str] = None
    error_code: Absent[str] = None
    details: Absent[list[FieldError]] = None


class BatchJob(Warned):
    """A job in the answer of GET /batches/{id}; `stats` only once it has ended."""

    index: int
    row: Absent[int] = None
    output: Absent[int] = None
    id: str
    name: Absent[str] = None
    status: JobStatus
    output_url: str
    poster_url: Absent[str] = None
    renderer: Absent[Renderer] = None  # that was chosen for an After Effects project
    stats: Absent[JobStats] = None
    error: Absent[str] = None
    error_code: Absent[str] = None


class BatchStatusResponse(WireModel):
    """The answer of GET /batches/{id} (contract 2.2)."""

    batch_id: str
    name: Absent[str] = None
    status: Annotated[BatchStatus, words(*BatchStatus)]
    created_at: Timestamp
    stats: BatchStats
    jobs: list[BatchJob]
    errors: Absent[list[JobError]] = None


class BatchResult(WireModel):
    """A job in the answer of GET /batches/{id}/results; null is what it does not have."""

    index: int
    id: str | None = None  # null for a rejected job
    status: Annotated[JobStatus | Literal["rejected"], words(*JobStatus, "rejected")]
    name: str | None = None
    output_url: str | None = None  # only of a finished job
    error: str | None = None
    error_code: str | None = None
    tags: list[str] = []
    render_duration: float | None = None  # seconds
    size: int | None = None  # bytes
    width: int | None = None  # pixels
    height: int | None = None
    frames: int | None = None
    reused_from: str | None = None  # the equal job that rendered it
    missing_fonts: list[str] = []
    missing_glyphs: list[str] = []
    warnings: list[RenderWarning] = []
    poster_url: Absent[str] = None  # only of a finished job
    row: Absent[int] = None
    output: Absent[int] = None
    cells: Absent[dict[str, str]] = None  # of a table's row, by the names of their columns


class BatchShare(WireModel):
    """A link to a gallery of a batch's outputs."""

    url: str
    expires_at: Timestamp


class JobCancellation(WireModel):
    """What a cancellation did to one job."""

    index: int
    id: str
    result: Literal["cancelled", "skipped"]
    status: JobStatus
    reason: Absent[str] = None


class BatchCancellationResponse(WireModel):
    """The answer of POST /batches/{id}/cancel (contract 2.3)."""

    batch_id: str
    total_jobs: int
    jobs: list[JobCancellation]
    cancelled_jobs: list[Job]

    @computed_field(alias="cancelledCount")
    @property
    def cancelled_count(self) -> int:
        return sum(job.result == "cancelled" for job in self.jobs)

    @computed_field(alias="skippedCount")
    @property
    def skipped_count(self) -> int:
        return len(self.jobs) - self.cancelled_count

    @computed_field
    @property
    def status(self) -> Literal["cancelled", "partial", "unchanged"]:
        if self.cancelled_count == 0:
            return "unchanged"
        return "partial" if self.skipped_count else "cancelled"


class BatchListItem(WireModel):
    """A batch in the list of GET /batches."""

    batch_id: str
    name: Absent[str] = None
    submission: Absent[str] = None  # the first batch of the same table, of a later part of it
    first_row: Absent[int] = None  # of the table, of a later part of it
    schedule: Absent[str] = None  # the id of the schedule that made it
    outputs: Absent[int] = None  # that each row is rendered in
    status: Annotated[BatchStatus, words(*BatchStatus)]
    created_at: Timestamp
    stats: BatchStats
    rejected: Absent[int] = None  # jobs of the request that were not accepted


class BatchList(WireModel):
    """The answer of GET /batches: newest first; pass `nextCursor` as `cursor` for more."""

    batches: list[BatchListItem]
    next_cursor: Absent[str] = None
