"""The fields of a template, and the example table that is made from them."""

from typing import cast

from api.submission.tables.fields import example_table, fields_of
from api.submission.tables.reading import TableQuery, read_table
from api.submission.tables.text import csv_rows
from reelbatch.checks.template import TemplateOffer
from reelbatch.engines.lottie.engine import LottieEngine
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from tests.api.running_api import Team


def _layer(composition: str, name: str, kind: str, words: str | None = None) -> Layer:
    shows = "badge" if kind == "precomp" else None
    return Layer(
        composition=composition,
        position=1,
        name=name,
        layer_type=kind,
        source_composition=shows,
        text=words,
    )


def _offer(*layers: Layer) -> TemplateOffer:
    names = ("main", "badge", "apart")
    sizes = [Composition(name=n, width=32, height=18, frame_rate=25, frames=10) for n in names]
    found = TemplateInspection(compositions=sizes, layers=list(layers), fonts=[])
    return TemplateOffer(found, LottieEngine)


PROMO = _offer(
    _layer("badge", "label", "text", 'one\rtwo, "three"'),
    _layer("badge", "title", "text", "below"),
    _layer("badge", "photo", "image"),
    _layer("main", "inner", "precomp"),
    _layer("main", "title", "text", "Äpfel"),
    _layer("main", "title", "text", "again"),
    _layer("main", "note: x", "text", "9"),
    _layer("main", "data:x", "text", "8"),
    _layer("main", "back", "solid"),
    _layer("apart", "alone", "text", "never"),
)


def test_fields_are_all_visible_layers_each_with_an_unambiguous_name() -> None:
    fields = [each.wire for each in fields_of(PROMO, PROMO.root)]
    assert [(each.column, each.composition, each.words) for each in fields] == [
        ("title", "main", "Äpfel"),
        ("text:note: x", "main", "9"),
        ("text:data:x", "main", "8"),
        ("label", "badge", 'one\ntwo, "three"'),
        ("text:badge/title", "badge", "below"),
        ("image:photo", "badge", None),
    ]


def test_the_example_table_has_the_templates_own_text() -> None:
    fields = fields_of(PROMO, PROMO.root)
    query = TableQuery.model_validate({"template": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "strict": "true"})
    table = read_table(csv_rows(example_table(fields).encode(), 1000), query, PROMO)
    [job] = table.jobs
    assert isinstance(job, dict)
    assets = cast("list[dict[str, str]]", job["assets"])
    assert [
        (each.get("composition", "main"), each["layerName"], each["value"]) for each in assets
    ] == [
        (each.wire.composition, each.wire.name, each.wire.words)
        for each in fields
        if each.wire.words
    ]
    assert [column.means for column in table.columns] == [each.name for each in fields]


async def test_a_template_without_text_has_an_example_row_too(card_team: Team, card: str) -> None:
    wordless = _offer(_layer("main", "photo", "image"))
    table = example_table(fields_of(wordless, wordless.root))
    assert table.splitlines() == ["image:photo,job:tags", ",example"]
    own = await card_team.http.get(f"/templates/{card}/fields?format=csv&composition=badge")
    assert (own.status_code, own.text.splitlines()[0]) == (200, "label")
    none = await card_team.http.get(f"/templates/{card}/fields?composition=bagde")
    assert (none.status_code, none.json()["errorCode"]) == (400, "COMPOSITION_NOT_FOUND")
    assert "Did you mean badge?" in none.json()["error"]
