"""Pages drawn by a real browser: time stands still until a frame is due, and nothing is outside."""

import io
import json
import socket
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.html.browser import HOW_TO_GET_IT, find_browser
from reelbatch.engines.html.manifest import read_pages
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import RenderError, TemplateInvalid
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.codecs import CODECS

_ASSET: TypeAdapter[Asset] = TypeAdapter(Asset)
_MANIFEST = {"width": 64, "height": 36, "frameRate": 10, "seconds": 1}

Pictures = list[np.ndarray[Any, np.dtype[np.uint8]]]
Film = Callable[..., Pictures]

needs_browser = pytest.mark.skipif(find_browser() is None, reason=HOW_TO_GET_IT)


def a_page(body: str, **manifest: Any) -> str:
    described = json.dumps({**_MANIFEST, **manifest})
    return (
        f'<!doctype html><script type="application/json" id="reelbatch">{described}</script>'
        f"<style>body {{ margin: 0 }} i {{ position: absolute; width: 4px; height: 36px; "
        f"background: red }}</style>{body}"
    )


def packed(**files: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in files.items():
            writer.writestr(name.replace("_", "."), content)
    return archive.getvalue()


def a_request(
    folder: Path, template: str | bytes, codec: str, assets: Sequence[dict[str, Any]] = ()
) -> RenderRequest:
    file = folder / "template"
    file.write_bytes(template if isinstance(template, bytes) else template.encode())
    work_dir = folder / "work"
    work_dir.mkdir()
    kind = CODECS[codec]
    still = kind.output_type == "image"
    output = Output(output_type=kind.output_type, codec=codec, end_frame=1 if still else None)
    return RenderRequest(
        template=file,
        template_type="html",
        composition="index",
        output=output,
        output_path=work_dir / f"output.{kind.extension}",
        work_dir=work_dir,
        assets=[ResolvedAsset(_ASSET.validate_python(asset)) for asset in assets],
    )


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """The pictures of a page, as R, G, B, A."""

    def render(
        template: str | bytes, *assets: dict[str, Any], codec: str = "video_prores_4444"
    ) -> Pictures:
        request = a_request(tmp_path, template, codec, assets)
        HtmlEngine.renderer().render(request, lambda _: None)
        if CODECS[codec].output_type == "image":
            return [np.asarray(Image.open(request.output_path).convert("RGBA"))]
        with av.open(request.output_path, "r") as file:
            frames = file.decode(video=0)
            return [np.asarray(frame.to_ndarray(format="rgba"), np.uint8) for frame in frames]

    return render


# Each moves its bar by six pixels a frame, at ten frames a second; `bar` is that element.
MOVING = {
    "CSS animation": "bar.className = 'moving'",
    "Web Animations": """bar.animate(
        {transform: ["none", "translateX(60px)"]}, {duration: 1000, fill: "both"})""",
    "requestAnimationFrame": """const draw = (time) => {
        bar.style.left = `${time * 0.06}px`; requestAnimationFrame(draw) };
        requestAnimationFrame(draw)""",
    "timers and Date": """const start = Date.now();
        setInterval(() => { bar.style.left = `${(Date.now() - start) * 0.06}px` }, 10)""",
    "performance and promises": """(async () => { while (true) {
        await new Promise((done) => setTimeout(done, 50));
        bar.style.left = `${performance.now() * 0.06}px` } })()""",
    "SVG": """bar.style.width = "64px"; bar.style.background = "none";
        bar.innerHTML = `<svg style="display: block" width="64" height="6">
        <rect width="4" height="6" fill="red"><animate attributeName="x" to="60" dur="1s"
        fill="freeze"/></rect></svg>`""",
    "begun after three frames": "setTimeout(() => { bar.className = 'moving' }, 300)",
}


@needs_browser
def test_each_frame_shows_exactly_its_time(film: Film) -> None:
    bars = "".join(f'<i style="top: {8 * row}px; height: 6px"></i>' for row in range(len(MOVING)))
    scripts = [
        f"((bar) => {{ {script} }})(document.querySelectorAll('i')[{row}]);"
        for row, script in enumerate(MOVING.values())
    ]
    style = """<style>.moving { animation: move 1s linear both }
        @keyframes move { to { transform: translateX(60px) } }</style>"""
    page = a_page(f"{style}{bars}<script>{' '.join(scripts)}</script>", height=8 * len(MOVING))
    pictures = film(page)
    for row, name in enumerate(MOVING):
        opaque = [picture[8 * row + 3, :, 3] > 128 for picture in pictures]
        found = [int(line.argmax()) for line in opaque]
        expected = list(range(0, 60, 6))
        if name == "begun after three frames":
            expected = [0, 0, 0, *expected[:7]]
        assert found == expected, name


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
    assert picture[30, 30].tolist() == [0, 0, 0, 0]  # PNG keeps what no one has painted


@needs_browser
def test_files_of_the_archive_are_there_before_the_first_frame(film: Film) -> None:
    page = a_page(
        """<link rel="stylesheet" href="look.css"><i></i><script type="module">
        import { place } from "./place.js";
        const wanted = fetch("data.json").then((answer) => answer.json()).then((data) => {
          document.querySelector("i").style.left = `${place + data.more}px` });
        reelbatch.wait(wanted)</script>"""
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
async def test_a_page_reaches_nobody_and_no_file(tmp_path: Path) -> None:
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
            await pool.render(a_request(tmp_path, a_page(body), "image_png"), lambda _: None)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has come
            server.accept()


@needs_browser
def test_a_script_that_fails_is_told_by_its_words(film: Film) -> None:
    with pytest.raises(TemplateInvalid, match="no such month"):
        film(a_page("<script>throw new Error('no such month')</script>"))


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<h1>Hello</h1>", "which has to say its width, height and seconds"),
        (a_page("", width=0), "width: Input should be greater than or equal to 1"),
        (a_page("", seconds="long"), "seconds: Input should be a valid number"),
        ('<script id="reelbatch">{', "The manifest of index.html cannot be used: the JSON"),
        (packed(a_html=a_page("", name="A"), b_html=a_page("", name="A")), "Two pages have one"),
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


@pytest.mark.unconfined  # what is patched is in this process
def test_a_machine_without_a_browser_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("reelbatch.engines.html.browser._FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert HtmlEngine.why_unavailable() == HOW_TO_GET_IT
    request = a_request(tmp_path, a_page("<i></i>"), "image_png")
    with pytest.raises(RenderError, match="install chromium-headless-shell"):
        HtmlEngine.renderer().render(request, lambda _: None)


@pytest.mark.parametrize("text", ["<" + "a-" * 500_000, "<a" * 500_000, "<a " + "b-" * 500_000])
def test_a_page_of_unclosed_names_is_read_in_one_pass(text: str) -> None:
    manifest = '<script id="reelbatch">{"width": 16, "height": 9, "seconds": 1}</script>'
    [page] = read_pages({PurePosixPath("index.html"): f"{manifest}{text}".encode()}, RenderLimits())
    assert page.layers == {}


def test_what_is_in_a_comment_is_no_layer_even_where_the_comment_has_no_end() -> None:
    body = '<p data-layer="a">x</p><!-- <p data-layer="b">x</p> --><p data-layer="c">x</p>'
    page = a_page(f'{body}<!-- <p data-layer="d">x</p>')
    [found] = read_pages({PurePosixPath("index.html"): page.encode()}, RenderLimits())
    assert list(found.layers) == ["a", "c"]
