"""How pages are filled and read, and what they may reach."""

import socket
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.described import rate_of
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.html.browser import HOW_TO_GET_IT
from reelbatch.engines.html.manifest import read_pages
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import RenderError, TemplateInvalid
from tests.reelbatch.engines.html.pages import Film, a_page, needs_browser, packed


@needs_browser
def test_a_film_of_a_page_has_a_poster(film: Film) -> None:
    script = """<body><script>setTimeout(() => {
        document.body.style.background = 'red' }, 500)</script>"""
    plain = film.request(a_page(script), "video_h264_vbr_1mbps")
    request = replace(plain, output=plain.output.model_copy(update={"poster": 0.7}))
    HtmlEngine.renderer().render(request, lambda _: None)
    assert request.poster_path is not None
    with Image.open(request.poster_path) as poster:
        assert (poster.format, poster.size) == ("JPEG", (64, 36))
        red, green, _ = np.asarray(poster.convert("RGB"))[18, 32]
    assert red > 200 > 50 > green


@needs_browser
def test_a_draft_shows_all_of_the_page_at_half_the_size(film: Film) -> None:
    page = a_page('<body style="background: blue"><i style="left: 60px">', width=64, height=35)
    plain = film.request(page, "image_png")
    request = replace(plain, output=plain.output.model_copy(update={"draft": True}))
    HtmlEngine.renderer().render(request, lambda _: None)
    picture = np.asarray(Image.open(request.output_path).convert("RGB"))
    assert picture.shape[1] == 32
    assert (picture[:, 30:] == (255, 0, 0)).all()
    assert (picture[:, :30] == (0, 0, 255)).all()


@needs_browser
def test_a_job_fills_texts_values_and_styles(film: Film) -> None:
    body = """<i data-layer="bar"></i><script>
        const { data } = window.reelbatch;
        document.querySelector("i").style.left = `${data.place}px`;
        if (document.querySelector("i").textContent !== "B") throw new Error("no text yet");
        </script>"""
    script = body.replace("<script>", '<script>addEventListener("DOMContentLoaded", () => {')
    page = a_page(script.replace("</script>", "})</script>"), layers={"place": "data"})
    (picture,) = film(
        page,
        {"type": "text", "layerName": "bar", "value": "B"},
        {"type": "data", "layerName": "place", "property": "value", "value": 20},
        {"type": "data", "layerName": "bar", "property": "background", "value": [0, 0, 1]},
        codec="image_png",
    )
    assert picture[30, 21].tolist() == [0, 0, 255, 255]
    assert picture[30, 30].tolist() == [0, 0, 0, 0]  # transparent where nothing is painted


@needs_browser
def test_a_page_that_states_no_encoding_is_read_as_utf_8(film: Film) -> None:
    script = """<b>ü</b><script>const [words] = document.getElementsByTagName("b");
        if (words.textContent !== "\u00fc") throw new Error(words.textContent)</script>"""
    film(a_page(script), codec="image_png")


@needs_browser
def test_files_of_the_archive_are_loaded_before_the_first_frame(film: Film) -> None:
    page = a_page(
        """<link rel="stylesheet" href="look.css"><i></i><script type="module">
        import { place } from "./place.js";
        const loaded = fetch("data.json").then((response) => response.json()).then((data) => {
          document.querySelector("i").style.left = `${place + data.more}px` });
        reelbatch.wait(loaded)</script>"""
    )
    files = {
        "index_html": page,
        "place_js": "export const place = 20",
        "data_json": '{"more": 10}',
        "look_css": "i { background: blue !important }",
    }
    (picture,) = film(packed(**files), codec="image_png")
    assert picture[18, 31].tolist() == [0, 0, 255, 255]


