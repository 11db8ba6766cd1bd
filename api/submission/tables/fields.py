"""The fields of a template: its texts, pictures, videos and sounds that a table's rows can fill."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from api.submission.tables.columns import KINDS, Column
from reelbatch.checks.template import TemplateOffer
from reelbatch.models.stored.templates import Composition, Layer
from reelbatch.models.wire.templates import TemplateField

_EXAMPLE_TAG = "example"  # in a row that would be empty, which is not a job


@dataclass(frozen=True)
class Field:
    name: str  # of its column: without the composition where that goes without saying
    column: Column
    layer: Layer
    font: str | None = None  # of a text, as the template's fonts are called

    @property
    def wire(self) -> TemplateField:
        layer = self.layer
        return TemplateField(
            column=self.name,
            kind=self.column.kind,
            name=layer.name,
            composition=layer.composition,
            words=_with_line_feeds(layer.text),
            width=layer.width,
            height=layer.height,
            font=self.font,
        )


def fields_of(template: TemplateOffer, composition: Composition) -> list[Field]:
    """Those of `composition`, and then those of all that it shows, at any depth."""
    found: dict[tuple[str, ...], tuple[Column, Layer]] = {}
    for column, layer in _layers(template, composition):
        found.setdefault(column.place, (column, layer))
    alike = Counter((column.kind, column.target) for column, _ in found.values())
    fonts = {face.postscript_name: face.label for face in template.inspection.fonts}
    return [
        Field(
            name=_name(column, alike[column.kind, column.target]),
            column=column,
            layer=layer,
            font=fonts.get(str(layer.properties.get("font"))),
        )
        for column, layer in found.values()
    ]


def example_table(fields: Sequence[Field]) -> str:
    """A CSV of one row, which has the template's own words and so gives what the template shows."""
    cells = {each.name: _with_line_feeds(each.layer.text) or "" for each in fields}
    if not any(map(str.strip, cells.values())):
        cells["job:tags"] = _EXAMPLE_TAG
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cells.keys(), cells.values()])
    return text.getvalue()


def _layers(template: TemplateOffer, composition: Composition) -> Iterator[tuple[Column, Layer]]:
    shown = template.shown_in(composition.name)
    layers = [layer for layer in template.inspection.layers if layer.composition in shown]
    for layer in sorted(layers, key=lambda layer: layer.composition != composition.name):
        place = "" if layer.composition == composition.name else layer.composition
        for prefix, kind in KINDS.items():
            if layer.layer_type in kind.layer_types:
                yield Column(prefix, layer.name, composition=place), layer


def _name(column: Column, alike: int) -> str:
    return replace(column, composition="").full_name if alike == 1 else column.full_name


def _with_line_feeds(words: str | None) -> str | None:
    """After Effects ends lines by carriage returns, or by U+0003 inside of a paragraph."""
    if words is None:
        return None
    text = words.replace("\r\n", "\n").replace("\r", "\n").replace("\x03", "\n")
    return text.encode("utf-8", "replace").decode()
