"""A render job: what a client asks for and what the client reads back (contract 3)."""

import math
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from reelbatch.models.assets import Asset, NestedJob
from reelbatch.models.codecs import DEFAULT_CODEC, PREVIEW_CODEC, OutputType, find_codec
from reelbatch.models.errors import FieldError
from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.render_settings import RenderSettings
from reelbatch.models.splits import Split
from reelbatch.models.uploads import Upload
from reelbatch.models.webhooks import PendingWebhook, Webhook
from reelbatch.models.wire import Absent, OpenWireModel, RecordModel, Timestamp, WireModel

TAG_PATTERN = r"^[a-zA-Z0-9_-]{1,64}$"
MAX_TAGS = 20
PRIORITY_RANGE = (-1000, 1000)


class JobStatus(StrEnum):
    """The contract's words for where a job is."""

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
    """Which template and which of its compositions to render."""

    id: str = Field(min_length=1, max_length=128)
    src: str | None = None
    type: str | None = None
    """Of a `src` whose URL does not tell; the type of one of the team's templates is known."""
    composition: str | None = None


class TemplateUrl(WireModel):
    """A template that the worker fetches: nobody has looked into it yet."""

    url: str  # with references to secrets
    font_names: list[str] = []  # that the job lists


Tag = Annotated[str, Field(pattern=TAG_PATTERN)]
Priority = Annotated[int, Field(ge=PRIORITY_RANGE[0], le=PRIORITY_RANGE[1])]


class AnyJobCreation(OpenWireModel):
    """What every kind of job takes: where its output goes, whom to tell, and how it is found."""

    upload: Upload | None = None
    webhook: Webhook | None = None
    tags: list[Tag] = []
    priority: Priority = 0

    @field_validator("tags", mode="before", json_schema_input_type=list[Tag] | str | None)
    @classmethod
    def _comma_list(cls, tags: object) -> object:
        if isinstance(tags, str):
            return [tag.strip() for tag in tags.split(",") if tag.strip()]
        return [] if tags is None else tags

    @field_validator("tags")
    @classmethod
    def _tags_are_words(cls, tags: list[Tag]) -> list[str]:
        if len(tags) > MAX_TAGS:
            raise ValueError(f"a job takes at most {MAX_TAGS} tags")
        return list(dict.fromkeys(tags))

    @field_validator("priority", mode="before", json_schema_input_type=Priority | None)
    @classmethod
    def _null_is_usual(cls, priority: object) -> object:
        return 0 if priority is None else priority


class JobCreation(AnyJobCreation):
    """One job of POST /batches or the body of POST /jobs (contract 3.1)."""

    template: TemplateChoice
    preview: bool = False
    fonts: list[str] = []
    assets: list[Asset] = []
    settings: RenderSettings | None = None

    @field_validator("fonts", mode="before", json_schema_input_type=list[str] | None)
    @classmethod
    def _no_fonts(cls, fonts: object) -> object:
        return [] if fonts is None else fonts

    @field_validator("assets", mode="before", json_schema_input_type=list[Asset] | None)
    @classmethod
    def _no_assets(cls, assets: object) -> object:
        return [] if assets is None else assets

    @field_validator("preview", mode="before", json_schema_input_type=bool | None)
    @classmethod
    def _null_is_false(cls, preview: object) -> object:
        return False if preview is None else preview


class Output(WireModel):
    """The output that a job's settings ask for, with every default filled in."""

    output_type: OutputType
    codec: str  # the prefixed spelling
    first_frame: int = 0
    end_frame: int | None = None  # exclusive; None is the composition's end
    draft: bool = False

    @property
    def extension(self) -> str:
        codec = find_codec(self.codec)
        assert codec is not None
        return codec.extension


class OutputExtent(WireModel):
    """How much an output is going to be, as its template and its settings tell."""

    width: int  # pixels
    height: int  # pixels
    frames: int


