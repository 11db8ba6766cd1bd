"""Render jobs: the requests that clients send and the responses that they get (contract 3)."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.wire.assets import MAX_ASSETS, Asset
from reelbatch.models.wire.base import (
    NOT_BOOLEAN,
    Absent,
    LenientWireModel,
    OpenWireModel,
    RecordModel,
    Timestamp,
    WireModel,
)
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.render_settings import RenderSettings
from reelbatch.models.wire.templates import Renderer
from reelbatch.models.wire.uploads import Upload
from reelbatch.models.wire.warnings import WithWarnings
from reelbatch.models.wire.webhooks import Webhook

TAG_PATTERN = r"^[a-zA-Z0-9_-]{1,64}$"
MAX_TAGS = 20
PRIORITY_RANGE = (-1000, 1000)


class JobStatus(StrEnum):
    """The contract's words for the state of a job."""

    QUEUED = "queued"
    PENDING = "pending"
    RENDERING = "render:dorender"
    FINISHED = "finished"
    ERROR = "error"
    CANCELLED = "manually_cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL


_TERMINAL = frozenset({JobStatus.FINISHED, JobStatus.ERROR, JobStatus.CANCELLED})


class TemplateChoice(OpenWireModel):
    """The template, and its composition, to render."""

    id: str = Field(min_length=1, max_length=128)
    src: str | None = None
    type: str | None = None
    """The type of a template by `src`, if its URL does not show it."""
    composition: str | None = None
    renderer: Renderer | None = None
    """The engine for a Lottie or an After Effects project; None: the template's setting."""
    lossy: bool | None = None
    """Whether to draw a project that will not look as designed; None: the template's setting."""


Tag = Annotated[str, Field(pattern=TAG_PATTERN)]
Priority = Annotated[int, Field(ge=PRIORITY_RANGE[0], le=PRIORITY_RANGE[1]), NOT_BOOLEAN]


def _checked_name(name: str) -> str:
    if not name.isprintable() or not name.strip():
        raise ValueError(
            "must have visible characters, and no line breaks or other control characters"
        )
    return name.strip()


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_checked_name)]
"""A name that people give to a job or a batch."""


class AnyJobCreation(OpenWireModel):
    """The fields of every kind of job: its output's destination, its webhook, its name and tags."""

    name: Name | None = None
    """The name of the output's file, without its extension."""
    upload: Upload | None = None
    webhook: Webhook | None = None
    tags: list[Tag] = Field(default_factory=list[Tag])  # pydantic would deep-copy a default of []
    priority: Priority = 0

    @field_validator("upload", mode="before")
    @classmethod
    def _nothing_is_none(cls, upload: object) -> object:
        return None if upload == {} else upload

    @field_validator("tags", mode="before")
    @classmethod
    def _comma_list(cls, tags: object) -> object:
        if isinstance(tags, str):
            return [tag.strip() for tag in tags.split(",") if tag.strip()]
        return [] if tags is None else tags

    @field_validator("tags")
    @classmethod
    def _tags_are_words(cls, tags: list[Tag]) -> list[str]:
        if len(tags) > MAX_TAGS:
            raise ValueError(f"must have {MAX_TAGS} tags or fewer")
        return list(dict.fromkeys(tags))

    @field_validator("priority", mode="before")
    @classmethod
    def _null_is_usual(cls, priority: object) -> object:
        return 0 if priority is None else priority


class JobCreation(AnyJobCreation):
    """A job in the body of POST /batches, or the body of POST /jobs (contract 3.1)."""

    template: TemplateChoice
    preview: bool = False
    fonts: list[str] = Field(default_factory=list[str])
    assets: list[Asset] = Field(default=[], max_length=MAX_ASSETS)
    settings: RenderSettings | None = None

    @field_validator("fonts", mode="before")
    @classmethod
    def _no_fonts(cls, fonts: object) -> object:
        return [] if fonts is None else fonts

    @field_validator("assets", mode="before")
    @classmethod
    def _no_assets(cls, assets: object) -> object:
        return [] if assets is None else assets

    @field_validator("preview", mode="before")
    @classmethod
    def _null_is_false(cls, preview: object) -> object:
        return False if preview is None else preview


class JobStats(WireModel):
    """The contract's timestamps and figures of a job; a moment that has not come yet is null."""

    created_at: Timestamp
    updated_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    error_at: Timestamp | None = None
    total_assets: int
    render_duration: float | None = None  # seconds
    error: str | None = None


def _minimal_lists_have_no_stats(schema: dict[str, Any]) -> None:
    schema["required"] = [name for name in schema["required"] if name != "stats"]


class Job(WithWarnings):
    """A job as GET /jobs/{id} returns it (contract 3.8)."""

    model_config = ConfigDict(json_schema_extra=_minimal_lists_have_no_stats)

    id: str
    template_id: str | None
    renderer: Absent[Renderer] = None  # the one chosen for an After Effects project
    name: Absent[str] = None
    status: JobStatus
    progress: float  # 0 to 100
    stats: JobStats
    output_url: str | None
    poster_url: Absent[str] = None  # only if the settings of a film ask for a poster
    batch_id: Absent[str] = None
    index: Absent[int] = None
    row: Absent[int] = None  # of its batch; set if each row is rendered in several outputs
    output: Absent[int] = None
    parent_id: Absent[str] = None  # only if it is a nested job
    child_ids: Absent[list[str]] = None  # only if it has nested jobs
    tags: list[str] = []
    priority: int = 0
    error: Absent[str] = None
    error_code: Absent[str] = None


class JobCreationStats(WireModel):
    created_at: Timestamp


class ChildCreated(WithWarnings):
    """An accepted nested job in the response for its parent."""

    id: str
    status: JobStatus
    output_url: str
    poster_url: Absent[str] = None


class JobCreationResponse(WithWarnings):
    """The response to POST /jobs and POST /jobs/join (contract 3.1)."""

    id: str
    status: JobStatus
    output_url: str
    poster_url: Absent[str] = None
    renderer: Absent[Renderer] = None  # the one chosen for an After Effects project
    progress: float = 0.0
    stats: JobCreationStats
    children: Absent[list[ChildCreated]] = None  # in the order of their assets


def _checked_id(candidate: str) -> str:
    if not re.fullmatch(ID_PATTERN, candidate):
        raise ValueError("must be a ULID of 26 characters")
    return candidate


_JobId = Annotated[
    str, AfterValidator(_checked_id), Field(json_schema_extra={"pattern": ID_PATTERN})
]


class JobCancellationRequest(LenientWireModel):
    """The body of POST /jobs/cancel: either all of the listed jobs are cancelled, or none."""

    jobs: list[_JobId] = Field(
        min_length=1, max_length=1000, json_schema_extra={"uniqueItems": True}
    )

    @field_validator("jobs")
    @classmethod
    def _unique(cls, jobs: list[str]) -> list[str]:
        if len(set(jobs)) != len(jobs):
            raise ValueError("must not contain the same id more than once")
        return jobs


class JobError(RecordModel):
    """A rejected job of a batch, with the problem of every field (contract 2.1)."""

    index: int
    row: Absent[int] = None
    output: Absent[int] = None
    line: Absent[int] = None  # the table's line where its row begins
    error: str
    error_code: str
    details: list[FieldError] = []
