"""The assets of a job: what goes into which layer (contract 3.2 and 3.3)."""

import re
from typing import Annotated, Literal, cast

from pydantic import Field, JsonValue, Tag, TypeAdapter, WithJsonSchema, model_validator
from pydantic.functional_validators import field_validator
from typing_extensions import TypeAliasType

from reelbatch.models.wire.base import Number, OpenWireModel
from reelbatch.models.wire.render_settings import NestedSettings

MAX_NESTED_JOBS = 50
"""Nested jobs per job. All of them start at once, outside a batch's concurrency window."""

MAX_ASSETS = 1000
"""Assets per job."""

# HTML templates also accept objects as values. The schema leaves them out, because generators for
# Java turn a union with them into code that does not compile.
_PLAIN_VALUE = TypeAdapter(str | float | bool | list[Number]).json_schema()

LayerName = Annotated[str, Field(min_length=1, max_length=1000)]

# Functions whose `params.layerName` may be a list: the function runs for each layer, in order.
_FUNCTIONS_ON_MANY_LAYERS = frozenset(
    {
        "nx:layer-autoscale",
        "nx:layer-duration-set",
        "nx:layer-start-set",
        "nx:layer-state-set",
        "nx:solid-color-set",
        "nx:text-params-set",
    }
)


class _Asset(OpenWireModel):
    conform: bool | None = None
    composition: str | None = None
    """The composition that contains the layer; None: the job's own."""


class TextAsset(_Asset):
    """Replaces the text of a text layer; `\\n` or `\\r` starts a new line."""

    type: Literal["text"]
    layer_name: LayerName
    value: str

    @field_validator("value", mode="before")
    @classmethod
    def _numbers_are_text(cls, value: object) -> object:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        return value

    @field_validator("value")
    @classmethod
    def _is_text(cls, value: str) -> str:
        if "\0" in value:
            raise ValueError("must not contain the character U+0000")
        return value


class DataAsset(_Asset):
    """Sets a property of a layer; colours are arrays of 3 or 4 numbers from 0 to 1."""

    type: Literal["data"]
    layer_name: LayerName
    property: str = Field(min_length=1, max_length=200)
    value: Annotated[
        str | float | bool | list[Number] | list[JsonValue] | dict[str, JsonValue],
        WithJsonSchema(_PLAIN_VALUE),
    ]


class _FetchedAsset(_Asset):
    src: str = Field(min_length=1)
    params: dict[str, JsonValue] = {}
    """For an s3 URL in `src`: endpoint, region, accessKeyId and accessKeySecret."""

    @field_validator("params", mode="before")
    @classmethod
    def _no_params(cls, params: object) -> object:
        return {} if params is None else params


class MediaAsset(_FetchedAsset):
    """Replaces the source of a layer with a file that a worker fetches from `src`."""

    type: Literal["image", "video", "audio"]
    layer_name: LayerName


class StaticAsset(_FetchedAsset):
    """A file that is placed in the render's work folder as `name`."""

    type: Literal["static"]
    name: str = Field(min_length=1, max_length=255)

    @field_validator("name")
    @classmethod
    def _stays_inside(cls, name: str) -> str:
        parts = name.split("/")
        if (
            not name.strip()
            or {"", ".", ".."}.intersection(parts)
            or re.search(r"[\x00-\x1f\x7f\\]", name)
        ):
            raise ValueError("must be a file name, such as logo.png or images/logo.png")
        return name


class EssentialAsset(_Asset):
    """Sets a control of a Motion Graphics template."""

    type: Literal["essential"]
    layer_name: LayerName
    value: str | float | bool

    @property
    def control_names(self) -> tuple[str, str]:
        """The names that the control may have: as given, and without the name of its group."""
        return self.layer_name, re.split(r"->|(?<!\s)\.(?!\s)", self.layer_name)[-1].strip()


class ScriptAsset(_Asset):
    """An ExtendScript file that After Effects runs before the render."""

    type: Literal["script"]
    src: str = Field(min_length=1)