class RenderJob(WireModel):
    """All that a worker needs to render one job: the input of RenderJobWorkflow and `render`."""

    team: str
    id: str
    index: int | None  # position in the request; None for a single job
    batch_id: str | None
    engine: str
    template_id: str | None  # None for a join, which has no template: the texts are empty there
    template_name: str
    template_type: str
    # Object key of exactly the version that was checked at submission, or else the URL.
    template_source: str | None = None
    template_url: Absent[TemplateUrl] = None
    composition: str  # empty: the first one of a template by URL
    assets: list[Asset]
    children: Absent[list["ChildJob"]] = None  # the nested jobs among the assets, in their order
    parent_id: Absent[str] = None  # of a nested job
    fonts: list[str] = []  # object keys of the team's fonts that this job needs
    font_ids: list[str] = []  # of the same fonts
    missing_fonts: list[str] = []
    output: Output
    output_key: str  # object key
    extent: Absent[OutputExtent] = None  # unknown of a join, and where the template is a URL
    split: Absent[Split] = None  # of an output that takes long
    tags: list[str] = []
    priority: int = 0
    webhook: Absent[PendingWebhook] = None
    upload: Absent[Upload] = None
    created_at: Timestamp

    @property
    def file_name(self) -> str:
        return f"{self.id}.{self.output.extension}"

    @property
    def bucket_url(self) -> str | None:
        """Of an output that goes into the client's own bucket."""
        return self.upload.url_of(self.file_name) if self.upload else None

    @property
    def title(self) -> str:
        """What it renders, for people."""
        if self.template_id is None:
            return "1 clip" if len(self.assets) == 1 else f"{len(self.assets)} clips joined"
        return " · ".join(part for part in (self.template_name[:60], self.composition[:60]) if part)

    @property
    def template_ids(self) -> list[str]:
        """The templates that must stay, also its nested jobs'. Beside a URL an id is a label."""
        jobs = [job for job in self._with_nested_jobs if job.template_url is None]
        return list(dict.fromkeys(job.template_id for job in jobs if job.template_id))

    @property
    def team_font_ids(self) -> list[str]:
        """The fonts that must stay: its own and its nested jobs'."""
        return list(dict.fromkeys(id_ for job in self._with_nested_jobs for id_ in job.font_ids))

    @property
    def _with_nested_jobs(self) -> "list[RenderJob]":
        return [self, *(child.job for child in self.children or ())]

    @property
    def summary(self) -> "JobSummary":
        return JobSummary(
            index=self.index,
            template_id=self.template_id,
            parent_id=self.parent_id,
            child_ids=[child.job.id for child in self.children] if self.children else None,
            extension=self.output.extension,
            total_assets=len(self.assets),
            tags=self.tags,
            priority=self.priority,
            missing_fonts=self.missing_fonts,
            bucket_url=self.bucket_url,
            created_at=self.created_at,
        )


class ChildJob(WireModel):
    """A nested job, and the place of its output in its parent."""

    position: int  # of its asset among the parent's assets
    layer_name: str
    job: RenderJob

    @property
    def output(self) -> "ChildOutput":
        return ChildOutput(position=self.position, id=self.job.id, output_key=self.job.output_key)


class ChildOutput(WireModel):
    """What a finished nested job hands on to its parent's render."""

    position: int  # of its asset among the parent's assets
    id: str
    output_key: str  # object key


class RenderTask(RenderJob):
    """The input of `render`: a job without its nested jobs, and what those have rendered.

    One input and not two: Temporal leaves the types of arguments out of account where some of them
    are missing, as a second one would be in histories of earlier versions.
    """

    outputs: list[ChildOutput] = []

    @classmethod
    def of(cls, job: RenderJob, outputs: Sequence[ChildOutput]) -> "RenderTask":
        only_here = {"children": None, "split": None}
        return cls.model_validate({**dict(job), **only_here, "outputs": list(outputs)})


class JobSummary(RecordModel):
    """What an answer about a job needs besides its state: it never changes.

    A batch's snapshot holds one a job, and a job's workflow carries it as its memo.
    """

    index: int | None
    template_id: str | None
    parent_id: Absent[str] = None
    child_ids: Absent[list[str]] = None
    extension: str
    total_assets: int
    tags: list[str] = []
    priority: int = 0
    missing_fonts: list[str] = []
    bucket_url: Absent[str] = None  # of an output that goes into the client's own bucket
    created_at: Timestamp


class RenderResult(RecordModel):
    """What a finished render left behind: the result of RenderJobWorkflow and `render`."""

    output_key: str
    media_type: str
    size: int  # bytes
    width: int
    height: int
    frames: int
    render_duration: float  # seconds in the engine
    reused_from: Absent[str] = None  # the id of the equal job whose render this is
    started_at: Timestamp
    finished_at: Timestamp

    @field_validator("render_duration")
    @classmethod
    def _finite(cls, seconds: float) -> float:
        return seconds if math.isfinite(seconds) else 0.0


