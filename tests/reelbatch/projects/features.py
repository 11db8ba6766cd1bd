"""The features of After Effects and how they are drawn, each with a project and expected pixels.

`python -m tests.reelbatch.projects.features` writes the table in docs/after-effects.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from py_aep import (
    AutoOrientType,
    BlendingMode,
    BoxVerticalAlignment,
    KeyframeEase,
    KeyframeInterpolationType,
    MaskMode,
    ParagraphJustification,
    Shape,
    TrackMatteType,
)

from reelbatch.models.wire.warnings import WarningCode
from tests.reelbatch.projects.made import (
    BLUE,
    GREEN,
    HEIGHT,
    RED,
    WIDTH,
    Stage,
    add_style,
    set_essentials,
)

PAGE = Path(__file__).parents[3] / "docs" / "after-effects.md"
BEGIN, END = "<!-- features -->", "<!-- end of features -->"

White, Red, Green, Blue, Black = "white", "red", "green", "blue", "black"
Seen = tuple[int, int, int, str]  # frame, x, y and the colour there, on white


@dataclass(frozen=True)
class Case:
    """A feature; `reason` is the code of its warning, None if it is drawn."""

    feature: str
    build: Callable[[Stage], object]
    seen: Sequence[Seen] = ()
    reason: WarningCode | None = None
    note: str = ""

    @property
    def cells(self) -> str:
        """The second and third cell of the table."""
        if self.reason is None:
            return "drawn |"
        return f"{self.note or 'not drawn'} | `{self.reason}`"


def _solid(stage: Stage) -> None:
    layer = stage.solid(RED, 40, 30)
    layer.transform["ADBE Position"].value = [20, 15, 0]


def _null_parent(stage: Stage) -> None:
    child = stage.solid(RED, 20, 20)
    null = stage.main.add_null()
    child.transform["ADBE Position"].value = [10, 10, 0]
    null.transform["ADBE Position"].value = [0, 0, 0]
    child.parent = null
    null.transform["ADBE Position"].value = [40, 0, 0]


def _keyframes(stage: Stage) -> None:
    layer = stage.solid(RED, 20, HEIGHT)
    layer.transform["ADBE Position"].set_values_at_times([0, 1], [[10, 30, 0], [70, 30, 0]])


def _hold(stage: Stage) -> None:
    layer = stage.solid(RED, 20, HEIGHT)
    position = layer.transform["ADBE Position"]
    position.set_values_at_times([0, 1], [[10, 30, 0], [70, 30, 0]])
    position.keyframes[0].out_interpolation_type = KeyframeInterpolationType.HOLD


def _returning_ease(stage: Stage) -> None:
    """The value leaves and returns, which Lottie's handles cannot express."""
    layer = stage.solid(RED, WIDTH, HEIGHT)
    opacity = layer.transform["ADBE Opacity"]
    opacity.set_values_at_times([0, 1], [100, 100])
    first, last = opacity.keyframes
    first.out_interpolation_type = last.in_interpolation_type = KeyframeInterpolationType.BEZIER
    first.out_temporal_ease = [KeyframeEase(-400.0, 33.0)]
    last.in_temporal_ease = [KeyframeEase(400.0, 33.0)]


def _separated(stage: Stage) -> None:
    layer = stage.solid(RED, 20, 20)
    position = layer.transform["ADBE Position"]
    position.dimensions_separated = True
    layer.transform["ADBE Position_0"].set_values_at_times([0, 1], [10, 70])
    layer.transform["ADBE Position_1"].value = 50


def _rectangle(stage: Stage) -> None:
    _fill(stage.rectangle(40, 30), RED)


def _fill(shapes: object, color: list[float]) -> None:
    fill = shapes.add_property("ADBE Vector Graphic - Fill")  # type: ignore[attr-defined]
    fill["ADBE Vector Fill Color"].value = [*color, 1.0]


def _path(stage: Stage) -> None:
    shapes = stage.shapes()
    shape = shapes.add_property("ADBE Vector Shape - Group")
    shape["ADBE Vector Shape"].value = Shape([[-40, -30], [0, -30], [0, 30], [-40, 30]])
    _fill(shapes, RED)


def _ellipse(stage: Stage) -> None:
    shapes = stage.shapes()
    shapes.add_property("ADBE Vector Shape - Ellipse")["ADBE Vector Ellipse Size"].value = [60, 40]
    _fill(shapes, GREEN)


