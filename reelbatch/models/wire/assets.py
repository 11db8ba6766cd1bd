"""The assets of a job: what goes into which layer (contract 3.2 and 3.3)."""

import re
from typing import Annotated, Literal, cast

from pydantic import Field, JsonValue, Tag, TypeAdapter, WithJsonSchema, model_validator
from pydantic.functional_validators import field_validator
from typing_extensions import TypeAliasType

from reelbatch.models.wire.base import Number, OpenWireModel
from reelbatch.models.wire.render_settings import NestedSettings

MAX_NESTED_JOBS = 50
MAX_ASSETS = 1000
"""Of one job."""
"""How many assets of a job may be jobs: all of them start at once, outside of a batch's window."""

# Objects, which pages of HTML take, are not in the schema: generators for Java write a union with
# them as what is no Java.
_PLAIN_VALUE = TypeAdapter(str | float | bool | list[Number]).json_schema()

LayerName = Annotated[str, Field(min_length=1, max_length=1000)]

# The functions whose `params.layerName` may be a list: one function a layer, order kept.
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
    """Aims the asset at a layer inside this composition instead of the job's own."""


class TextAsset(_Asset):
    """Replaces the words of a text layer; `\\n` or `\\r` breaks the line."""

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
    """For a `src` of s3: endpoint, region, accessKeyId, accessKeySecret."""

    @field_validator("params", mode="before")
    @classmethod
    def _no_params(cls, params: object) -> object:
        return {} if params is None else params


class MediaAsset(_FetchedAsset):
    """Replaces the source of a layer by a file that a worker fetches from `src`."""

    type: Literal["image", "video", "audio"]
    layer_name: LayerName


class StaticAsset(_FetchedAsset):
    """A file that the render finds in its work folder under `name`."""

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
            raise ValueError("must be a file's name, such as logo.png or images/logo.png")
        return name


class EssentialAsset(_Asset):
    """Sets a control of a Motion Graphics template."""

    type: Literal["essential"]
    layer_name: LayerName
    value: str | float | bool

    @property
    def control_names(self) -> tuple[str, str]:
        """What the control may be called: a name may have that of its group before it."""
        return self.layer_name, re.split(r"->|(?<!\s)\.(?!\s)", self.layer_name)[-1].strip()


class ScriptAsset(_Asset):
    """An ExtendScript file that After Effects runs before the render."""

    type: Literal["script"]
    src: str = Field(min_length=1)


class FunctionAsset(_Asset):
    """A built-in helper by name; `nx-` and `nx:` are the same prefix."""

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
            raise ValueError("params.layerName is a layer's name or a list of at least one")
        if not all(isinstance(name, str) and name for name in names):
            raise ValueError("params.layerName holds something that is no layer's name")
        if self.name not in _FUNCTIONS_ON_MANY_LAYERS:
            raise ValueError(f"{self.name} takes one layerName, not a list")
        return self

    @property
    def layer_names(self) -> list[str]:
        """The layers that the function works on; empty where it works on the composition."""
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
"""An asset of a nested job: anything but a job."""


class NestedTemplate(OpenWireModel):
    """Which uploaded template a nested job renders, and which of its compositions."""

    id: str = Field(pattern=r"^[A-Z0-9]{26}$")
    composition: str = Field(min_length=1)
    name: str | None = None

    @model_validator(mode="after")
    def _is_uploaded(self) -> "NestedTemplate":
        if (self.model_extra or {}).get("src") is not None:
            raise ValueError("a nested job takes no template by src: upload it and name its id")
        return self


class NestedJob(_Asset):
    """A job that is rendered first, for its output to be used (contract 3.6)."""

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
            raise ValueError("a nested job has no jobs among its own assets: nest one level deep")
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
        """The asset once its job is rendered; `src` is only a name for messages."""
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
    """The layers that `asset` addresses, in its composition."""
    if isinstance(asset, FunctionAsset):
        return asset.layer_names
    if isinstance(asset, (StaticAsset, ScriptAsset, EssentialAsset)):
        return []
    return [asset.layer_name]


def secret_fields(asset: Asset) -> dict[str, JsonValue]:
    """The fields of `asset` in which references to secrets count, by their Python names."""
    if isinstance(asset, (MediaAsset, StaticAsset)):
        return {"src": asset.src, "params": asset.params}
    if isinstance(asset, ScriptAsset):
        return {"src": asset.src}
    if isinstance(asset, (TextAsset, DataAsset, EssentialAsset)):
        return {"value": cast("JsonValue", asset.value)}
    if isinstance(asset, FunctionAsset):
        return {"params": asset.params}
    return {}
