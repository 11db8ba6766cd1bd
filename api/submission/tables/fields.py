"""The fields of a template that a table's rows can fill.

These are its Essential Graphics controls, texts, pictures, videos and sounds.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from api.submission.tables.columns import CONTROL, KINDS, Column
from reelbatch.checks.template import TemplateOffer
from reelbatch.models.stored.templates import Composition, Layer
from reelbatch.models.wire.templates import MEDIA_CONTROL, TemplateControl, TemplateField

_EXAMPLE_TAG = "example"  # for a row that would otherwise be empty, and so not be a job


@dataclass(frozen=True)
class Field:
    name: str  # of its column, without the composition if it is clear without
    column: Column
    source: Layer | TemplateControl
    font: str | None = None  # of a text, by its label among the template's fonts

    @property
    def words(self) -> str | None:
        """The template's own value, as it is written in a cell."""
        if isinstance(self.source, Layer):
            return _with_line_feeds(self.source.text)
        value = self.source.value
        if value is None or isinstance(value, str):
            return _with_line_feeds(value)
        return _hex(value) if isinstance(value, list) else json.dumps(value)

    @property
    def wire(self) -> TemplateField:
        source = self.source
        layer = source if isinstance(source, Layer) else None
        control = source if isinstance(source, TemplateControl) else None
        return TemplateField(
            column=self.name,
            kind=self.column.kind,
            name=self.column.target,
            composition=source.composition,
            words=self.words,
            width=layer.width if layer else 0.0,
            height=layer.height if layer else 0.0,
            font=self.font,
            control=control.type if control else None,
            options=control.options if control else [],
        )


def fields_of(template: TemplateOffer, composition: Composition) -> list[Field]:
    """The controls of `composition`, then its layers, then those of nested compositions.

    Compositions may be nested at any depth. Layers that a control sets are left out.
    """
    shown = template.shown_in(composition.name)
    controls = [each for each in template.inspection.controls or () if each.composition in shown]
    found: dict[tuple[str, ...], tuple[Column, Layer]] = {}
    for column, layer in _layers(template, composition, controls):
        found.setdefault(column.place, (column, layer))
    alike = Counter((column.kind, column.target) for column, _ in found.values())
    fonts = {face.postscript_name: face.label for face in template.inspection.fonts}
    return [
        *(
            Field(name=column.full_name, column=column, source=control)
            for control in controls
            if control.type != MEDIA_CONTROL and _fits_a_cell(control)
            for column in [Column(CONTROL, control.name)]
        ),
        *(
            Field(
                name=_name(column, alike[column.kind, column.target]),
                column=column,
                source=layer,
                font=fonts.get(str(layer.properties.get("font"))),
            )
            for column, layer in found.values()
        ),
    ]


def example_table(fields: Sequence[Field]) -> str:
    """A CSV with one row of the template's own values, which renders what the template shows."""
    cells = {each.name: each.words or "" for each in fields}
    if not any(map(str.strip, cells.values())):
        cells["job:tags"] = _EXAMPLE_TAG
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cells.keys(), cells.values()])
    return text.getvalue()


def _layers(
    template: TemplateOffer, composition: Composition, controls: Sequence[TemplateControl]
) -> Iterator[tuple[Column, Layer]]:
    """The layers with their columns, named after the control that replaces the layer's source."""
    shown = template.shown_in(composition.name)
    layers = [layer for layer in template.inspection.layers if layer.composition in shown]
    of_layer = {(each.composition, each.layer, each.type): each.name for each in controls}
    for layer in sorted(layers, key=lambda layer: layer.composition != composition.name):
        place = "" if layer.composition == composition.name else layer.composition
        name = of_layer.get((layer.composition, layer.name, MEDIA_CONTROL), layer.name)
        is_set_by_control = (layer.composition, layer.name, layer.layer_type) in of_layer
        for prefix, kind in KINDS.items():
            if layer.layer_type in kind.layer_types and not is_set_by_control:
                yield Column(prefix, name, composition=place), layer


def _fits_a_cell(control: TemplateControl) -> bool:
    """Points and scales are several numbers, which a cell cannot express."""
    return control.type == "color" or not isinstance(control.value, list)


def _hex(colour: Sequence[JsonValue]) -> str:
    """A colour from After Effects, with channels from 0 to 1, without its opacity."""
    channels = [each for each in colour[:3] if isinstance(each, int | float)]
    return "#" + "".join(f"{round(255 * min(max(each, 0), 1)):02x}" for each in channels)


def _name(column: Column, alike: int) -> str:
    return replace(column, composition="").full_name if alike == 1 else column.full_name


def _with_line_feeds(words: str | None) -> str | None:
    """After Effects ends lines with carriage returns, or with U+0003 inside a paragraph."""
    if words is None:
        return None
    text = words.replace("\r\n", "\n").replace("\r", "\n").replace("\x03", "\n")
    return text.encode("utf-8", "replace").decode()