def _star(stage: Stage) -> None:
    shapes = stage.shapes()
    star = shapes.add_property("ADBE Vector Shape - Star")
    star["ADBE Vector Star Outer Radius"].value = 28
    star["ADBE Vector Star Inner Radius"].value = 14
    _fill(shapes, BLUE)


def _stroke(stage: Stage) -> None:
    shapes = stage.rectangle(40, 30)
    stroke = shapes.add_property("ADBE Vector Graphic - Stroke")
    stroke["ADBE Vector Stroke Color"].value = [*BLUE, 1.0]
    stroke["ADBE Vector Stroke Width"].value = 8


def _trim(stage: Stage) -> None:
    shapes = stage.shapes()
    line = shapes.add_property("ADBE Vector Shape - Group")
    line["ADBE Vector Shape"].value = Shape([[-40, 0], [40, 0]], closed=False)
    stroke = shapes.add_property("ADBE Vector Graphic - Stroke")
    stroke["ADBE Vector Stroke Color"].value = [*RED, 1.0]
    stroke["ADBE Vector Stroke Width"].value = 20
    trim = shapes.add_property("ADBE Vector Filter - Trim")
    trim["ADBE Vector Trim End"].value = 50


def _repeater(stage: Stage) -> None:
    shapes = stage.rectangle(10, 10)
    _fill(shapes, RED)
    repeater = shapes.add_property("ADBE Vector Filter - Repeater")
    repeater["ADBE Vector Repeater Copies"].value = 2
    repeater["ADBE Vector Repeater Transform"]["ADBE Vector Repeater Position"].value = [25, 0]


def _twist(stage: Stage) -> None:
    shapes = stage.rectangle(40, 30)
    shapes.add_property("ADBE Vector Filter - Twist")
    _fill(shapes, RED)


def _gradient(stage: Stage) -> None:
    shapes = stage.rectangle(WIDTH, HEIGHT)
    gradient = shapes.add_property("ADBE Vector Graphic - G-Fill")
    gradient["ADBE Vector Grad Start Pt"].value = [-40, 0]
    gradient["ADBE Vector Grad End Pt"].value = [40, 0]


def _mask(stage: Stage) -> None:
    _add_mask(stage)


def _add_mask(stage: Stage) -> object:
    layer = stage.solid(RED)
    mask = layer["ADBE Mask Parade"].add_property("ADBE Mask Atom")
    mask["ADBE Mask Shape"].value = Shape([[0, 0], [40, 0], [40, 60], [0, 60]])
    return mask


def _subtracted(stage: Stage) -> None:
    _add_mask(stage).mask_mode = MaskMode.SUBTRACT  # type: ignore[attr-defined]


def _idle_mask(stage: Stage) -> None:
    _add_mask(stage).mask_mode = MaskMode.NONE  # type: ignore[attr-defined]


def _text_on_path(stage: Stage) -> None:
    """Text along the second of two masks, which hides nothing."""
    layer = stage.main.add_text("MMM")
    document = layer.text["ADBE Text Document"].value
    document.font, document.font_size, document.fill_color = "Inter-Bold", 60, RED
    layer.transform["ADBE Position"].value = [0, 0, 0]
    masks = [layer["ADBE Mask Parade"].add_property("ADBE Mask Atom") for _ in range(2)]
    masks[0]["ADBE Mask Shape"].value = Shape([[0, 0], [80, 0], [80, 60], [0, 60]])
    masks[1]["ADBE Mask Shape"].value = Shape([[0, 50], [200, 50]], closed=False)
    masks[1].mask_mode = MaskMode.NONE
    layer.text["ADBE Text Path Options"]["ADBE Text Path"].value = 2


def _feathered(stage: Stage) -> None:
    _add_mask(stage)["ADBE Mask Feather"].value = [10, 10]  # type: ignore[index]


def _matte(stage: Stage) -> None:
    layer = stage.solid(RED)
    matte = stage.solid(BLUE, 40, HEIGHT)
    matte.transform["ADBE Position"].value = [20, 30, 0]
    layer.set_track_matte(matte, TrackMatteType.ALPHA)


def _inverted_matte(stage: Stage) -> None:
    layer = stage.solid(RED)
    matte = stage.solid(BLUE, 40, HEIGHT)
    matte.transform["ADBE Position"].value = [20, 30, 0]
    layer.set_track_matte(matte, TrackMatteType.ALPHA_INVERTED)


