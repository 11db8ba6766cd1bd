"""Every way to animate something on a page: in each frame, its bar is exactly where it belongs."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.docs.test_tables import table
from tests.reelbatch.engines.html.pages import Film, Picture, a_page, needs_browser, packed

# Each technique moves its bar, the element `bar`, by six pixels per frame at ten frames a second.
_EACH_FRAME = {
    "CSS animations": "bar.className = 'moving'",
    "CSS transitions": """bar.style.transition = "transform 1s linear"; bar.offsetLeft;
        bar.style.transform = "translateX(60px)" """,
    "`animation-play-state`, set by a script": """bar.className = "moving";
        bar.style.animationPlayState = "paused";
        setTimeout(() => { bar.style.animationPlayState = "running" }, 300)""",
    "Web Animations": """bar.animate(
        {transform: ["none", "translateX(60px)"]}, {duration: 1000, fill: "both"})""",
    "`playbackRate`, `reverse()`, `currentTime`": """
        const run = bar.animate({ transform: ["none", "translateX(60px)"] },
          { duration: 2000, fill: "both" });
        run.playbackRate = 2; run.currentTime = 1200; run.pause();
        setTimeout(() => run.reverse(), 300)""",
    "`Animation.finished`, `onfinish`": """
        const move = (from) => bar.animate({ transform: [`translateX(${from}px)`,
          `translateX(${from + 12}px)`] }, { duration: 200, fill: "forwards" });
        const first = move(0);
        first.finished.then(() => { const second = move(12);
          second.onfinish = () => move(24).finished.then(() => move(36).finished.then(
            () => move(48))) })""",
    "animation events": """let ends = 0;
        bar.addEventListener("animationend", () => { ends += 1;
          bar.style.left = `${12 * ends}px`; bar.className = ends % 2 ? "again" : "hop" });
        bar.className = "hop" """,
    "SVG's own animations (SMIL)": """bar.style.width = "64px"; bar.style.background = "none";
        bar.innerHTML = `<svg style="display: block" width="64" height="6">
        <rect width="4" height="6" fill="red"><animate attributeName="x" to="60" dur="1s"
        fill="freeze"/></rect></svg>`""",
    "`requestAnimationFrame`": """const draw = (time) => {
        bar.style.left = `${time * 0.06}px`; requestAnimationFrame(draw) };
        requestAnimationFrame(draw)""",
    "timers, `Date`": """const start = Date.now();
        setInterval(() => { bar.style.left = `${(Date.now() - start) * 0.06}px` }, 10)""",
    "`performance.now()`, loops of `await`": """(async () => { while (true) {
        await new Promise((done) => setTimeout(done, 10));
        bar.style.left = `${performance.now() * 0.06}px` } })()""",
    "`Temporal.Now`, `Intl` without a date": """const begun = globalThis.Temporal?.Now.instant();
        const format = new Intl.DateTimeFormat("en",
          { second: "numeric", fractionalSecondDigits: 1 });
        setInterval(() => { const passed = begun
          ? Temporal.Now.instant().epochMilliseconds - begun.epochMilliseconds
          : performance.now();
          const tenths = Math.round(Number(format.format()) * 1000);
          bar.style.left = `${(tenths === Math.floor(passed / 100) * 100 ? passed : 0) * 0.06}px`
        }, 10)""",
    "`scheduler.postTask()`": """const later = () => { bar.style.left = `${
        performance.now() * 0.06}px`; scheduler.postTask(later, { delay: 20 }) }; later()""",
    "`event.timeStamp`, marks": """setInterval(() => {
        const { startTime } = performance.mark("now");
        const { timeStamp } = new Event("now");
        bar.style.left = `${(startTime + timeStamp) * 0.03}px` }, 10)""",
    "2D canvas": """bar.style.width = "64px"; bar.style.background = "none";
        const sheet = document.createElement("canvas"); sheet.width = 64; sheet.height = 6;
        sheet.style.display = "block"; bar.append(sheet);
        const pen = sheet.getContext("2d"); pen.fillStyle = "red";
        const paint = (time) => { pen.clearRect(0, 0, 64, 6);
          pen.fillRect(Math.round(time * 0.06), 0, 4, 6); requestAnimationFrame(paint) };
        requestAnimationFrame(paint)""",
    "WebGL": """bar.style.width = "64px"; bar.style.background = "none";
        const glass = document.createElement("canvas"); glass.width = 64; glass.height = 6;
        glass.style.display = "block"; bar.append(glass);
        const gl = glass.getContext("webgl2"); gl.enable(gl.SCISSOR_TEST);
        const shine = (time) => { gl.scissor(0, 0, 64, 6); gl.clearColor(0, 0, 0, 0);
          gl.clear(gl.COLOR_BUFFER_BIT); gl.scissor(Math.round(time * 0.06), 0, 4, 6);
          gl.clearColor(1, 0, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT);
          requestAnimationFrame(shine) };
        requestAnimationFrame(shine)""",
    "shadow roots": """bar.style.background = "none"; const host = document.createElement("div");
        bar.append(host); host.attachShadow({ mode: "closed" }).innerHTML =
        `<style>@keyframes move { to { transform: translateX(60px) } } p { margin: 0; width: 4px;
        height: 6px; background: red; animation: move 1s linear both }</style><p></p>`""",
    "files that a frame requests": """bar.style.background = "none"; bar.style.width = "64px";
        const strip = new Image(); strip.style.display = "block"; bar.append(strip);
        const change = (time) => { strip.src = `at-${Math.round(time / 100)}.png`;
          requestAnimationFrame(change) };
        requestAnimationFrame(change)""",
    "data that a frame fetches": """const read = async () => {
        const answer = await fetch(`at-${reelbatch.frame}.json`);
        bar.style.left = `${await answer.json()}px`; requestAnimationFrame(read) };
        requestAnimationFrame(read)""",
    "style sheets and their pictures": """bar.style.width = "64px"; bar.style.background = "none";
        bar.id = "sheet"; const turn = (time) => { const link = document.createElement("link");
          link.rel = "stylesheet"; link.href = `at-${Math.round(time / 100)}.css`;
          document.head.append(link); requestAnimationFrame(turn) };
        requestAnimationFrame(turn)""",
    "pictures with `loading=lazy`": """bar.style.background = "none"; bar.style.width = "64px";
        const late = (time) => { const picture = new Image(); picture.loading = "lazy";
          picture.style.display = "block"; picture.src = `at-${Math.round(time / 100)}.png`;
          bar.replaceChildren(picture); requestAnimationFrame(late) };
        requestAnimationFrame(late)""",
    "`transferControlToOffscreen()`": """bar.style.width = "64px"; bar.style.background = "none";
        const frame = document.createElement("canvas"); frame.width = 64; frame.height = 6;
        frame.style.display = "block"; bar.append(frame);
        const far = frame.transferControlToOffscreen().getContext("2d"); far.fillStyle = "red";
        const stroke = (time) => { far.clearRect(0, 0, 64, 6);
          far.fillRect(Math.round(time * 0.06), 0, 4, 6); requestAnimationFrame(stroke) };
        requestAnimationFrame(stroke)""",
    "animated custom properties (`@property`), masks": """bar.style.width = "64px";
        bar.className = "masked" """,
    "scroll-driven animations": """bar.style.background = "none";
        bar.innerHTML = "<div class='scroller'><p></p></div><b></b>";
        const [scroller, thumb] = bar.children; const timeline = new ScrollTimeline(
          { source: scroller }); thumb.animate({ transform: ["none", "translateX(60px)"] },
          { timeline, fill: "both" });
        const scroll = (time) => { scroller.scrollTop = Math.round(time * 0.6);
          requestAnimationFrame(scroll) };
        requestAnimationFrame(scroll)""",
    "sheets that shadow roots adopt": """bar.style.background = "none";
        const inside = document.createElement("div"); bar.append(inside);
        const adopted = new CSSStyleSheet();
        adopted.replaceSync(`:host { display: block; width: 4px; height: 6px; background: red;
          animation: move 1s linear both }
          @keyframes move { to { transform: translateX(60px) } }`);
        inside.attachShadow({ mode: "open" }).adoptedStyleSheets = [adopted]""",
    "animated pictures": """bar.style.background = "none"; bar.style.width = "64px";
        bar.innerHTML = "<img src='strip.gif' style='display: block'>" """,
}
_ELSEWHERE = {
    "`animation-play-state`, set by a script": [0, 0, 0, *range(0, 42, 6)],
    "`playbackRate`, `reverse()`, `currentTime`": [36, 36, 36, *range(36, -1, -6)],
    "animation events": [0, 6, 12, 18, 24, 30, 36, 42, 48, 54],
}

TECHNIQUES = tuple(_EACH_FRAME)
_TESTED_ELSEWHERE = {
    "`IntersectionObserver`, `ResizeObserver`, view transitions": "exact",  # test_history
    "`<video>`, played or sought, in a 2D canvas": "exact",  # test_media
    "`<audio>`, sound of `<video>`, `AudioContext`": "heard in time",
    "workers, frames, sockets, other hosts": "refused with `REQUEST_REFUSED`",  # test_notes
    "navigations": "refused with `NAVIGATION_REFUSED`",
}


def _strip(place: int) -> Image.Image:
    picture = Image.new("RGBA", (64, 6))
    picture.paste((255, 0, 0, 255), (place, 0, place + 4, 6))
    return picture


def _files() -> dict[str, bytes]:
    strips = [_strip(6 * frame) for frame in range(10)]
    files: dict[str, bytes] = {}
    for frame, strip in enumerate(strips):
        target = io.BytesIO()
        strip.save(target, "PNG")
        files[f"at-{frame}_png"] = target.getvalue()
        sheet = f"#sheet {{ background: url(at-{frame}.png) !important }}"
        files[f"at-{frame}_css"] = sheet.encode()
        files[f"at-{frame}_json"] = str(6 * frame).encode()
    target = io.BytesIO()
    strips[0].save(
        target, "GIF", save_all=True, append_images=strips[1:], duration=100, disposal=2, loop=0
    )
    return {**files, "strip_gif": target.getvalue()}


@pytest.fixture
def page() -> bytes:
    bars = "".join(
        f'<i style="top: {8 * row}px; height: 6px"></i>' for row in range(len(TECHNIQUES))
    )
    scripts = [
        f"((bar) => {{ {script} }})(document.querySelectorAll('i')[{row}]);"
        for row, script in enumerate(_EACH_FRAME.values())
    ]
    style = """<style>.moving { animation: move 1s linear both }
        .hop, .again { animation: hop 0.2s linear } .again { animation-name: hop-again }
        @keyframes move { to { transform: translateX(60px) } }
        @keyframes hop { to { transform: translateX(12px) } }
        @keyframes hop-again { to { transform: translateX(12px) } }
        @property --at { syntax: "<length>"; inherits: false; initial-value: 0px }
        .masked { mask: linear-gradient(red, red) var(--at) 0 / 4px 6px no-repeat;
          animation: slide 1s linear both }
        @keyframes slide { to { --at: 60px } }
        .scroller { position: absolute; width: 1px; height: 6px; overflow: hidden }
        .scroller p { height: 606px; margin: 0 }
        b { display: block; width: 4px; height: 6px; background: red }</style>"""
    body = f"{style}{bars}<script>{' '.join(scripts)}</script>"
    return packed(index_html=a_page(body, height=8 * len(TECHNIQUES)), **_files())


def _places(picture: Picture) -> list[int]:
    opaque = picture[3::8, :, 3] > 128
    return [int(line.argmax()) for line in opaque[: len(TECHNIQUES)]]


def test_the_documented_techniques_are_the_tested_ones() -> None:
    rows = dict(table("html.md", "technique", "result in films, ranges, segments and stills"))
    assert rows == {**dict.fromkeys(TECHNIQUES, "exact"), **_TESTED_ELSEWHERE}


@needs_browser
def test_every_frame_shows_exactly_its_time(film: Film, page: bytes) -> None:
    pictures = film(page)
    columns = zip(*map(_places, pictures), strict=True)
    for name, found in zip(TECHNIQUES, columns, strict=True):
        assert list(found) == _ELSEWHERE.get(name, list(range(0, 60, 6))), name
    part = film(page, frames=range(4, 7))
    for whole, alone in zip(pictures[4:7], part, strict=True):
        assert np.array_equal(whole, alone)
    (still,) = film(page, codec="image_png", frames=range(8, 9))
    assert _places(still) == _places(pictures[8])
