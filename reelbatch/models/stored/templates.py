"""The stored record of a template, with an engine's findings in its file."""

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
    """A composition that can be rendered by name. The root comes first.

    Attributes:
        name: Its name.
        width: Pixels.
        height: Pixels.
        frame_rate: Frames per second.
        frames: The number of frames, which are numbered from 0.
        reasons: For a project: why this composition, with everything it contains, will not look as
            designed. None for other templates.
    """

    name: str
    width: int
    height: int
    frame_rate: float
    frames: int
    reasons: list[RenderWarning] | None = None

    @property
    def duration(self) -> float:
        """The duration in seconds."""
        return self.frames / self.frame_rate


class Layer(RecordModel):
    """A layer that an asset can address, with its position in time and on the canvas."""

    composition: str
    position: int  # counted from 1 at the top, as in After Effects
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
    shown: bool = True  # False if it is hidden
    properties: dict[str, JsonValue] = {}
    parts: dict[str, JsonValue] | None = None
    """Its named parts, such as effects, in its engine's own notation; None: unknown."""


class TemplateInspection(RecordModel):
    """An engine's findings in a template's file."""

    compositions: list[Composition] = Field(min_length=1)
    layers: list[Layer]
    fonts: list[FontFace]  # used by its text layers
    embedded_fonts: list[FontFace] = []  # contained in the file
    characters: str = ""  # of the embedded fonts, in the notation of `reelbatch.engines.characters`
    lent_characters: str | None = None  # of the engine's and the worker's fonts; None: unknown
    warnings: list[RenderWarning] = []  # about what will not look as designed
    controls: list[TemplateControl] | None = None  # of a project; None: not checked
    project: ProjectContents | None = None  # the further contents of a project

    @property
    def mogrt(self) -> Mogrt | None:
        """The controls; None if there are none."""
        return Mogrt(controls=self.controls) if self.controls else None


class TemplateDownload(RecordModel):
    """A file that is being downloaded. Its URL is stored only here, since it may be secret."""

    id: str
    src: str


class TemplateRecord(RecordModel):
    """A template."""

    id: str
    team: str
    type: str
    display_name: str
    engine: str
    status: TemplateStatus
    created_at: Timestamp
    updated_at: Timestamp
    upload_nonce: str  # part of the upload URL's signature; a new one invalidates earlier URLs
    uploads: int = 0  # number of files received at that URL
    download: TemplateDownload | None = None  # only while the download is running
    source: str | None = None  # object key of the uploaded file; a new upload gets a new key
    size: int | None = None  # bytes
    converted: str | None = None  # object key of the file that renders use instead of the source
    renderer: Renderer = "auto"
    lossy: bool = False  # whether to draw a project that will not look as designed
    error: str | None = None
    inspection: TemplateInspection | None = None