def _matted_matte(stage: Stage) -> None:
    """A layer with the left half as its matte, which itself has the upper half as its matte."""
    layer, matte, upper = (
        stage.solid(RED),
        stage.solid(BLUE, 40, HEIGHT),
        stage.solid(GREEN, 80, 30),
    )
    matte.transform["ADBE Position"].value = [20, 30, 0]
    upper.transform["ADBE Position"].value = [40, 15, 0]
    layer.set_track_matte(matte, TrackMatteType.ALPHA)
    matte.set_track_matte(upper, TrackMatteType.ALPHA)


def _adjusting_matte(stage: Stage) -> None:
    layer, matte = stage.solid(RED), stage.solid(BLUE)
    matte.adjustment_layer = True
    layer.set_track_matte(matte, TrackMatteType.ALPHA)


def _blending(stage: Stage) -> None:
    stage.solid(RED)
    stage.solid(GREEN).blending_mode = BlendingMode.MULTIPLY


def _dissolve(stage: Stage) -> None:
    stage.solid(RED).blending_mode = BlendingMode.DISSOLVE


def _precomposition(stage: Stage) -> None:
    inner = stage.composition("Inner", 40, 30)
    inner.add_solid(RED, "Red", 40, 30)
    stage.main.add(inner).transform["ADBE Position"].value = [20, 15, 0]


def _own_frame_rate(stage: Stage) -> None:
    inner = stage.project.root_folder.add_comp("Inner", WIDTH, HEIGHT, 1.0, 2.0, 2.0)
    inner.preserve_nested_frame_rate = True
    inner.add_solid(RED, "Red", WIDTH, HEIGHT)
    stage.main.add(inner)


def _collapsed(stage: Stage) -> None:
    """The solid extends beyond its composition, which clips it only if it is not collapsed."""
    inner = stage.composition("Inner", 40, 30)
    inner.add_solid(RED, "Red", 80, 30)
    stage.main.add(inner).collapse_transformation = True


def _collapsed_half(stage: Stage) -> None:
    """The lower of two solids is visible through the upper one."""
    inner = stage.composition("Inner")
    inner.add_solid(RED, "Red", WIDTH, HEIGHT)
    inner.add_solid(BLUE, "Blue", WIDTH, HEIGHT)
    layer = stage.main.add(inner)
    layer.collapse_transformation = True
    layer.transform["ADBE Opacity"].value = 50


def _stretched(stage: Stage) -> None:
    inner = stage.composition("Inner")
    solid = inner.add_solid(RED, "Red", 20, HEIGHT)
    solid.transform["ADBE Position"].set_values_at_times([0, 1], [[10, 30, 0], [70, 30, 0]])
    stage.main.add(inner).stretch = 200


def _backwards(stage: Stage) -> None:
    inner = stage.composition("Inner")
    solid = inner.add_solid(RED, "Red", 20, HEIGHT)
    solid.transform["ADBE Position"].set_values_at_times([0, 2], [[10, 30, 0], [70, 30, 0]])
    layer = stage.main.add(inner)
    layer.stretch = -100
    layer.start_time = 2.0


def _hidden(stage: Stage) -> None:
    stage.solid(RED)
    stage.solid(BLUE).enabled = False


def _guide(stage: Stage) -> None:
    stage.solid(RED)
    stage.solid(BLUE).guide_layer = True


def _solo(stage: Stage) -> None:
    stage.solid(RED).solo = True
    stage.solid(BLUE)


def _span(stage: Stage) -> None:
    stage.solid(RED)
    above = stage.solid(BLUE)
    above.in_point, above.out_point = 0.5, 1.0


def _text(stage: Stage) -> None:
    layer = stage.main.add_text("MMM")
    document = layer.text["ADBE Text Document"].value
    document.font, document.font_size, document.fill_color = "Inter-Bold", 60, RED
    layer.transform["ADBE Position"].value = [0, 50, 0]


