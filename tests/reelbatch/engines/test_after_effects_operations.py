"""Our script for After Effects, run in an interpreter with a model of the objects that it uses.

After Effects doesn't run on Linux. These tests show that the script makes the right calls to the
documented objects. They cannot show that it is valid ExtendScript, since the interpreter accepts
newer syntax.
"""

import json
from typing import Any

import pytest
from quickjs import Context, JSException

from reelbatch.engines.nexrender.operations import script_of

MODEL = """
function CompItem(name, layers) {
    this.name = name; this.duration = 4; this.workAreaStart = 1; this.workAreaDuration = 2;
    this.width = 200; this.list = layers;
    for (var i = 0; i < layers.length; i++) { layers[i].containingComp = this; }
}
CompItem.prototype = {
    get numLayers() { return this.list.length; },
    layer: function (n) { return this.list[n - 1]; },
    get layers() { return this; },
    addSolid: function (color, name, width, height) {
        var made = layer(name, [], {source: new Solid(color, width, height), containingComp: this});
        this.list.unshift(made);
        return made;
    }
};
function FootageItem(path) {
    this.footageMissing = true;
    this.mainSource = {missingFootagePath: path};
}
FootageItem.prototype.replace = function (file) { this.file = file.path; };
function SolidSource(color) { this.color = color; }
function Solid(color, width, height) {
    this.mainSource = new SolidSource(color); this.width = width; this.height = height;
}
function File(path) { this.path = path; }
function Value(name, value) { this.matchName = name; this.value = value; this.numKeys = 2; }
Value.prototype = {
    setValue: function (value) {
        if (this.numKeys) { throw new Error("setValue on a property with keyframes"); }
        this.value = value;
    },
    removeKey: function () { this.numKeys--; }
};
function Group(name, children) { this.matchName = name; this.children = children; }
Group.prototype = {
    get numProperties() { return this.children.length; },
    property: function (key) {
        if (typeof key === "number") { return this.children[key - 1] || null; }
        for (var i = 0; i < this.children.length; i++) {
            if (this.children[i].matchName === key) { return this.children[i]; }
        }
        return null;
    }
};
function layer(name, children, more) {
    var made = new Group("", children);
    made.name = name; made.locked = true; made.enabled = true; made.startTime = 0;
    made.inPoint = 0.5; made.outPoint = 3;
    made.remove = function () { comp.list.splice(comp.list.indexOf(made), 1); };
    made.replaceSource = function (source) { made.source = source; };
    made.sourceRectAtTime = function () { return {width: text.value.fontSize * 5, height: 10}; };
    for (var key in more) { made[key] = more[key]; }
    return made;
}
var text = new Value("ADBE Text Document", {text: "old", fontSize: 60});
var scale = new Group("ADBE Transform Group", [new Value("ADBE Scale", [100, 100])]);
var title = layer("Title", [new Group("ADBE Text Properties", [text]), scale]);
var fill = new Value("ADBE Vector Fill Color", [0, 0, 0, 1]);
var shape = layer("Shape", [new Group("ADBE Root Vectors Group", [
    new Group("ADBE Vector Group", [new Group("ADBE Vector Graphic - Fill", [fill])])
])]);
var effects = [new Value("ADBE Slider", 1), new Value("ADBE Slider", 2)];
var black = new Solid([0, 0, 0], 80, 60);
var solid = layer("Solid", [new Group("ADBE Effect Parade", effects)], {source: black});
var twin = layer("Twin", [], {source: black});
var comp = new CompItem("Main", [title, shape, solid, twin]);
var footage = new FootageItem("C:\\\\Jobs\\\\Photo.PNG");
var saved = null;
var app = {project: {
    list: [footage, comp],
    get numItems() { return this.list.length; },
    item: function (n) { return this.list[n - 1]; },
    save: function (file) { saved = file.path; }
}};
"""
RED = [1, 0, 0]
HOSTILE = "é\u2028\"'); app.quit(); ('"


def on(layer: str, do: str, **values: object) -> dict[str, Any]:
    """Return an operation on a layer."""
    return {"do": do, "composition": "Main", "layer": layer, **values}


def seen(*operations: dict[str, Any], of: str) -> Any:
    """Evaluate an expression on the model after the operations."""
    context = Context()
    context.eval(MODEL)
    context.eval(script_of(operations))
    return json.loads(context.eval(f"JSON.stringify({of})"))


@pytest.mark.parametrize(
    ("operation", "of", "expected"),
    [
        (on("Title", "nx:text-params-set", text={"text": HOSTILE}), "text.value.text", HOSTILE),
        (on("Title", "nx:layer-autoscale", smallest=1, largest=None), "text.value.fontSize|0", 35),
        (on("Title", "nx:layer-state-set", state="hidden"), "title.enabled", False),
        (on("Title", "nx:layer-state-set", state="hidden"), "title.locked", True),
        (on("Title", "nx:layer-remove"), "comp.list.length", 3),
        (on("Title", "nx:layer-start-set", seconds=0.5), "title.startTime", 1),
        (on("Title", "nx:layer-duration-set", seconds=2), "title.outPoint", 2.5),
        (on("", "nx:comp-duration-set", seconds=5), "[comp.duration, title.outPoint]", [6, 6]),
        (on("Shape", "nx:solid-color-set", color=RED), "fill.value", [1, 0, 0, 1]),
        ({"do": "relink", "files": {"photo.png": "/p.png"}}, "footage.file", "/p.png"),
        ({"do": "save", "file": "/there/a.aep"}, "saved", "/there/a.aep"),
    ],
)
def test_an_operation_changes_the_project_as_expected(
    operation: dict[str, Any], of: str, expected: object
) -> None:
    assert seen(operation, of=of) == expected


def test_recolouring_a_shared_solid_changes_only_the_named_layer() -> None:
    of = "[solid.source.mainSource.color, solid.source.width, twin.source.mainSource.color]"
    recolour = on("Solid", "nx:solid-color-set", color=RED)
    assert seen(recolour, of=of) == [RED, 80, [0, 0, 0]]
    assert seen(recolour, of="comp.list.map(function (one) { return one.name; })") == [
        *("Title", "Shape", "Solid", "Twin")
    ]


def test_a_control_sets_one_of_several_equal_effects_and_removes_its_keyframes() -> None:
    path = [["ADBE Effect Parade", None], ["ADBE Slider", 1]]
    before = 1  # the layer's index before another operation removed a layer
    operation = on("Solid", "essential", control="Strength", index=before, path=path, value=7)
    found = seen(operation, of="[effects[0].value, effects[1].value, effects[1].numKeys]")
    assert found == [1, 7, 0]


def test_a_missing_layer_is_named_with_the_prefix_that_the_tool_expects() -> None:
    with pytest.raises(JSException, match="nexrender: Main has no layer Other"):
        seen(on("Other", "nx:layer-remove"), of="1")
