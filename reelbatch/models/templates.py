"""Templates: their record, and what an engine found in their file (contract 5 and 6)."""

from enum import StrEnum

from pydantic import Field, JsonValue

from reelbatch.models.fonts import FontFace
from reelbatch.models.wire import Absent, OpenWireModel, RecordModel, Timestamp, WireModel


class TemplateStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    DOWNLOADING = "downloading"
    PROCESSING = "processing"
    UPLOADED = "uploaded"
    ERROR = "error"


class Composition(RecordModel):
    """Something that can be rendered by name. The root comes first."""

    name: str
    width: int  # pixels
    height: int  # pixels
    frame_rate: float  # frames a second
    frames: int  # frame numbers are 0 to frames - 1

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.frame_rate


class Layer(RecordModel):
    """A layer that an asset can address, with its place in time and on the canvas."""

    composition: str
    position: int  # one-based, from the top, as After Effects counts
    name: str
    layer_type: str  # text, image, solid, shape, precomp, null, audio, …
    source_composition: str | None = None  # the composition that a precomp layer shows
    parent_position: int | None = None
    start_time: float = 0.0  # seconds
    in_point: float = 0.0  # seconds
    out_point: float = 0.0  # seconds
    left: float = 0.0  # pixels at rest
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    text: str | None = None
    properties: dict[str, JsonValue] = {}


class TemplateInspection(RecordModel):
    """What an engine read out of a template's file."""

    compositions: list[Composition] = Field(min_length=1)
    layers: list[Layer]
    fonts: list[FontFace]  # the fonts that its text layers name
    embedded_fonts: list[FontFace] = []  # the fonts that the file brings along


class TemplateDownload(RecordModel):
    """A file that is on its way; its URL is kept here alone, since it may be a credential."""

    id: str
    src: str


class TemplateRecord(RecordModel):
    """A template as the object store keeps it."""

    id: str
    team: str
    type: str
    display_name: str
    engine: str
    status: TemplateStatus
    created_at: Timestamp
    updated_at: Timestamp
    upload_nonce: str  # part of the upload URL's signature: a new one voids earlier URLs
    download: TemplateDownload | None = None  # only while it goes on
    source: str | None = None  # object key of the uploaded file; a new upload gets a new key
    size: int | None = None  # bytes
    error: str | None = None
    inspection: TemplateInspection | None = None


class TemplateCreation(OpenWireModel):
    """The body of POST /templates."""

    type: str
    display_name: str = Field(min_length=1, max_length=500)
    src: str | None = None


class TemplateUpdate(WireModel):
    """The body of PATCH /templates/{id}."""

    display_name: str = Field(min_length=1, max_length=500)


class TemplateUploadInfo(WireModel):
    """Where and how to send the template's file; no bearer token is needed there."""

    url: str
    method: str = "PUT"
    expires_in: int  # seconds
    key: str
    fields: dict[str, str] = {}


class TemplateInspectionJob(WireModel):
    """The input of InspectTemplateWorkflow and `inspect_template`."""

    team: str
    template_id: str
    engine: str
    source: str  # object key


class TemplateDownloadJob(WireModel):
    """The input of DownloadTemplateWorkflow and `download_template`."""

    team: str
    template_id: str
    engine: str
    download: str  # its id


class DownloadedTemplate(RecordModel):
    """The result of `download_template`."""

    source: str | None  # object key; None if nobody wants the file any more


class TemplateFailure(WireModel):
    """The input of `fail_template`: why the template has no file that can be used.

    It is about one download or one file; a record that has another one by now stays as it is.
    """

    team: str
    template_id: str
    reason: str
    download: str | None = None  # its id
    source: str | None = None  # object key


class Template(WireModel):
    """A template as the v2 endpoints answer it."""

    id: str
    type: str
    display_name: str
    status: TemplateStatus
    created_at: Timestamp
    updated_at: Timestamp
    compositions: list[str] = []
    layers: list[str] = []
    fonts: list[str] = []
    mogrt: Absent[dict[str, JsonValue]] = None
    error: str | None = None
    upload_info: Absent[TemplateUploadInfo] = None