@needs_browser
async def test_a_page_reaches_no_network_and_no_file(tmp_path: Path, film: Film) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        body = f"""<i></i><img src="http://{address}/a.png"><img src="file:///etc/passwd"><script>
            const reached = () => {{ throw new Error("reached") }};
            const failed = (promise) => promise.then(reached, () => 0);
            const socket = new Promise((open, close) => {{ try {{
              const opened = new WebSocket("ws://{address}");
              opened.onopen = open; opened.onerror = close }} catch (error) {{ close(error) }} }});
            reelbatch.wait(Promise.all([failed(fetch("http://{address}/")), failed(socket),
              failed(fetch("file:///etc/passwd"))]))</script>"""
        limits = RenderLimits(seconds=100)
        async with RenderPool("html", processes=1, limits=limits, folder=tmp_path) as pool:
            await pool.render(film.request(a_page(body), "image_png"), lambda _: None)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nothing has connected
            server.accept()


@needs_browser
def test_a_failing_script_is_reported_with_its_message(film: Film) -> None:
    with pytest.raises(TemplateInvalid, match="no such month"):
        film(a_page("<script>throw new Error('no such month')</script>"))


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<h1>Hello</h1>", "which must state its width, height and seconds"),
        (a_page("", width=0), "width: Input should be greater than or equal to 1"),
        (a_page("", seconds="long"), "seconds: Input should be a valid number"),
        ('<script id="reelbatch">{', "The manifest of index.html cannot be used: the JSON"),
        (
            packed(a_html=a_page("", name="A"), b_html=a_page("", name="A")),
            "Two pages have the same",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_is_explained(
    tmp_path: Path, template: str | bytes, words: str
) -> None:
    file = tmp_path / "template"
    file.write_bytes(template if isinstance(template, bytes) else template.encode())
    with pytest.raises(TemplateInvalid, match=words):
        HtmlEngine.renderer().inspect(file, "html", RenderLimits())


def test_pages_are_compositions_and_marked_elements_are_layers(tmp_path: Path) -> None:
    file = tmp_path / "template"
    body = """<!-- <b data-layer="gone"></b> --><h1 data-layer="title">Hello</h1>
        <img data-layer='photo'>"""
    pages = {
        "other_html": a_page("", name="Other"),
        "index_html": a_page(body, layers={"x": "data"}),
    }
    file.write_bytes(packed(**pages, readme_html="<p>no page of a film</p>"))
    found = HtmlEngine.renderer().inspect(file, "html", RenderLimits())
    assert [(c.name, c.frames) for c in found.compositions] == [("index", 10), ("Other", 10)]
    layers = [(layer.name, layer.layer_type, layer.text) for layer in found.layers]
    assert layers == [("x", "data", None), ("title", "text", "Hello"), ("photo", "image", None)]


@pytest.mark.unconfined  # the patches only apply to this process
def test_a_machine_without_a_browser_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, film: Film
) -> None:
    monkeypatch.setattr("reelbatch.engines.html.browser._FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert HtmlEngine.why_unavailable() == HOW_TO_GET_IT
    request = film.request(a_page("<i></i>"), "image_png")
    with pytest.raises(RenderError, match="install chromium-headless-shell"):
        HtmlEngine.renderer().render(request, lambda _: None)


def test_frame_rates_of_television_are_fractions(tmp_path: Path) -> None:
    file = tmp_path / "template"
    file.write_text(a_page("", frameRate=29.97, seconds=10))
    [found] = HtmlEngine.renderer().inspect(file, "html", RenderLimits()).compositions
    assert (rate_of(found), found.frames) == (Fraction(30000, 1001), 300)


@pytest.mark.parametrize("text", ["<" + "a-" * 500_000, "<a" * 500_000, "<a " + "b-" * 500_000])
def test_a_page_of_unclosed_names_is_read_in_one_pass(text: str) -> None:
    manifest = '<script id="reelbatch">{"width": 16, "height": 9, "seconds": 1}</script>'
    [page] = read_pages({PurePosixPath("index.html"): f"{manifest}{text}".encode()}, RenderLimits())
    assert page.layers == {}


def test_elements_in_comments_are_not_layers_even_if_a_comment_has_no_end() -> None:
    body = '<p data-layer="a">x</p><!-- <p data-layer="b">x</p> --><p data-layer="c">x</p>'
    page = a_page(f'{body}<!-- <p data-layer="d">x</p>')
    [found] = read_pages({PurePosixPath("index.html"): page.encode()}, RenderLimits())
    assert list(found.layers) == ["a", "c"]