def _styled_text(stage: Stage) -> None:
    """A large stroked M and a small blue one on the left, and a green one at the bottom right."""
    layer = stage.main.add_box_text([80, 60], "MM\rM")
    document = layer.text["ADBE Text Document"].value
    document.font, document.font_size, document.fill_color = "Inter-Bold", 40, RED
    first, second, third = (document.character_range(n, n + 1) for n in (0, 1, 3))
    first.apply_stroke, first.stroke_color, first.stroke_width = True, BLUE, 4
    third.justification = ParagraphJustification.RIGHT_JUSTIFY
    second.fill_color, second.font_size = BLUE, 20
    third.fill_color, third.font_size = GREEN, 20


def _justified_box(stage: Stage) -> None:
    """The second letter is at the right edge of the box."""
    layer = stage.main.add_box_text([90, 60], "M M")
    document = layer.text["ADBE Text Document"].value
    document.font, document.font_size, document.fill_color = "Inter-Bold", 20, RED
    document.justification = ParagraphJustification.FULL_JUSTIFY_LASTLINE_FULL


def _vertical(stage: Stage) -> None:
    stage.main.add_vertical_text("Down")


def _low_in_its_box(stage: Stage) -> None:
    layer = stage.main.add_box_text([60, 40], "Low")
    layer.text["ADBE Text Document"].value.box_vertical_alignment = BoxVerticalAlignment.BOTTOM


def _kerned(stage: Stage) -> None:
    layer = stage.main.add_text("AV")
    layer.text["ADBE Text Document"].value.character_range(1, 2).kerning = 500


def _adjustment(stage: Stage) -> None:
    stage.solid(RED)
    layer = stage.solid(BLUE)
    layer.adjustment_layer = True
    layer.effects.add_property("ADBE Geometry2")


def _idle_adjustment(stage: Stage) -> None:
    stage.solid(RED)
    stage.solid(BLUE).adjustment_layer = True


def _effect(stage: Stage) -> None:
    effect = stage.solid(RED).effects.add_property("ADBE Geometry2")
    effect["ADBE Geometry2-0006"].value = 45.0


def _effect_off(stage: Stage) -> None:
    stage.solid(RED).effects.add_property("ADBE Geometry2").enabled = False


def _overlay(stage: Stage) -> None:
    add_style(stage.solid(RED, 40, 30), "solidFill", color=[*GREEN, 1.0])


def _shadow(stage: Stage) -> None:
    """The light comes from the left."""
    values = {"localLightingAngle": 180, "distance": 30, "blur": 0, "opacity": 100}
    add_style(stage.solid(RED, 20, 20), "dropShadow", **values)


def _coloured_shadow(stage: Stage) -> None:
    add_style(stage.solid(RED, 20, 20), "dropShadow", color=[*BLUE, 1.0])


def _glow(stage: Stage) -> None:
    add_style(stage.solid(RED, 20, 20), "outerGlow", opacity=50)


def _motion_blur(stage: Stage) -> None:
    _keyframes(stage)
    stage.main.motion_blur = True
    stage.main.layers[0].motion_blur = True


def _depth(stage: Stage) -> None:
    layer = stage.solid(RED)
    layer.three_d_layer = True
    layer.transform["ADBE Rotate Y"].value = 45


def _flat_depth(stage: Stage) -> None:
    stage.solid(RED).three_d_layer = True


def _camera(stage: Stage) -> None:
    stage.solid(RED).three_d_layer = True
    stage.main.add_camera("Camera", [40, 30])


def _expression(stage: Stage) -> None:
    stage.solid(RED).transform["ADBE Opacity"].expression = "time * 50"


def _array_expression(stage: Stage) -> None:
    stage.solid(RED).transform["ADBE Position"].expression = "value + [10, 0]"


def _expression_off(stage: Stage) -> None:
    opacity = stage.solid(RED).transform["ADBE Opacity"]
    opacity.expression = "time * 50"
    opacity.expression_enabled = False


def _loop(stage: Stage) -> None:
    position = stage.solid(RED, 20, HEIGHT).transform["ADBE Position"]
    position.set_values_at_times([0, 0.5], [[10, 30, 0], [70, 30, 0]])
    position.expression = "loopOut('pingpong')"


def _orientation(stage: Stage) -> None:
    layer = stage.solid(RED, 60, 10)
    layer.transform["ADBE Position"].set_values_at_times([0, 1], [[40, 0, 0], [40, 60, 0]])
    layer.auto_orient = AutoOrientType.ALONG_PATH


