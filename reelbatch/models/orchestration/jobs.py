"""A job: what its workflow and its render are given, and what they leave behind."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import field_validator

from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.wire.assets import Asset, MediaAsset, ScriptAsset, StaticAsset
from reelbatch.models.wire.base import Absent, AnyOf, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.codecs import POSTER_CODEC, OutputType, codec_named
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.models.wire.templates import Renderer
from reelbatch.models.wire.uploaded_files import upload_id_in
from reelbatch.models.wire.uploads import Upload
from reelbatch.models.wire.warnings import (
    RenderWarning,
    Shortcomings,
    WarningCode,
    bounded,
    shortcomings,
)


class TemplateUrl(WireModel):
    """A template that the worker fetches: nobody has looked into it yet."""

    url: str  # with references to secrets
    font_names: list[str] = []  # that the job lists
    lossy: bool = False  # whether a project is drawn though it will not look as designed
    claims: Absent[dict[str, str]] = None  # by files of an archive, the engines whose it is then


class Output(WireModel):
    """The output that a job's settings ask for, with every default filled in."""

    output_type: OutputType
    codec: str  # the prefixed spelling
    first_frame: int = 0
    end_frame: int | None = None  # exclusive; None is the composition's end
    draft: bool = False
    poster: Absent[bool | float] = None
    """Of a film: the moment of the still beside it, in seconds of the film. True: its middle."""

    @property
    def extension(self) -> str:
        return codec_named(self.codec).extension

    @property
    def media_type(self) -> str:
        return codec_named(self.codec).media_type


@dataclass(frozen=True, kw_only=True)
class JobFile:
    """A file that a job makes."""

    name: str  # in the client's own bucket
    key: str  # object key
    media_type: str


class OutputExtent(WireModel):
    """How much an output is going to be, as its template and its settings tell."""

    width: int  # pixels
    height: int  # pixels
    frames: int


class Split(WireModel):
    """An output whose frames may be rendered in segments, on several processes at a time."""

    first_frame: int  # of the composition
    frames: int  # of the output
    frame_rate: float  # frames a second
    most: int  # segments: with more of them, their beginnings would cost more than they save


