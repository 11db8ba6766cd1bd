"""Controls of Essential Graphics become slots; a composition's background is behind its film."""

from reelbatch.projects.conversion.document import convert
from reelbatch.projects.conversion.slots import with_slots
from reelbatch.projects.model import (
    Composition,
    Control,
    Group,
    Layer,
    LayerKind,
    Property,
    Switches,
)
from tests.reelbatch.projects.made import GREEN, RED, Stage, a_project, converted, opened


def _layer(*effects: Group) -> Layer:
    opacity = Property("ADBE Opacity", "Opacity", (50.0,))
    transform = Group("ADBE Transform Group", "", enabled=True, children=(opacity,))
    parade = Group("ADBE Effect Parade", "", enabled=True, children=effects)
    return Layer(
        identity=7,
        name="Title",
        kind=LayerKind.NULL,
        switches=Switches(),
        start=0,
        in_point=0,
        out_point=1,
        stretch=1,
        tree=Group("", "", enabled=True, children=(transform, parade)),
    )


def _slots(layer: Layer, *path: str) -> list[str]:
    control = Control("Strength", kind=2, composition=1, layer=7, property_path=path)
    composition = Composition(identity=1, name="Main", layers=(layer,), controls=(control,))
    [named] = with_slots(composition).layers
    return [one.slot for one in named.tree.all_properties() if one.slot]


def test_a_control_names_the_property_that_it_sets() -> None:
    assert _slots(_layer(), "ADBE Transform Group", "ADBE Opacity") == ["Strength"]
    assert _slots(_layer(), "ADBE Transform Group", "ADBE Position") == []


def test_a_control_that_could_mean_two_properties_names_none() -> None:
    slider = Property("ADBE Slider Control-0001", "Slider", (1.0,))
    effect = Group("ADBE Slider Control", "", enabled=True, children=(slider,), effect=True)
    path = ("ADBE Effect Parade", "ADBE Slider Control", "ADBE Slider Control-0001")
    assert _slots(_layer(effect), *path) == ["Strength"]
    assert _slots(_layer(effect, effect), *path) == []


def test_a_controlled_property_is_a_slot_of_the_document() -> None:
    def controlled(stage: Stage) -> None:
        opacity = stage.solid(RED).transform["ADBE Opacity"]
        opacity.value = 50
        opacity.add_to_motion_graphics_template_as(stage.main, "Strength")

    [layer] = converted(controlled).document["layers"]
    assert layer["ks"]["o"] == {"a": 0, "k": 50, "sid": "Strength"}


def test_a_document_names_the_background_of_its_composition() -> None:
    def green(stage: Stage) -> None:
        stage.solid(RED, 10, 10)
        stage.main.bg_color = GREEN

    assert convert(opened(a_project(green)).project, "Main").document["bg"] == "#00ff00"
