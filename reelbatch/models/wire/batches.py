"""Batches: the requests that clients send and the responses that they get (contract 2)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, computed_field

from reelbatch.models.wire.base import (
    NOT_BOOLEAN,
    Absent,
    ListOrAbsent,
    OpenWireModel,
    RecordModel,
    Timestamp,
    WireModel,
    unnamed_enum,
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
from reelbatch.models.wire.warnings import RenderWarning, WithWarnings
from reelbatch.models.wire.webhooks import Webhook


class BatchStatus(StrEnum):
    PROCESSING = "processing"
    FINISHED = "finished"
    ERROR = "error"


class BatchStats(RecordModel):
    """Counts of a batch's accepted jobs; `total` is always `finished + error + pending`."""

    total: int = 0
    finished: int = 0
    error: int = 0  # failed and cancelled jobs
    pending: int = 0  # queued or rendering
    cancelled: int = 0  # the part of `error` that was cancelled
    as_of: Absent[Timestamp] = None
    """Set if the batch's workflow does not respond: when these counts were made without it."""

    @property
    def failed(self) -> int:
        """The jobs that failed: `error` without the cancelled ones."""
        return self.error - self.cancelled

    @property
    def status(self) -> BatchStatus:
        if self.pending:
            return BatchStatus.PROCESSING
        return BatchStatus.FINISHED if self.finished else BatchStatus.ERROR


MAX_OUTPUTS = 20


class BatchOutput(WireModel):
    """An output in which each job of a batch is rendered; it overrides the job's own fields."""

    composition: str | None = Field(default=None, min_length=1)
    settings: RenderSettings | None = None
    name: Name | None = None
    """The suffix of its jobs' names."""


class BatchOptions(OpenWireModel):
    """The fields that the body of POST /batches may have in addition to `jobs`."""

    defaults: dict[str, JsonValue] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000), NOT_BOOLEAN] | None = None
    priority: Priority | None = None
    webhook: Webhook | None = None
    name: Name | None = None
    outputs: Annotated[list[BatchOutput], Field(min_length=1, max_length=MAX_OUTPUTS)] | None = None


class JobCreated(WithWarnings):
    """An accepted job in the response to POST /batches."""

    index: int
    row: Absent[int] = None  # counted from 0; set if each row is rendered in several outputs
    output: Absent[int] = None  # the position of its output in `outputs`
    id: str
    name: Absent[str] = None
    status: JobStatus
    output_url: str
    poster_url: Absent[str] = None
    renderer: Absent[Renderer] = None  # the one chosen for an After Effects project
    children: Absent[list[ChildCreated]] = None  # in the order of their assets


class BatchCreationResponse(WireModel):
    """The response to POST /batches; `error` is present only if no job was accepted.

    `details` describe a body that is not a batch; no batch with this `batch_id` exists then.
    """

    batch_id: str
    retry_of: Absent[str] = None  # the batch whose jobs are rendered again
    status: Literal["created", "partial", "error"]
    total_jobs: int
    total_rows: Absent[int] = None  # of the table, of which the batch may be only a part
    first_row: Absent[int] = None  # the table's row with which a later part of it begins
    outputs: Absent[int] = None  # the number of outputs in which each row is rendered
    success_count: int
    jobs: list[JobCreated]
    errors: Absent[list[JobError]] = None
    warnings: ListOrAbsent[RenderWarning] = []  # about a table as a whole
    columns: ListOrAbsent[TableColumn] = []  # of a table, in a dry run
    rows: ListOrAbsent[TableRow] = []  # the first rows, in a dry run
    files: ListOrAbsent[TableFile] = []  # named by cells, and without a `src` in the request
    error: Absent[str] = None
    error_code: Absent[str] = None
    details: Absent[list[FieldError]] = None


class BatchJob(WithWarnings):
    """A job in the response to GET /batches/{id}; `stats` is present only once it has ended."""

    index: int
    row: Absent[int] = None
    output: Absent[int] = None
    id: str
    name: Absent[str] = None
    status: JobStatus
    output_url: str
    poster_url: Absent[str] = None
    renderer: Absent[Renderer] = None  # the one chosen for an After Effects project
    stats: Absent[JobStats] = None
    error: Absent[str] = None
    error_code: Absent[str] = None


class BatchStatusResponse(WireModel):
    """The response to GET /batches/{id} (contract 2.2)."""

    batch_id: str
    name: Absent[str] = None
    status: Annotated[BatchStatus, unnamed_enum(*BatchStatus)]
    created_at: Timestamp
    stats: BatchStats
    jobs: list[BatchJob]
    errors: Absent[list[JobError]] = None


class BatchResult(WireModel):
    """A job in the response to GET /batches/{id}/results; a value that it does not have is null."""

    index: int
    id: str | None = None  # null for a rejected job
    status: Annotated[JobStatus | Literal["rejected"], unnamed_enum(*JobStatus, "rejected")]
    name: str | None = None
    output_url: str | None = None  # only if it has finished
    error: str | None = None
    error_code: str | None = None
    tags: list[str] = []
    render_duration: float | None = None  # seconds
    size: int | None = None  # bytes
    width: int | None = None  # pixels
    height: int | None = None
    frames: int | None = None
    reused_from: str | None = None  # the id of the equal job that rendered it
    missing_fonts: list[str] = []
    missing_glyphs: list[str] = []
    warnings: list[RenderWarning] = []
    poster_url: Absent[str] = None  # only if it has finished
    row: Absent[int] = None
    output: Absent[int] = None
    cells: Absent[dict[str, str]] = None  # of the table's row, by column name


class BatchShare(WireModel):
    """A link to a gallery of a batch's outputs."""

    url: str
    expires_at: Timestamp


class JobCancellation(WireModel):
    """The effect of a cancellation on one job."""

    index: int
    id: str
    result: Literal["cancelled", "skipped"]
    status: JobStatus
    reason: Absent[str] = None


class BatchCancellationResponse(WireModel):
    """The response to POST /batches/{id}/cancel (contract 2.3)."""

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
    submission: Absent[str] = None  # for a later part of a table: the batch of its first part
    first_row: Absent[int] = None  # the table's row with which a later part of it begins
    schedule: Absent[str] = None  # the id of the schedule that created it
    outputs: Absent[int] = None  # the number of outputs in which each row is rendered
    status: Annotated[BatchStatus, unnamed_enum(*BatchStatus)]
    created_at: Timestamp
    stats: BatchStats
    rejected: Absent[int] = None  # jobs of the request that were not accepted


class BatchList(WireModel):
    """The response to GET /batches, newest first; pass `nextCursor` as `cursor` for more."""

    batches: list[BatchListItem]
    next_cursor: Absent[str] = None
