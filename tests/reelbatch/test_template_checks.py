"""What a job has to do with a template: what it names there, and what it is warned of."""

import pytest

from reelbatch.checks.template import TemplateOffer, job_warnings, layer_problems
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.assets import TextAsset
from reelbatch.models.wire.warnings import RenderWarning

COMPOSED, DECOMPOSED = "Gr\u00fcn", "Gru\u0308n"


@pytest.mark.parametrize(("stored", "asked"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_names_of_either_form_are_found(stored: str, asked: str) -> None:
    composition = Composition(name=stored, width=1, height=1, frame_rate=30, frames=1)
    layer = Layer(composition=stored, position=1, name=stored, layer_type="text")
    offer = TemplateOffer(TemplateInspection(compositions=[composition], layers=[layer], fonts=[]))
    assert offer.composition_named(asked) == composition
    asset = TextAsset(type="text", layer_name=asked, value="x", composition=asked)
    assert not list(layer_problems(asset, "assets.0", offer, composition))
    absent = asset.model_copy(update={"layer_name": "other"})
    assert list(layer_problems(absent, "assets.0", offer, composition))


def test_a_job_is_warned_of_the_compositions_that_it_shows() -> None:
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
