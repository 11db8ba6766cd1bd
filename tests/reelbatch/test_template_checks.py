"""What a job names is found in a template, in whatever form of Unicode it is written."""

import pytest

from reelbatch.checks.template import TemplateOffer, layer_problems
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.assets import TextAsset

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
