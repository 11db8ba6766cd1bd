"""Templates: their record, and what an engine found in their file."""

from pydantic import Field, JsonValue

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.templates import (
    Mogrt,
    ProjectContents,
    Renderer,
    TemplateControl,
    TemplateStatus,
)
from reelbatch.models.wire.warnings import RenderWarning


class Composition(RecordModel):
    """Something that can be rendered by name. The root comes first."""

    name: str
    width: int  # pixels
    height: int  # pixels
    frame_rate: float  # frames a second
    frames: int  # frame numbers are 0 to frames - 1
    reasons: list[RenderWarning] | None = None
    """What of a project's composition will not be drawn as designed, with all that it shows; None
    for what is no project."""

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
    shown: bool = True  # False where it is hidden
    properties: dict[str, JsonValue] = {}
    parts: dict[str, JsonValue] | None = None
    """What in it has a name of its own, such as effects, as its engine notes it; None: unknown."""


class TemplateInspection(RecordModel):
    """What an engine read out of a template's file."""

    compositions: list[Composition] = Field(min_length=1)
    layers: list[Layer]
    fonts: list[FontFace]  # the fonts that its text layers name
    embedded_fonts: list[FontFace] = []  # the fonts that the file brings along
    characters: str = ""  # that these have together, as `reelbatch.engines.characters` writes them
    lent_characters: str | None = None  # of the engine's and the worker's fonts; None: unknown
    warnings: list[RenderWarning] = []  # what will not be drawn as designed
    controls: list[TemplateControl] | None = None  # of a project; None: nobody has looked
    project: ProjectContents | None = None  # of a project

    @property
    def mogrt(self) -> Mogrt | None:
        """None where there is no control."""
        return Mogrt(controls=self.controls) if self.controls else None


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
    uploads: int = 0  # files that came by that URL
    download: TemplateDownload | None = None  # only while it goes on
    source: str | None = None  # object key of the uploaded file; a new upload gets a new key
    size: int | None = None  # bytes
    converted: str | None = None  # object key of what renders are given instead of the source
    renderer: Renderer = "auto"
    lossy: bool = False  # whether a project is drawn though it will not look as designed
    error: str | None = None
    inspection: TemplateInspection | None = None
