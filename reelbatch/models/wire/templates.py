"""Templates: what clients send and read (contract 5)."""

import re
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, JsonValue

from reelbatch.models.wire.base import (
    Absent,
    AnyOf,
    LenientWireModel,
    OpenWireModel,
    RecordModel,
    Timestamp,
    WireModel,
    words,
)
from reelbatch.models.wire.warnings import Warned

Renderer = Literal["auto", "lottie", "lottie-web", "after-effects"]
"""What draws a Lottie or an After Effects project."""
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
    if re.search(r"[\x00-\x1f\x7f-\x9f]", name):  # it is a part of lines in logs
        raise ValueError("must not have line breaks or other controls")
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
    """Where and how to send the template's file; no bearer token is needed there."""

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
    text: Absent[str] = None  # the words of a text layer
    width: float  # pixels; 0 where nothing is shown at its start
    height: float  # pixels
    shown: bool  # False where it is hidden


class TemplateField(WireModel):
    """A layer or a control that a table's rows can fill."""

    column: str  # the name of its column
    kind: str  # control, text, image, video or audio
    name: str  # of the layer or the control
    composition: str
    words: Absent[str] = None  # of a text, or of a control as a cell says it, by itself
    width: float  # pixels; 0 where nothing is shown at the layer's start
    height: float  # pixels
    font: Absent[str] = None  # of a text, as in the template's `fonts`
    control: Absent[str] = None  # of a control, its type: text, slider, checkbox, color, …
    options: AnyOf[str] = []  # of a dropdown, whose value counts them from 1


MEDIA_CONTROL = "media"
"""The type of a control that `image` and `video` assets set, by its name as their `layerName`."""


class TemplateControl(RecordModel):
    """A control of Essential Graphics, which an `essential` asset sets by its name."""

    name: str
    type: str  # text, slider, checkbox, color, point, dropdown, media, …
    value: JsonValue = None  # as designed, at the beginning
    options: AnyOf[str] = []  # of a dropdown, whose value counts them from 1
    composition: str
    layer: str


class Mogrt(RecordModel):
    """What of a project can be set without knowing its layers."""

    controls: list[TemplateControl]


class ProjectEffect(RecordModel):
    """An effect on a layer."""

    name: str
    match_name: str  # which tells its kind in every language
    enabled: bool
    layer: str
    composition: str


class ProjectExpression(RecordModel):
    """A property whose expression is on."""

    property: str
    layer: str
    composition: str


class ProjectFootage(RecordModel):
    """A file that a project shows or plays; of a sequence the first one."""

    name: str  # of the item in the project
    file: str  # without its folders; empty for a placeholder
    missing: bool  # whether it is not beside the project


class ProjectContents(RecordModel):
    """What an After Effects project holds beside compositions and layers: up to 500 of each."""

    effects: list[ProjectEffect]
    expressions: list[ProjectExpression]
    footage: list[ProjectFootage]


class Template(Warned):
    """A template as the v2 endpoints answer it."""

    id: str
    type: str
    display_name: str
    status: Annotated[TemplateStatus, words(*TemplateStatus)]
    created_at: Timestamp
    updated_at: Timestamp
    compositions: list[str] = []
    layers: list[str] = []
    layer_details: AnyOf[TemplateLayer] = []  # left out of lists
    fields: AnyOf[TemplateField] = []  # of the first composition; left out of lists
    fonts: list[str] = []
    mogrt: Absent[Mogrt] = None  # of a project with Essential Graphics
    project: Absent[ProjectContents] = None  # of a project; left out of lists
    error: str | None = None
    renderer: Absent[Renderer] = None  # of a Lottie or an After Effects project
    renderers: AnyOf[str] = []  # that it can have on this server
    suggested_renderer: Absent[str] = None  # which draws what `warnings` say is missing
    lossy: Absent[bool] = None
    upload_info: Absent[TemplateUploadInfo] = None