class FunctionAsset(_Asset):
    """A built-in function, called by name; `nx-` and `nx:` are the same prefix."""

    type: Literal["function"]
    name: str = Field(min_length=1)
    layer_name: LayerName | None = None
    params: dict[str, JsonValue] = {}

    @field_validator("name")
    @classmethod
    def _one_spelling(cls, name: str) -> str:
        return f"nx:{name[3:]}" if name.startswith("nx-") else name

    @model_validator(mode="after")
    def _has_a_layer(self) -> "FunctionAsset":
        names = self.params.get("layerName")
        if names is None:
            return self
        if isinstance(names, str) and names:
            return self
        if not isinstance(names, list) or not names:
            raise ValueError("must have a layer's name, or a list of names, in params.layerName")
        if not all(isinstance(name, str) and name for name in names):
            raise ValueError("must have only names of layers in params.layerName")
        if self.name not in _FUNCTIONS_ON_MANY_LAYERS:
            raise ValueError(f"must have one layerName for {self.name}, not a list")
        return self

    @property
    def layer_names(self) -> list[str]:
        """The layers that the function works on; empty if it works on the composition."""
        names = self.params.get("layerName", self.layer_name)
        if isinstance(names, list):
            return [name for name in names if isinstance(name, str)]
        return [names] if isinstance(names, str) else []


_PlainAsset = (
    Annotated[TextAsset, Tag("text")]
    | Annotated[DataAsset, Tag("data")]
    | Annotated[MediaAsset, Tag("media")]
    | Annotated[StaticAsset, Tag("static")]
    | Annotated[EssentialAsset, Tag("essential")]
    | Annotated[ScriptAsset, Tag("script")]
    | Annotated[FunctionAsset, Tag("function")]
)
PlainAsset = TypeAliasType("PlainAsset", Annotated[_PlainAsset, Field(discriminator="type")])
"""An asset of a nested job: any asset except another job."""


class NestedTemplate(OpenWireModel):
    """The uploaded template, and its composition, that a nested job renders."""

    id: str = Field(pattern=r"^[A-Z0-9]{26}$")
    composition: str = Field(min_length=1)
    name: str | None = None

    @model_validator(mode="after")
    def _is_uploaded(self) -> "NestedTemplate":
        if (self.model_extra or {}).get("src") is not None:
            raise ValueError("cannot have a src: upload the template and give its id")
        return self


class NestedJob(_Asset):
    """A job that is rendered first, so that its output can be used (contract 3.6)."""

    type: Literal["job"]
    template: NestedTemplate
    assets: list[PlainAsset] = []
    preview: bool = False
    settings: NestedSettings | None = None

    @field_validator("assets", mode="before")
    @classmethod
    def _none_is_a_job(cls, assets: object) -> object:
        if assets is None:
            return []
        if isinstance(assets, list) and any(map(_is_job, cast("list[object]", assets))):
            raise ValueError("cannot contain jobs: nest only one level deep")
        return cast("object", assets)

    @property
    def media_type(self) -> Literal["video", "image"]:
        """The type of asset that its output becomes."""
        is_image = self.settings is not None and self.settings.output_type == "image"
        return "image" if is_image else "video"


def _is_job(asset: object) -> bool:
    return isinstance(asset, dict) and cast("dict[str, object]", asset).get("type") == "job"


class NestedJobAsset(NestedJob):
    """A layer that shows the output of a nested job."""

    layer_name: LayerName

    def filled(self, src: str) -> MediaAsset:
        """The asset once its job is rendered; `src` only identifies it in messages."""
        return MediaAsset(
            type=self.media_type,
            layer_name=self.layer_name,
            src=src,
            composition=self.composition,
            conform=self.conform,
        )


Asset = TypeAliasType(
    "Asset",
    Annotated[_PlainAsset | Annotated[NestedJobAsset, Tag("job")], Field(discriminator="type")],
)


def layer_names(asset: Asset) -> list[str]:
    """The layers that `asset` addresses in its composition."""
    if isinstance(asset, FunctionAsset):
        return asset.layer_names
    if isinstance(asset, (StaticAsset, ScriptAsset, EssentialAsset)):
        return []
    return [asset.layer_name]


def secret_fields(asset: Asset) -> dict[str, JsonValue]:
    """The fields of `asset` in which references to secrets are resolved, by their Python names."""
    if isinstance(asset, (MediaAsset, StaticAsset)):
        return {"src": asset.src, "params": asset.params}
    if isinstance(asset, ScriptAsset):
        return {"src": asset.src}
    if isinstance(asset, (TextAsset, DataAsset, EssentialAsset)):
        return {"value": cast("JsonValue", asset.value)}
    if isinstance(asset, FunctionAsset):
        return {"params": asset.params}
    return {}
