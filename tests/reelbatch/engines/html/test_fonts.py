"""Pages are set in the team's fonts, and inspections list fonts that are missing."""

from pathlib import Path

import numpy as np

from reelbatch.engines import lottie
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.html import HtmlEngine
from tests.reelbatch.engines.html.pages import Film, a_page, needs_browser, packed

_ANTON = Path(lottie.__file__).parent / "typefaces" / "Anton-Regular.ttf"
_TEXT = "<p style='margin: 0; font: 20px Brand, serif'>mmm</p>"


@needs_browser
def test_a_page_is_set_in_the_teams_font_under_its_name(film: Film) -> None:
    page = a_page(_TEXT)
    (without,) = film(page, codec="image_png")
    (with_it,) = film(page, codec="image_png", fonts={"Brand": _ANTON})
    declared = f"<style>@font-face {{ font-family: Brand; src: url(brand.ttf) }}</style>{_TEXT}"
    template = packed(index_html=a_page(declared), brand_ttf=_ANTON.read_bytes())
    (expected,) = film(template, codec="image_png")
    assert np.array_equal(with_it, expected)
    assert not np.array_equal(with_it, without)


def test_an_inspection_lists_missing_families_that_styles_name_first(tmp_path: Path) -> None:
    style = """@font-face { font-family: "Own"; src: url(own.woff2) }
        h1 { font-family: "Own", serif } p { font-family: 'No Such Brand', Arial }
        b { font-family: sans-serif } i { font-family: no such brand !important }
        a { font: italic 700 calc(1vw + 9px) / 1.2 "In Short", serif } u { font: inherit }
        s { font-size: 12px; font: 12px/normal Own } q { font: bold 2em Unquoted }"""
    file = tmp_path / "template"
    files = {"look_css": style, "own_woff2": b"font"}
    body = """<h1 data-layer='x'>x</h1><p style="font-family: 'Of an Attribute'" class="a">
        <p style="font: 9px no such Brand" class="b">"""
    file.write_bytes(packed(index_html=a_page(body), **files))
    found = HtmlEngine.renderer().inspect(file, "html", RenderLimits())
    families = [font.family for font in found.fonts]
    assert families == ["Of an Attribute", "no such Brand", "In Short", "Unquoted"]
    assert found.lent_characters is None  # its own font may have any
    file.write_text(a_page("", layers={"words of a script": "data"}))
    assert HtmlEngine.renderer().inspect(file, "html", RenderLimits()).lent_characters


_LATER = """<p></p><div></div><canvas></canvas><script>
    const hidden = "\U0010fff0", [, , canvas] = document.body.querySelectorAll("p, div, canvas");
    const root = document.querySelector("div").attachShadow({ mode: "closed" });
    const pen = canvas.getContext("2d"), paragraph = document.querySelector("p");
    paragraph.textContent = "Ada e\u0301";
    const steps = { 3() { paragraph.firstChild.data = "\U0010fffd" },
      4() { root.innerHTML = "<b>\U0010fffc</b>" }, 5() { pen.fillText("\U0010fffb", 0, 20) } };
    requestAnimationFrame(function step() {
      steps[reelbatch.frame]?.();
      requestAnimationFrame(step) });
    window.Set = window.WeakMap = window.NodeFilter = null;
  </script>"""


@needs_browser
def test_missing_characters_that_scripts_write_later_are_reported_when_drawn(film: Film) -> None:
    def missing(template: str | bytes, first: int, end: int, codec: str) -> list[str] | None:
        film(template, codec=codec, frames=range(first, end))
        assert film.rendered is not None
        found = film.rendered.missing_glyphs
        return None if found is None else sorted(found)

    page, movie, still = a_page(_LATER, seconds=0.8), "video_prores_4444", "image_png"
    all_of_them = ["\U0010fffb", "\U0010fffc", "\U0010fffd"]
    assert missing(page, 0, 8, movie) == all_of_them
    assert missing(page, 0, 3, movie) == []
    assert missing(page, 3, 4, movie) == ["\U0010fffd"]
    assert missing(page, 2, 3, still) == []
    assert missing(page, 7, 8, still) == all_of_them
    own = "<style>@font-face { font-family: Own; src: url(own.ttf) }</style>"
    with_font = packed(index_html=a_page(own + _LATER), own_ttf=_ANTON.read_bytes())
    assert missing(with_font, 0, 8, movie) is None  # its font may have them


@needs_browser
def test_text_that_a_script_writes_later_is_set_in_the_teams_font_at_once(film: Film) -> None:
    body = """<p style="margin: 0; font: 20px Brand, serif"></p><script>
        setTimeout(() => { document.querySelector("p").textContent = "mmm" }, 200)</script>"""
    pictures = film(a_page(body, seconds=0.4), fonts={"Brand": _ANTON})
    (expected,) = film(a_page(_TEXT), codec="image_png", fonts={"Brand": _ANTON})
    assert not pictures[1][:, :, 3].any()
    for picture in pictures[2:]:
        assert np.abs(picture[:, :, 3].astype(int) - expected[:, :, 3]).max() < 12