def _essential(stage: Stage) -> None:
    """Two layers show one composition; the right one hides its content."""
    inner = stage.composition("Inner", 40, HEIGHT)
    opacity = inner.add_solid(RED, "Red", 40, HEIGHT).transform["ADBE Opacity"]
    opacity.value = 100
    opacity.add_to_motion_graphics_template_as(inner, "Strength")
    hidden = stage.solid(BLUE, 20, 20).transform["ADBE Opacity"]
    hidden.value = 0
    left, right = stage.main.add(inner), stage.main.add(inner)
    left.transform["ADBE Position"].value = [20, 30, 0]
    right.transform["ADBE Position"].value = [60, 30, 0]
    set_essentials(right, hidden)


def _placeholder(stage: Stage) -> None:
    item = stage.project.import_placeholder("Logo", 40, 30, 10.0, 1.0)
    stage.main.add(item)


def _preserved(stage: Stage) -> None:
    stage.solid(RED).preserve_transparency = True


LEFT, RIGHT = (0, 10, 30), (0, 70, 30)
CASES = (
    Case("solids", _solid, [(0, 5, 5, Red), (0, 60, 50, White)]),
    Case("nulls and parents", _null_parent, [(0, 50, 10, Red), (0, 10, 10, White)]),
    Case("keyframes", _keyframes, [(0, 10, 30, Red), (5, 40, 30, Red), (10, 70, 30, Red)]),
    Case("hold keyframes", _hold, [(9, 10, 30, Red), (10, 70, 30, Red)]),
    Case("eases between equal values", _returning_ease, [(0, 40, 30, Red), (5, 40, 30, White)]),
    Case("separated dimensions", _separated, [(0, 10, 50, Red), (10, 70, 50, Red)]),
    Case("auto-orientation along the path", _orientation, [(5, 40, 10, Red), (5, 15, 30, White)]),
    Case(
        "in and out points of layers",
        _span,
        [(4, *LEFT[1:], Red), (5, *LEFT[1:], Blue), (10, *LEFT[1:], Red)],
    ),
    Case("hidden layers", _hidden, [(*LEFT, Red)]),
    Case("guide layers", _guide, [(*LEFT, Red)]),
    Case("solo", _solo, [(*LEFT, Red)]),
    Case("rectangles, fills", _rectangle, [(0, 40, 30, Red), (0, 5, 5, White)]),
    Case("paths", _path, [(*LEFT, Red), (*RIGHT, White)]),
    Case("ellipses", _ellipse, [(0, 40, 30, Green), (0, 12, 12, White)]),
    Case("stars and polygons", _star, [(0, 40, 30, Blue), (0, 5, 5, White)]),
    Case("strokes", _stroke, [(0, 20, 30, Blue), (0, 40, 30, White)]),
    Case("gradients", _gradient, [(0, 1, 30, White), (0, 78, 30, Black)]),
    Case("trimmed paths", _trim, [(*LEFT, Red), (*RIGHT, White)]),
    Case("repeaters", _repeater, [(0, 40, 30, Red), (0, 65, 30, Red), (0, 52, 30, White)]),
    Case("twist, zig zag, pucker and bloat, wiggles", _twist, reason=WarningCode.SHAPE_NOT_DRAWN),
    Case("masks", _mask, [(*LEFT, Red), (*RIGHT, White)]),
    Case("subtracted masks", _subtracted, [(*LEFT, White), (*RIGHT, Red)]),
    Case("masks with mode None", _idle_mask, [(*LEFT, Red), (*RIGHT, Red)]),
    Case(
        "mask feather",
        _feathered,
        [(*LEFT, Red)],
        WarningCode.MASK_FEATHER_NOT_DRAWN,
        "drawn with sharp edges",
    ),
    Case("track mattes", _matte, [(*LEFT, Red), (*RIGHT, White)]),
    Case("inverted track mattes", _inverted_matte, [(*LEFT, White), (*RIGHT, Red)]),
    Case(
        "mattes that have a matte",
        _matted_matte,
        [(0, 20, 15, Red), (*RIGHT, White)],
        WarningCode.MATTE_NOT_DRAWN,
        "drawn without the second matte",
    ),
    Case("adjustment layers as mattes", _adjusting_matte, reason=WarningCode.MATTE_NOT_DRAWN),
    Case("blending modes", _blending, [(*LEFT, Black)]),
    Case("Dissolve, Stencil and similar modes", _dissolve, reason=WarningCode.BLEND_MODE_NOT_DRAWN),
    Case("preserved transparency", _preserved, reason=WarningCode.TRANSPARENCY_NOT_PRESERVED),
    Case("precompositions", _precomposition, [(0, 5, 5, Red), (0, 60, 50, White)]),
    Case(
        "precompositions that preserve their frame rate",
        _own_frame_rate,
        reason=WarningCode.FRAME_RATE_NOT_KEPT,
        note="drawn at the frame rate of the rendered composition",
    ),
    Case("collapsed transformations", _collapsed, [(0, 5, 30, Red)]),
    Case(
        "collapsed transformations of a transparent precomposition",
        _collapsed_half,
        reason=WarningCode.COLLAPSE_NOT_DRAWN,
        note="drawn as one picture",
    ),
    Case("Essential Properties", _essential, [(*LEFT, Red), (*RIGHT, White)]),
    Case("time stretch", _stretched, [(10, 40, 30, Red), (19, 67, 30, Red)]),
    Case("reversed time", _backwards, [(1, 67, 30, Red), (18, 15, 30, Red)]),
    Case("texts", _text, [(0, 6, 40, Red)]),
    Case(
        "texts with several styles and alignments",
        _styled_text,
        [(0, 2, 24, Blue), (0, 38, 10, White), (0, 40, 25, Blue), (0, 63, 50, Green)],
    ),
    Case("text on a path", _text_on_path, [(0, 6, 40, Red)]),
    Case("justified text", _justified_box, [(0, 40, 8, White), (0, 69, 8, Red)]),
    Case(
        "text aligned to the middle or bottom of its box",
        _low_in_its_box,
        reason=WarningCode.TEXT_STYLE_NOT_DRAWN,
        note="drawn at the top",
    ),
    Case(
        "manual kerning",
        _kerned,
        reason=WarningCode.TEXT_STYLE_NOT_DRAWN,
        note="drawn with the font's kerning",
    ),
    Case(
        "vertical text",
        _vertical,
        reason=WarningCode.TEXT_STYLE_NOT_DRAWN,
        note="drawn horizontally",
    ),
    Case(
        "adjustment layers with effects",
        _adjustment,
        [(*LEFT, Red)],
        WarningCode.ADJUSTMENT_LAYER_NOT_DRAWN,
    ),
    Case("adjustment layers without effects", _idle_adjustment, [(*LEFT, Red)]),
    Case("effects that the engine does not support", _effect, reason=WarningCode.EFFECT_NOT_DRAWN),
    Case("disabled effects", _effect_off, [(*LEFT, Red)]),
    Case("layer styles: Color Overlay", _overlay, [(0, 40, 30, Green), (0, 5, 5, White)]),
    Case("layer styles: Drop Shadow", _shadow, [(0, 40, 30, Red), (0, 70, 30, Black)]),
    Case(
        "layer styles: coloured Drop Shadow that multiplies",
        _coloured_shadow,
        reason=WarningCode.LAYER_STYLES_NOT_DRAWN,
        note="drawn without multiplying the colour",
    ),
    Case("other layer styles", _glow, reason=WarningCode.LAYER_STYLES_NOT_DRAWN),
    Case("motion blur", _motion_blur, reason=WarningCode.MOTION_BLUR_NOT_DRAWN),
    Case("three-dimensional layers", _depth, reason=WarningCode.LAYER_IN_3D, note="drawn flat"),
    Case("three-dimensional layers that face the viewer", _flat_depth, [(*LEFT, Red)]),
    Case("cameras and lights", _camera, reason=WarningCode.LAYER_IN_3D),
    Case("loopOut, loopIn and similar functions", _loop, [(5, 70, 30, Red), (10, 10, 30, Red)]),
    Case(
        "other expressions",
        _expression,
        reason=WarningCode.EXPRESSIONS_OFF,
        note="drawn if the worker runs expressions",
    ),
    Case(
        "expressions that calculate with arrays",
        _array_expression,
        reason=WarningCode.EXPRESSION_DIFFERS,
    ),
    Case("disabled expressions", _expression_off, [(*LEFT, Red)]),
    Case("missing footage", _placeholder, reason=WarningCode.MISSING_PICTURE),
)


def table() -> str:
    """The table in Markdown, with a row for each feature."""
    lines = [f"| {case.feature} | {case.cells} |" for case in CASES]
    return "\n".join(["| feature | result | reason |", "|---|---|---|", *lines])


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")
