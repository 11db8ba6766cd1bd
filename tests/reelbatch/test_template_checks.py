"""Checks of a job against its template: the names that it uses, and its warnings."""

from typing import Any

import pytest

from reelbatch.checks.template import TemplateOffer, job_warnings, layer_problems, lossy_problems
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.assets import EssentialAsset, MediaAsset, TextAsset
from reelbatch.models.wire.templates import TemplateControl
from reelbatch.models.wire.warnings import RenderWarning

COMPOSED, DECOMPOSED = "Gr\u00fcn", "Gru\u0308n"


@pytest.mark.parametrize(("stored", "requested"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_names_are_found_in_either_unicode_form(stored: str, requested: str) -> None:
    composition = Composition(name=stored, width=1, height=1, frame_rate=30, frames=1)
    layer = Layer(composition=stored, position=1, name=stored, layer_type="text")
    offer = TemplateOffer(TemplateInspection(compositions=[composition], layers=[layer], fonts=[]))
    assert offer.composition_named(requested) == composition
    asset = TextAsset(type="text", layer_name=requested, value="x", composition=requested)
    assert not list(layer_problems(asset, "assets.0", offer, composition))
    absent = asset.model_copy(update={"layer_name": "other"})
    assert list(layer_problems(absent, "assets.0", offer, composition))


def test_a_job_gets_the_warnings_of_the_compositions_it_shows() -> None:
    sizes = {"width": 1, "height": 1, "frame_rate": 30, "frames": 1}
    names = ("main", "badge", "inside", "other")
    shown = (("main", "badge"), ("badge", "inside"), ("inside", "badge"))
    offer = TemplateOffer(
        TemplateInspection(
            compositions=[Composition.model_validate({"name": name, **sizes}) for name in names],
            layers=[
                Layer(composition=a, position=1, name=b, layer_type="precomp", source_composition=b)
                for a, b in shown
            ],
            fonts=[],
            warnings=[
                RenderWarning(code="CAMERA", message=name, composition=name) for name in names
            ]
            + [RenderWarning(code="FONT", message="everywhere")],
        )
    )
    for composition, warned in {
        "main": ["main", "badge", "inside", "everywhere"],
        "inside": ["badge", "inside", "everywhere"],
        "other": ["other", "everywhere"],
    }.items():
        assert [each.message for each in job_warnings(offer, composition, [])] == warned


def _a_project(*reasons: RenderWarning, controls: list[TemplateControl] | None = None) -> Any:
    composition = Composition(
        name="main", width=1, height=1, frame_rate=30, frames=1, reasons=list(reasons)
    )
    found = TemplateInspection(
        compositions=[composition], layers=[], fonts=[], controls=controls or []
    )
    return TemplateOffer(found), composition


def test_a_job_that_replaces_all_missing_files_has_no_reasons_left() -> None:
    names = [f"photo {number}" for number in range(30)]
    missing = [
        RenderWarning(code="MISSING_PICTURE", message="x", layer=name, composition="main")
        for name in names
    ]
    sound = RenderWarning(code="MISSING_SOUND", message="x", layer="voice", composition="main")
    offer, composition = _a_project(*missing, sound)
    assets = [MediaAsset(type="image", src="https://a.b/c.png", layer_name=name) for name in names]
    voice = MediaAsset(type="audio", src="https://a.b/c.mp3", layer_name="voice")
    filled = job_warnings(offer, "main", [*assets, voice])
    assert list(lossy_problems(composition, filled)) == []
    left = job_warnings(offer, "main", assets)
    assert [one.code for one in left] == ["MISSING_SOUND"]


@pytest.mark.parametrize("name", ["Headline", "headline", "Texts.Headline", "Texts->Headline"])
def test_an_essential_asset_names_a_control(name: str) -> None:
    control = TemplateControl(name="Headline", type="text", composition="main", layer="a")
    offer, composition = _a_project(controls=[control])
    asset = EssentialAsset(type="essential", layer_name=name, value="x")
    assert list(layer_problems(asset, "assets.0", offer, composition)) == []


def test_an_unknown_control_is_refused_with_a_suggestion() -> None:
    control = TemplateControl(name="Headline", type="text", composition="main", layer="a")
    offer, composition = _a_project(controls=[control])
    asset = EssentialAsset(type="essential", layer_name="Headlin", value="x")
    [problem] = layer_problems(asset, "assets.0", offer, composition)
    assert problem.message == "main has no control Headlin. Did you mean Headline?"
