"""The kinds of columns: how their names are written, and what their cells add to a row's job.

Each kind is an entry in `KINDS`, and each job field that a column can fill is in `JOB_FIELDS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from unicodedata import normalize

from pydantic import JsonValue

from api.http.requests import parse_json
from reelbatch.checks.template import TemplateOffer
from reelbatch.models.errors import InvalidJson, RequestError
from reelbatch.models.stored.templates import Layer
from reelbatch.models.wire.assets import MediaAsset, TextAsset

CONTROL = "control"
"""The kind of columns that set an Essential Graphics control."""

JOB_FIELDS = ("name", "tags", "priority")
_EMPTY_TEXT = '""'  # the cell's content; an empty cell leaves the template's text unchanged
_GUESSED_JOB_FIELDS = ("tags",)  # also without the prefix `job:`, if no layer has the name

Fields = dict[str, JsonValue]


@dataclass(frozen=True)
class Column:
    """A column, whose cells each add an asset or a field to their row's job."""

    kind: str  # a key of KINDS
    target: str  # the layer, or the job's field
    data_property: str = ""
    composition: str = ""  # of the layer; empty: the rendered composition

    @property
    def full_name(self) -> str:
        """The unambiguous name of the column, whatever else the template contains."""
        place = f"{self.composition}/{self.target}" if self.composition else self.target
        if self.kind == "text" and not self.composition and ":" not in place:
            return place
        return f"{self.kind}:{place}{f'.{self.data_property}' if self.data_property else ''}"

    @property
    def place(self) -> tuple[str, ...]:
        """The place that the column fills, which no other column of the table may have."""
        parts = (self.kind, self.composition, self.target, self.data_property)
        return tuple(normalize("NFC", part) for part in parts)

    @property
    def of_layer(self) -> bool:
        return self.kind != "job"

    def is_of(self, job_field: str) -> bool:
        return not self.of_layer and self.target == job_field

    @property
    def takes_file(self) -> bool:
        return KINDS[self.kind].content is _source

    @property
    def keeps_own(self) -> str | None:
        """The visible part of the template that an empty cell leaves unchanged, if there is one."""
        return KINDS[self.kind].own

    def fill(self, job: Fields, assets: list[JsonValue], cell: str) -> None:
        if self.of_layer:
            assets.append(self._asset(cell))
        else:
            job[self.target] = cell

    @property
    def fit(self) -> Fields:
        """The asset that shrinks a text until it fits."""
        return {"type": "function", "name": "nx:layer-autoscale", **self._layer}

    def fits(self, template: TemplateOffer, layer: Layer) -> bool:
        """Return whether the engine can apply the column to this layer."""
        if self.kind == "data":
            return True
        asset_class = TextAsset if self.kind == "text" else MediaAsset
        asset = asset_class.model_construct(type=self.kind, layer_name=self.target)
        return template.engine.layer_problem(asset, layer) is None

    def _asset(self, cell: str) -> Fields:
        kind = KINDS[self.kind]
        return {"type": kind.asset or self.kind, **self._layer, **kind.content(self, cell)}

    @property
    def _layer(self) -> Fields:
        place: Fields = {"composition": self.composition} if self.composition else {}
        return {"layerName": self.target, **place}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Columns named `PREFIX:REST`."""

    parse: Callable[[str, str], Column]
    """Makes a column from the prefix and the rest of its name. Raises RequestError."""
    content: Callable[[Column, str], Fields]
    """The value that a cell adds to the asset's type and layer."""
    own: str | None = None
    asset: str = ""
    """The type of its assets, if that is not the prefix."""
    layer_types: frozenset[str] = frozenset()
    """Layers of these types are fields of a template, and possible meanings of plain names."""


def column_of(name: str) -> tuple[Column, bool]:
    """The column with this name, and whether the name has a prefix. Raises RequestError."""
    prefix, colon, rest = name.partition(":")
    kind, rest = KINDS.get(prefix), rest.strip()
    if not colon or kind is None or not (rest or prefix in ("data", "job")):
        return Column("text", name), False
    return kind.parse(prefix, rest), True


def guessed_job_field(name: str) -> Column | None:
    return Column("job", name.casefold()) if name.casefold() in _GUESSED_JOB_FIELDS else None


def _of_layer(prefix: str, rest: str) -> Column:
    return Column(prefix, rest)


def _data(prefix: str, rest: str) -> Column:
    layer, dot, key = rest.rpartition(".")
    if not layer or not dot or not key:
        raise RequestError(
            f"The column {prefix}:{rest} names no property: write data:LAYER.PROPERTY."
        )
    return Column(prefix, layer, data_property=key)


def _job_field(prefix: str, rest: str) -> Column:
    if rest not in JOB_FIELDS:
        choices = " or ".join(f"job:{name}" for name in JOB_FIELDS)
        raise RequestError(f"There is no column {prefix}:{rest}: use {choices}.")
    return Column(prefix, rest)


def _text(_: Column, cell: str) -> Fields:
    return {"value": "" if cell == _EMPTY_TEXT else cell}


def _words(_: Column, cell: str) -> Fields:
    return {"value": cell}


def _source(_: Column, cell: str) -> Fields:
    return {"src": cell}


def _property(column: Column, cell: str) -> Fields:
    return {"property": column.data_property, "value": _value(cell)}


def _value(cell: str) -> JsonValue:
    """The cell as JSON if it is a number, a list, true or false; everything else is text."""
    if cell in ("TRUE", "FALSE"):  # as spreadsheets write them
        return cell == "TRUE"
    try:
        value = parse_json(cell.encode())
    except InvalidJson:
        return cell
    return value if isinstance(value, (bool, int, float, list)) else cell


KINDS: Mapping[str, Kind] = {
    "text": Kind(parse=_of_layer, content=_text, own="words", layer_types=frozenset({"text"})),
    "image": Kind(
        parse=_of_layer,
        content=_source,
        own="image",
        layer_types=frozenset({"image", "image_sequence"}),
    ),
    "video": Kind(parse=_of_layer, content=_source, own="video", layer_types=frozenset({"video"})),
    "audio": Kind(parse=_of_layer, content=_source, own="audio", layer_types=frozenset({"audio"})),
    CONTROL: Kind(parse=_of_layer, content=_words, own="value", asset="essential"),
    "data": Kind(parse=_data, content=_property),
    "job": Kind(parse=_job_field, content=_words),
}
