"""Essential Graphics controls become slots, and documents have their composition's background."""

from dataclasses import replace
from typing import Any

from reelbatch.engines.lottie.document import LottieDocument
from reelbatch.projects.conversion.document import convert
from reelbatch.projects.conversion.essentials import with_slots
from reelbatch.projects.model import (
    Composition,
    Control,
    Group,
    Layer,
    LayerKind,
    PathStep,
    Property,
    Switches,
)
from tests.reelbatch.projects.made import (
    GREEN,
    RED,
    Stage,
    a_project,
    converted,
    opened,
    set_essentials,
)


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


def _slots(layer: Layer, *path: PathStep) -> list[str]:
    """The names of the properties with the slot."""
    control = Control(
        identity="a", name="Strength", kind=2, composition=1, layer=7, property_path=path
    )
    composition = Composition(identity=1, name="Main", layers=(layer,))
    [named] = with_slots(composition, [control]).layers
    return [one.name for one in named.tree.all_properties() if one.slot == "Strength"]


def test_a_control_becomes_the_slot_of_its_property() -> None:
    transform = ("ADBE Transform Group", None)
    assert _slots(_layer(), transform, ("ADBE Opacity", None)) == ["Opacity"]
    assert _slots(_layer(), ("ADBE Mask Parade", None), ("ADBE Opacity", None)) == []


def test_a_control_may_set_a_property_that_has_its_default() -> None:
    assert _slots(_layer(), ("ADBE Transform Group", None), ("ADBE Scale", None)) == [""]


def _sliders(*names: str) -> Layer:
    return _layer(
        *(
            Group(
                "ADBE Slider Control",
                name,
                enabled=True,
                children=(Property("ADBE Slider Control-0001", name, (1.0,)),),
                effect=True,
            )
            for name in names
        )
    )


def test_a_control_identifies_its_effect_among_equal_ones() -> None:
    parade, slider = ("ADBE Effect Parade", None), ("ADBE Slider Control-0001", 1)
    second = ("ADBE Slider Control", 1)
    assert _slots(_sliders("A", "B", "C"), parade, second, slider) == ["B"]
    unplaced = ("ADBE Slider Control", None)
    assert _slots(_sliders("A"), parade, unplaced, slider) == ["A"]
    assert _slots(_sliders("A", "B"), parade, unplaced, slider) == []


def test_a_control_may_set_a_layer_of_a_nested_composition() -> None:
    def nested(stage: Stage) -> None:
        inner = stage.composition("Inner")
        inner.add_solid(RED, "Red", 80, 60).transform["ADBE Opacity"].value = 50
        stage.main.add(inner)

    project = opened(a_project(nested)).project
    by_name = {one.name: one for one in project.compositions}
    inner, main = by_name["Inner"], by_name["Main"]
    path = (("ADBE Transform Group", None), ("ADBE Opacity", None))
    control = Control(
        identity="a",
        name="Strength",
        kind=2,
        composition=inner.identity,
        layer=inner.layers[0].identity,
        property_path=path,
    )
    items = {**project.items, main.identity: replace(main, controls=(control,))}
    [asset] = convert(replace(project, items=items), "Main").document["assets"]
    assert asset["layers"][0]["ks"]["o"]["sid"] == "Strength"


def _two_titles(stage: Stage) -> None:
    """A composition shown twice: unchanged, and with other texts that are adjacent in the file."""
    inner = stage.composition("Inner")
    for name in ("First", "Second"):
        text = inner.add_text(name).text["ADBE Text Document"]
        text.add_to_motion_graphics_template_as(inner, name)
    words = [stage.main.add_text(word).text["ADBE Text Document"] for word in ("One", "Two")]
    stage.main.add(inner)
    set_essentials(stage.main.add(inner), *words)


def _words(asset: Any) -> list[tuple[str, str | None]]:
    texts = [layer["t"]["d"] for layer in asset["layers"]]
    return [(text["k"][0]["s"]["t"], text.get("sid")) for text in texts]


def test_a_layer_shows_its_composition_with_its_own_essential_properties() -> None:
    conversion = converted(_two_titles)
    own, plain = conversion.document["assets"]
    assert _words(plain) == [("Second", "Second"), ("First", "First")]
    assert _words(own) == [("Two", None), ("One", None)]
    shown = [layer.get("refId") for layer in conversion.document["layers"]]
    assert {plain["id"], own["id"]} <= set(shown)
    assert not conversion.reasons


def test_an_asset_for_a_composition_changes_all_its_copies() -> None:
    document = LottieDocument(converted(_two_titles).document)
    inner = document.composition("Inner")
    assert inner is not None
    layers = [layer for one in document.states_of(inner) for layer in one.layers_named("First")]
    assert {layer["t"]["d"]["k"][0]["s"]["t"] for layer in layers} == {"First", "One"}


def test_an_essential_property_with_an_expression_is_a_reason() -> None:
    def scripted(stage: Stage) -> None:
        inner = stage.composition("Inner")
        opacity = inner.add_solid(RED, "Red", 80, 60).transform["ADBE Opacity"]
        opacity.value = 50
        opacity.add_to_motion_graphics_template_as(inner, "Strength")
        other = stage.solid(RED).transform["ADBE Opacity"]
        other.expression = "time * 50"
        set_essentials(stage.main.add(inner), other)

    [reason] = converted(scripted).reasons
    assert reason.code == "ESSENTIAL_PROPERTIES_NOT_DRAWN"
    assert "'Strength'" in reason.message


def test_controls_that_the_file_omits_are_available_to_expressions() -> None:
    def untouched(stage: Stage) -> None:
        stage.solid(RED).effects.add_property("ADBE Slider Control")

    [layer] = converted(untouched).document["layers"]
    [[control]] = [effect["ef"] for effect in layer["ef"]]
    assert (control["nm"], control["v"]) == ("Slider", {"a": 0, "k": 0})


def test_a_controlled_property_is_a_slot_of_the_document() -> None:
    def controlled(stage: Stage) -> None:
        opacity = stage.solid(RED).transform["ADBE Opacity"]
        opacity.value = 50
        opacity.add_to_motion_graphics_template_as(stage.main, "Strength")

    [layer] = converted(controlled).document["layers"]
    assert layer["ks"]["o"] == {"a": 0, "k": 50, "sid": "Strength"}


def test_a_document_has_the_background_of_its_composition() -> None:
    def green(stage: Stage) -> None:
        stage.solid(RED, 10, 10)
        stage.main.bg_color = GREEN

    assert convert(opened(a_project(green)).project, "Main").document["bg"] == "#00ff00"
