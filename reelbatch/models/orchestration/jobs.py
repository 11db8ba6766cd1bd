"""Jobs: the inputs and results of their workflows and renders."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import field_validator

from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.wire.assets import Asset, MediaAsset, ScriptAsset, StaticAsset
from reelbatch.models.wire.base import Absent, ListOrAbsent, RecordModel, Timestamp, WireModel
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
    """A template that the worker fetches; it has not been inspected yet."""

    url: str  # with references to secrets
    font_names: list[str] = []  # from the job's `fonts`
    lossy: bool = False  # whether to draw a project that will not look as designed
    claims: Absent[dict[str, str]] = None  # engines by the file that makes an archive theirs


class Output(WireModel):
    """The output that a job's settings request, with every default filled in."""

    output_type: OutputType
    codec: str  # the prefixed spelling
    first_frame: int = 0
    end_frame: int | None = None  # exclusive; None: the composition's end
    draft: bool = False
    poster: Absent[bool | float] = None
    """The moment of the still that comes with a film, in seconds of the film. True: its middle."""

    @property
    def extension(self) -> str:
        return codec_named(self.codec).extension

    @property
    def media_type(self) -> str:
        return codec_named(self.codec).media_type


@dataclass(frozen=True, kw_only=True)
class JobFile:
    """A file that a job produces."""

    name: str  # in the client's own bucket
    key: str  # object key
    media_type: str


class OutputExtent(WireModel):
    """The size that an output will have according to its template and settings."""

    width: int  # pixels
    height: int  # pixels
    frames: int


class Split(WireModel):
    """An output whose frames can be rendered in segments, by several processes at a time."""

    first_frame: int  # of the composition
    frames: int  # of the output
    frame_rate: float  # frames per second
    most: int  # segments; starting more of them would cost more than it saves


class RenderJob(WireModel):
    """Everything a worker needs to render a job: the input of RenderJobWorkflow and `render`."""

    team: str
    id: str
    index: int | None  # position in the request; None for a single job
    batch_id: str | None
    row: Absent[int] = None  # of the request; set if each row is rendered in several outputs
    row_output: Absent[int] = None  # the position of this output among them
    engine: str
    renderer: Absent[Renderer] = None  # the one chosen for an After Effects project
    unserved_timeout: Absent[float] = None
    """Seconds that it waits while no worker serves its engine; None: forever."""
    template_id: str | None  # a join has none, and the next two are empty
    template_name: str
    template_type: str
    # The object key of exactly the version that was validated at submission, or else the URL.
    template_source: str | None = None
    template_url: Absent[TemplateUrl] = None
    composition: str  # empty: the first one of a template by URL
    assets: list[Asset]
    children: Absent[list["ChildJob"]] = None  # the nested jobs among the assets, in their order
    parent_id: Absent[str] = None  # only if it is a nested job
    fonts: list[str] = []  # object keys of the team's fonts that this job needs
    font_ids: list[str] = []  # of the same fonts
    font_faces: list[FontFace] = []  # of the same fonts
    missing_fonts: list[str] = []
    missing_glyphs: ListOrAbsent[str] = []  # characters
    warnings: ListOrAbsent[RenderWarning] = []  # about the template
    output: Output
    output_key: str  # object key
    extent: Absent[OutputExtent] = None  # unknown for a join and for a template by URL
    split: Absent[Split] = None  # only for an output that takes long to render
    small: Absent[bool] = None  # whether rendering takes less time than queueing
    name: Absent[str] = None  # for people
    tags: list[str] = []
    priority: int = 0
    preview: Absent[bool] = None  # whether it only previews another job
    webhook: Absent[PendingWebhook] = None
    upload: Absent[Upload] = None
    created_at: Timestamp

    @property
    def file_name(self) -> str:
        return f"{self.id}.{self.output.extension}"

    @property
    def files(self) -> "list[JobFile]":
        """The files that the job produces, in that order: a poster comes before its film."""
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
        """The URL of an output that goes to the client's own bucket."""
        return self.upload.url_of(self.file_name) if self.upload else None

    def poster_url(self, output_url: str) -> str | None:
        """The URL that the film's poster will have next to `output_url`; None without a poster."""
        has_poster = self.output.poster is not None
        return _poster_beside(output_url, self.output.extension) if has_poster else None

    @property
    def first_status(self) -> JobStatus:
        """The status before it renders: a job with nested jobs waits for them."""
        return JobStatus.PENDING if self.children else JobStatus.QUEUED

    @property
    def title(self) -> str:
        """A description of what it renders, for people."""
        if self.template_id is None:
            return "1 clip" if len(self.assets) == 1 else f"{len(self.assets)} clips joined"
        return " · ".join(part for part in (self.template_name[:60], self.composition[:60]) if part)

    @property
    def template_ids(self) -> list[str]:
        """The templates that it and its nested jobs need. With a URL, the id is only a label."""
        jobs = [job for job in self._with_nested_jobs if job.template_url is None]
        return list(dict.fromkeys(job.template_id for job in jobs if job.template_id))

    @property
    def team_font_ids(self) -> list[str]:
        """The team's fonts that it and its nested jobs need."""
        return list(dict.fromkeys(id_ for job in self._with_nested_jobs for id_ in job.font_ids))

    @property
    def upload_ids(self) -> list[str]:
        """The uploaded files that it and its nested jobs need."""
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
    """A nested job, and the position of its output in its parent."""

    position: int  # of its asset among the parent's assets
    layer_name: str
    job: RenderJob

    @property
    def output(self) -> "ChildOutput":
        return ChildOutput(position=self.position, id=self.job.id, output_key=self.job.output_key)