class JobFailure(RecordModel):
    """Why a job ended in `error`."""

    error: str
    error_code: str


class JobStats(WireModel):
    """The contract's account of a job's life; a moment that has not come is null."""

    created_at: Timestamp
    updated_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    error_at: Timestamp | None = None
    total_assets: int
    render_duration: float | None = None  # seconds
    error: str | None = None


class Job(WireModel):
    """A job as GET /jobs/{id} answers it (contract 3.8)."""

    id: str
    template_id: str | None
    status: JobStatus
    progress: float  # 0 to 100
    stats: JobStats
    output_url: str | None
    batch_id: Absent[str] = None
    index: Absent[int] = None
    parent_id: Absent[str] = None  # of a nested job
    child_ids: Absent[list[str]] = None  # of a job with nested jobs
    tags: list[str] = []
    priority: int = 0
    missing_fonts: Absent[list[str]] = None
    error: Absent[str] = None
    error_code: Absent[str] = None


class JobCreationStats(WireModel):
    created_at: Timestamp


class ChildCreated(WireModel):
    """An accepted nested job in the answer about its parent."""

    id: str
    status: JobStatus
    output_url: str
    missing_fonts: Absent[list[str]] = None


class JobCreationResponse(WireModel):
    """The answer of POST /jobs and POST /jobs/join (contract 3.1)."""

    id: str
    status: JobStatus
    output_url: str
    progress: float = 0.0
    stats: JobCreationStats
    missing_fonts: Absent[list[str]] = None
    children: Absent[list[ChildCreated]] = None  # in the order of their assets


class JobCancellationRequest(WireModel):
    """The body of POST /jobs/cancel: all of the named jobs are cancelled, or none."""

    jobs: list[Annotated[str, Field(json_schema_extra={"pattern": ID_PATTERN})]] = Field(
        min_length=1, max_length=1000, json_schema_extra={"uniqueItems": True}
    )

    @model_validator(mode="after")
    def _unique(self) -> "JobCancellationRequest":
        if len(set(self.jobs)) != len(self.jobs):
            raise ValueError("jobs holds the same id more than once")
        return self


def nested_jobs(assets: Sequence[object], priority: int) -> list[tuple[int, JobCreation]]:
    """The jobs among a job's assets, each as a job of its own beside its asset's position.

    They have their parent's priority; webhook, upload and tags are the parent's alone.
    """
    return [
        (
            position,
            JobCreation(
                template=TemplateChoice(
                    id=asset.template.id, composition=asset.template.composition
                ),
                preview=asset.preview,
                assets=[*asset.assets],
                settings=asset.settings,
                priority=priority,
            ),
        )
        for position, asset in enumerate(assets)
        if isinstance(asset, NestedJob)
    ]


def output_of(job: JobCreation) -> Output:
    """Fill in the defaults of a checked job's settings.

    Raises ValueError where `settings.codec` is unknown: callers check it before.
    """
    settings = job.settings or RenderSettings()
    output_type: OutputType = "image" if settings.type == "image" else "video"
    names = PREVIEW_CODEC if job.preview else DEFAULT_CODEC
    codec = find_codec(settings.codec or names[output_type])
    if codec is None:
        raise ValueError(f"unknown codec {settings.codec}")
    frames = settings.frames
    first, end = (frames[0], frames[1]) if isinstance(frames, list) else (frames or 0, None)
    if output_type == "image":
        end = first + 1
    elif isinstance(frames, int):
        end = frames + 1
    return Output(
        output_type=output_type,
        codec=codec.name,
        first_frame=first,
        end_frame=end,
        draft=job.preview or settings.quality == "draft",
    )


def failed_at(moment: datetime | None, status: JobStatus) -> datetime | None:
    """`errorAt` is the end of a job that did not finish well."""
    return moment if status in (JobStatus.ERROR, JobStatus.CANCELLED) else None


class JobError(RecordModel):
    """A rejected job of a batch (contract 2.1), with every field's problem named."""

    index: int
    error: str
    error_code: str
    details: list[FieldError] = []