class RenderJob(WireModel):
    """All that a worker needs to render one job: the input of RenderJobWorkflow and `render`."""

    team: str
    id: str
    index: int | None  # position in the request; None for a single job
    batch_id: str | None
    row: Absent[int] = None  # of the request, where each is rendered in several outputs
    row_output: Absent[int] = None  # the place of this one among them
    engine: str
    renderer: Absent[Renderer] = None  # of an After Effects project: what was chosen for it
    unserved_timeout: Absent[float] = None
    """Seconds that it waits while no worker serves its engine; None: for ever."""
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
    font_faces: list[FontFace] = []  # of the same fonts
    missing_fonts: list[str] = []
    missing_glyphs: AnyOf[str] = []  # characters
    warnings: AnyOf[RenderWarning] = []  # of the template
    output: Output
    output_key: str  # object key
    extent: Absent[OutputExtent] = None  # unknown of a join, and where the template is a URL
    split: Absent[Split] = None  # of an output that takes long
    small: Absent[bool] = None  # whether it is rendered in less time than a queue costs
    name: Absent[str] = None  # what people call it
    tags: list[str] = []
    priority: int = 0
    preview: Absent[bool] = None  # whether it only shows what another job will be
    webhook: Absent[PendingWebhook] = None
    upload: Absent[Upload] = None
    created_at: Timestamp

    @property
    def file_name(self) -> str:
        return f"{self.id}.{self.output.extension}"

    @property
    def files(self) -> "list[JobFile]":
        """What the job makes, in the order in which it is made: a poster before its film."""
        extension, media_type = self.output.extension, self.output.media_type
        own = JobFile(name=self.file_name, key=self.output_key, media_type=media_type)
        if self.output.poster is None:
            return [own]
        poster = JobFile(
            name=f"{self.id}.{POSTER_CODEC.extension}",
            key=f"{self.output_key.removesuffix(extension)}{POSTER_CODEC.extension}",
            media_type=POSTER_CODEC.media_type,
        )
        return [poster, own]

    @property
    def bucket_url(self) -> str | None:
        """Of an output that goes into the client's own bucket."""
        return self.upload.url_of(self.file_name) if self.upload else None

    def poster_url(self, output_url: str) -> str | None:
        """Where the still beside the film will be, whose own URL is `output_url`; None without."""
        has_poster = self.output.poster is not None
        return _poster_beside(output_url, self.output.extension) if has_poster else None

    @property
    def first_status(self) -> JobStatus:
        """A job waits for its nested jobs."""
        return JobStatus.PENDING if self.children else JobStatus.QUEUED

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
    def upload_ids(self) -> list[str]:
        """The uploaded files that must stay: its own and its nested jobs'."""
        assets = (asset for job in self._with_nested_jobs for asset in job.assets)
        fetched = (MediaAsset, StaticAsset, ScriptAsset)
        sources = (asset.src for asset in assets if isinstance(asset, fetched))
        return [id_ for src in sources if (id_ := upload_id_in(src))]

    @property
    def _with_nested_jobs(self) -> "list[RenderJob]":
        return [self, *(child.job for child in self.children or ())]

    @property
    def summary(self) -> "JobSummary":
        return JobSummary(
            index=self.index,
            row=self.row,
            row_output=self.row_output,
            renderer=self.renderer,
            template_id=self.template_id,
            parent_id=self.parent_id,
            child_ids=[child.job.id for child in self.children] if self.children else None,
            name=self.name,
            extension=self.output.extension,
            poster=None if self.output.poster is None else True,
            total_assets=len(self.assets),
            tags=self.tags,
            priority=self.priority,
            missing_fonts=self.missing_fonts,
            missing_glyphs=self.missing_glyphs,
            warnings=self.warnings,
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


class BatchRenderJob(RenderJob):
    """A job of a batch: it has its place there."""

    # Nobody can set a frozen model's field to the None that the base allows.
    index: int  # pyright: ignore[reportIncompatibleVariableOverride]
    batch_id: str  # pyright: ignore[reportIncompatibleVariableOverride]


class RenderTask(RenderJob):
    """The input of `render`: a job without its nested jobs, and what those have rendered.

    One input and not two: Temporal leaves the types of arguments out of account where some of them
    are missing, as a second one would be in histories of earlier versions.
    """

    outputs: list[ChildOutput] = []

    @classmethod
    def of(cls, job: RenderJob, outputs: Sequence[ChildOutput]) -> "RenderTask":
        only_here = {"children": None, "split": None, "small": None}
        return cls.model_validate({**dict(job), **only_here, "outputs": list(outputs)})


class JobSummary(RecordModel):
    """What an answer about a job needs besides its state: it never changes.

    A batch's snapshot holds one a job, and a job's workflow carries it as its memo.
    """

    index: int | None
    row: Absent[int] = None
    row_output: Absent[int] = None
    renderer: Absent[Renderer] = None  # of an After Effects project
    template_id: str | None
    parent_id: Absent[str] = None
    child_ids: Absent[list[str]] = None
    name: Absent[str] = None
    extension: str
    poster: Absent[bool] = None  # whether a still comes with the film
    total_assets: int
    tags: list[str] = []
    priority: int = 0
    missing_fonts: list[str] = []
    missing_glyphs: AnyOf[str] = []  # characters
    warnings: AnyOf[RenderWarning] = []  # of the template
    bucket_url: Absent[str] = None  # of an output that goes into the client's own bucket
    created_at: Timestamp

    @property
    def extensions(self) -> list[str]:
        """Of the job's files."""
        return [self.extension, *([POSTER_CODEC.extension] if self.poster else [])]

    def poster_url(self, output_url: str) -> str | None:
        """Where the still beside the film is, whose own URL is `output_url`; None without one."""
        return _poster_beside(output_url, self.extension) if self.poster else None


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
    missing_fonts: AnyOf[str] = []  # where only a worker has seen the template
    missing_glyphs: Absent[list[str]] = None  # as they were drawn; None: nobody has looked
    warnings: AnyOf[RenderWarning] = []  # found while rendering
    started_at: Timestamp
    finished_at: Timestamp

    @field_validator("render_duration")
    @classmethod
    def _finite(cls, seconds: float) -> float:
        return seconds if math.isfinite(seconds) else 0.0


class RenderProgress(RecordModel):
    """How far a render is, or was when it ended without an output."""

    started_at: Timestamp  # when a render slot was given to it
    progress: float = 0.0  # percent
    waits: Absent[bool] = None  # for the end of an equal job's render: no process has this one


class UnfinishedJob(RecordModel):
    """How far a job was that failed or was cancelled."""

    ended_at: Timestamp
    render: Absent[RenderProgress] = None  # None: its render had not begun


class JobFailure(RecordModel):
    """Why a job ended in `error`."""

    error: str
    error_code: str


def shortcomings_of(
    job: RenderJob | JobSummary, result: RenderResult | None = None
) -> Shortcomings:
    """What will not look as designed in the job's output, or with its `result` does not."""
    if result is None:
        return shortcomings(job.missing_fonts, job.missing_glyphs, job.warnings)
    before = (each for each in job.warnings if each.code != WarningCode.MISSING_PICTURE)
    drawn = result.missing_glyphs
    return shortcomings(
        [*job.missing_fonts, *result.missing_fonts],
        job.missing_glyphs if drawn is None else _in_order(drawn, job.missing_glyphs),
        bounded([*before, *result.warnings]),  # which say more exactly what pictures are missing
    )


def _poster_beside(output_url: str, extension: str) -> str:
    """`output_url` may say at its end what the file is saved as."""
    ending = rf"\.{extension}(?=(\?name=[^/?]*)?$)"
    return re.sub(ending, f".{POSTER_CODEC.extension}", output_url, count=1)


def _in_order(characters: Sequence[str], order: Sequence[str]) -> list[str]:
    """`characters`, beginning with those that are in `order`."""
    return [*(c for c in order if c in characters), *(c for c in characters if c not in order)]
