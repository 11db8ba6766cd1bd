"""Templates: the requests that clients send and the responses that they get (contract 5)."""

import re
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, JsonValue

from reelbatch.models.wire.base import (
    Absent,
    LenientWireModel,
    ListOrAbsent,
    OpenWireModel,
    RecordModel,
    Timestamp,
    WireModel,
    unnamed_enum,
)
from reelbatch.models.wire.warnings import WithWarnings

Renderer = Literal["auto", "lottie", "lottie-web", "after-effects"]
"""The program that draws a Lottie file or an After Effects project."""
RENDERERS: tuple[Renderer, ...] = get_args(Renderer)


class TemplateStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    DOWNLOADING = "downloading"
    PROCESSING = "processing"
    UPLOADED = "uploaded"
    ERROR = "error"


def _checked_name(name: str) -> str:
    if not name.strip():
        raise ValueError("must not be empty")
    if re.search(r"[\x00-\x1f\x7f-\x9f]", name):  # it appears in lines of logs
        raise ValueError("must not have line breaks or other control characters")
    return name


DisplayName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_checked_name)]


class TemplateCreation(OpenWireModel):
    """The body of POST /templates."""

    type: str
    display_name: DisplayName
    src: str | None = None
    renderer: Renderer = "auto"
    lossy: bool = False


class TemplateUpdate(LenientWireModel):
    """The body of PATCH /templates/{id}."""

    display_name: DisplayName | None = None
    renderer: Renderer | None = None
    lossy: bool | None = None


class TemplateUploadInfo(WireModel):
    """Where and how to upload the template's file; the upload needs no bearer token."""

    url: str
    method: str = "PUT"
    expires_in: int  # seconds
    key: str
    fields: dict[str, str] = {}


class TemplateLayer(WireModel):
    """A layer that assets can address."""

    name: str
    composition: str
    type: str  # text, image, solid, shape, precomp, …
    text: Absent[str] = None  # the text of a text layer
    width: float  # pixels; 0 if it shows nothing at its start
    height: float  # pixels
    shown: bool  # False if it is hidden


class TemplateField(WireModel):
    """A layer or a control that a table's rows can fill."""

    column: str  # the name of its column
    kind: str  # control, text, image, video or audio
    name: str  # of the layer or the control
    composition: str
    words: Absent[str] = None  # the designed text, or a control's value as a cell would have it
    width: float  # pixels; 0 if the layer shows nothing at its start
    height: float  # pixels
    font: Absent[str] = None  # of a text, as in the template's `fonts`
    control: Absent[str] = None  # the type of a control: text, slider, checkbox, color, …
    options: ListOrAbsent[str] = []  # of a dropdown, whose value counts them from 1


MEDIA_CONTROL = "media"
"""The type of a control that `image` and `video` assets set, with its name as `layerName`."""


class TemplateControl(RecordModel):
    """An Essential Graphics control, which an `essential` asset sets by name."""

    name: str
    type: str  # text, slider, checkbox, color, point, dropdown, media, …
    value: JsonValue = None  # the designed value at the beginning
    options: ListOrAbsent[str] = []  # of a dropdown, whose value counts them from 1
    composition: str
    layer: str


class Mogrt(RecordModel):
    """The controls of a project, which can be set without knowing its layers."""

    controls: list[TemplateControl]


class ProjectEffect(RecordModel):
    """An effect on a layer."""

    name: str
    match_name: str  # identifies the kind of effect in every language
    enabled: bool
    layer: str
    composition: str


class ProjectExpression(RecordModel):
    """A property with an enabled expression."""

    property: str
    layer: str
    composition: str


class ProjectFootage(RecordModel):
    """A file that a project shows or plays; for a sequence, its first file."""

    name: str  # of the item in the project
    file: str  # without its folders; empty for a placeholder
    missing: bool  # whether it did not come with the project


class ProjectContents(RecordModel):
    """Further contents of an After Effects project: up to 500 of each kind."""

    effects: list[ProjectEffect]
    expressions: list[ProjectExpression]
    footage: list[ProjectFootage]


class Template(WithWarnings):
    """A template as the v2 endpoints return it."""

    id: str
    type: str
    display_name: str
    status: Annotated[TemplateStatus, unnamed_enum(*TemplateStatus)]
    created_at: Timestamp
    updated_at: Timestamp
    compositions: list[str] = []
    layers: list[str] = []
    layer_details: ListOrAbsent[TemplateLayer] = []  # omitted from lists
    fields: ListOrAbsent[TemplateField] = []  # of the first composition; omitted from lists
    fonts: list[str] = []
    mogrt: Absent[Mogrt] = None  # of a project with Essential Graphics
    project: Absent[ProjectContents] = None  # of a project; omitted from lists
    error: str | None = None
    renderer: Absent[Renderer] = None  # of a Lottie or an After Effects project
    renderers: ListOrAbsent[str] = []  # the ones available for it on this server
    suggested_renderer: Absent[str] = None  # the one that draws what `warnings` report as missing
    lossy: Absent[bool] = None
    upload_info: Absent[TemplateUploadInfo] = None
