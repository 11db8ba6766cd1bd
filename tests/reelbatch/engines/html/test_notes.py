"""Missing files, refused requests and a page's own messages are reported with place and frame."""

import re

import pytest

from reelbatch.engines.html import HtmlEngine
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.templates import Layer
from tests.reelbatch.engines.html.pages import Film, a_page, needs_browser, packed

_COMPLAINTS = """
<h1 data-layer="title">Hello</h1><i data-layer="bar"></i>
<img src="pictures/gone.png"><img src="moving.svg">
<script src="https://cdn.example.org/library.js"></script>
<iframe src="https://maps.example.org/"></iframe>
<script>
  console.log("not this");
  console.error("no prices", { of: "today" }, 3);
  try { new Worker(URL.createObjectURL(new Blob(["1"]))) } catch {}
  try { new WebSocket("wss://live.example.org/") } catch {}
  fetch("/data/gone.json").then((answer) => answer.status);
  setTimeout(() => { location.href = "/other.html" }, 150);
  setInterval(() => console.warn("late"), 250);
  if (window.open("https://shop.example.org/")) throw new Error("a window");
  document.createElement("canvas").getContext("webgl2").readPixels(0, 0, 1, 1, 6408, 5121,
    new Uint8Array(4));
</script>"""


@needs_browser
def test_every_problem_is_reported_once_with_its_place_and_frame(film: Film) -> None:
    moving = "<svg xmlns='http://www.w3.org/2000/svg'><animate attributeName='x'/></svg>"
    film(
        packed(index_html=a_page(_COMPLAINTS), moving_svg=moving),
        {"type": "data", "layerName": "bar", "property": "colour", "value": "red"},
        {"type": "data", "layerName": "bar", "property": "width", "value": "wide"},
        {"type": "data", "layerName": "bar", "property": "--mine", "value": "wide"},
    )
    assert film.rendered is not None
    found = [(each.code, each.message, each.layer) for each in film.rendered.warnings]
    expected = [
        ("STYLE_NOT_UNDERSTOOD", r"CSS has no colour: red \(frame 0\)", "bar"),
        ("STYLE_NOT_UNDERSTOOD", r"CSS has no width: wide \(frame 0\)", "bar"),
        ("MISSING_FILE", r"pictures/gone\.png is not in the template \(index\.html:\d, frame 0\)"),
        ("PAGE_WARNING", r"moving\.svg is animated, but images keep their own time.*"),
        ("REQUEST_REFUSED", r"https://cdn\.example\.org/library\.js was refused: .*zip.*"),
        ("REQUEST_REFUSED", r"https://maps\.example\.org was refused: .*into the page.*"),
        ("PAGE_ERROR", r"console\.error: no prices Object 3 \(index\.html:8, frame 0\)"),
        ("REQUEST_REFUSED", r"blob.* was refused: workers .*"),
        ("REQUEST_REFUSED", r"wss://live\.example\.org/ was refused: .*"),
        ("MISSING_FILE", r"data/gone\.json is not in the template \(index\.html:11, frame 0\)"),
        ("NAVIGATION_REFUSED", r"The page may not navigate to other\.html \(.*frame 2\)"),
        ("NAVIGATION_REFUSED", r"A window with https://shop\.example\.org/ is not shown .*"),
        ("PAGE_WARNING", r"console\.warning: late \(index\.html:13, frame 3\)"),
    ]
    for code, words, *layer in expected:
        matches = [each for each in found if each[0] == code and re.fullmatch(words, each[1])]
        assert [match[2] for match in matches] == [layer[0] if layer else None], (words, found)
    assert len(found) == len(expected), found


@needs_browser
def test_warnings_are_errors_in_a_strict_page(film: Film) -> None:
    with pytest.raises(TemplateInvalid, match=r"gone\.png is not in the template .*`strict`"):
        film(a_page('<img src="gone.png">', strict=True), codec="image_png")


@pytest.mark.parametrize(
    ("asset", "kind", "words"),
    [
        ({"type": "text", "value": "Hello"}, "image", "cannot show text"),
        ({"type": "data", "property": "value", "value": 3}, "image", "cannot show text"),
        ({"type": "image", "src": "a.png"}, "text", "cannot show a picture"),
    ],
)
def test_an_asset_that_a_layer_cannot_show_is_refused_with_the_job(
    film: Film, asset: dict[str, object], kind: str, words: str
) -> None:
    [resolved] = film.request("", "image_png", [{**asset, "layerName": "it"}]).assets
    layer = Layer(composition="index", position=1, name="it", layer_type=kind)
    problem = HtmlEngine.layer_problem(resolved.asset, layer)
    assert problem is not None
    assert words in problem[1]
    anything = layer.model_copy(update={"layer_type": "data"})
    assert HtmlEngine.layer_problem(resolved.asset, anything) is None