class ChildOutput(WireModel):
    """The output of a finished nested job, for its parent's render."""

    position: int  # of its asset among the parent's assets
    id: str
    output_key: str  # object key


class BatchRenderJob(RenderJob):
    """A job of a batch, with its position there."""

    # The model is frozen, so nobody can set these to the None that the base allows.
    index: int  # pyright: ignore[reportIncompatibleVariableOverride]
    batch_id: str  # pyright: ignore[reportIncompatibleVariableOverride]


class RenderTask(RenderJob):
    """The input of `render`: a job without its nested jobs, and the outputs of those.

    It is one input, not two: Temporal ignores the types of arguments if some are missing, as a
    second one would be in histories of earlier versions.
    """

    outputs: list[ChildOutput] = []

    @classmethod
    def of(cls, job: RenderJob, outputs: Sequence[ChildOutput]) -> "RenderTask":
        only_here = {"children": None, "split": None, "small": None}
        return cls.model_validate({**dict(job), **only_here, "outputs": list(outputs)})


class JobSummary(RecordModel):
    """The part of a response about a job that never changes.

    A batch's snapshot holds one for each job, and a job's workflow has it in its memo.
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
    poster: Absent[bool] = None  # whether the film has a poster
    total_assets: int
    tags: list[str] = []
    priority: int = 0
    missing_fonts: list[str] = []
    missing_glyphs: ListOrAbsent[str] = []  # characters
    warnings: ListOrAbsent[RenderWarning] = []  # about the template
    bucket_url: Absent[str] = None  # of an output that goes to the client's own bucket
    created_at: Timestamp

    @property
    def extensions(self) -> list[str]:
        """The extensions of the job's files."""
        return [self.extension, *([POSTER_CODEC.extension] if self.poster else [])]

    def poster_url(self, output_url: str) -> str | None:
        """The URL of the film's poster next to `output_url`; None without a poster."""
        return _poster_beside(output_url, self.extension) if self.poster else None


class RenderResult(RecordModel):
    """A finished render: the result of RenderJobWorkflow and `render`."""

    output_key: str
    media_type: str
    size: int  # bytes
    width: int
    height: int
    frames: int
    render_duration: float  # seconds in the engine
    reused_from: Absent[str] = None  # the id of the equal job whose render this is
    missing_fonts: ListOrAbsent[str] = []  # of a template by URL, which only a worker has seen
    missing_glyphs: Absent[list[str]] = None  # found while rendering; None: not checked
    warnings: ListOrAbsent[RenderWarning] = []  # found while rendering
    started_at: Timestamp
    finished_at: Timestamp

    @field_validator("render_duration")
    @classmethod
    def _finite(cls, seconds: float) -> float:
        return seconds if math.isfinite(seconds) else 0.0


class RenderProgress(RecordModel):
    """The progress of a render, or the progress at which it ended without an output."""

    started_at: Timestamp  # when it got a render slot
    progress: float = 0.0  # percent
    waits: Absent[bool] = None  # True: no process renders it, since an equal job is being rendered


class UnfinishedJob(RecordModel):
    """The progress of a job when it failed or was cancelled."""

    ended_at: Timestamp
    render: Absent[RenderProgress] = None  # None: its render had not begun


class JobFailure(RecordModel):
    """The reason why a job ended in `error`."""

    error: str
    error_code: str


def shortcomings_of(
    job: RenderJob | JobSummary, result: RenderResult | None = None
) -> Shortcomings:
    """How a job's output will differ from the design or, once there is a `result`, does differ."""
    if result is None:
        return shortcomings(job.missing_fonts, job.missing_glyphs, job.warnings)
    before = (each for each in job.warnings if each.code != WarningCode.MISSING_PICTURE)
    drawn = result.missing_glyphs
    return shortcomings(
        [*job.missing_fonts, *result.missing_fonts],
        job.missing_glyphs if drawn is None else _in_order(drawn, job.missing_glyphs),
        bounded([*before, *result.warnings]),  # the result's are more exact about missing pictures
    )


def _poster_beside(output_url: str, extension: str) -> str:
    """Replace the extension in `output_url`, which may end in a query with the file's name."""
    ending = rf"\.{extension}(?=(\?name=[^/?]*)?$)"
    return re.sub(ending, f".{POSTER_CODEC.extension}", output_url, count=1)


def _in_order(characters: Sequence[str], order: Sequence[str]) -> list[str]:
    """Sort `characters`: first those in `order`, in that order, then the others."""
    return [*(c for c in order if c in characters), *(c for c in characters if c not in order)]
