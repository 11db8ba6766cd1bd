"""Hostile HTML pages: what they run, play, request, navigate to and overwrite.

Attempts that are harmless by themselves share a page, since each page starts a browser.
"""

import struct
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from reelbatch.models.errors import RenderCrashed, RenderTimedOut
from tests.hostile.corpus import RENDERED, HostileInput, Place, Verdict, invalid, too_much
from tests.hostile.font_inputs import woff_bomb
from tests.hostile.media_inputs import endless_film
from tests.reelbatch.engines.html.pages import a_page, packed

Files = Mapping[str, str | bytes]
_Made = tuple[str, str, Verdict]

_CODEC = "video_h264_vbr_1mbps"
_FILM = Path(__file__).with_name("film.mp4").read_bytes()
_TIMED_OUT = Verdict(RenderTimedOut, "took longer than")
_TOO_LARGE = Verdict(RenderCrashed, "needs more memory than is allowed")
_PLAYING = '<video src="film.mp4" autoplay></video><audio src="film.mp4" autoplay></audio>'
_QUIET = "const quiet = (go) => { try { return go()?.catch?.(() => 0) } catch {} };"


def page_inputs() -> Iterator[HostileInput]:
    pages = (*_restless(), *_greedy(), *_players(), *_leavers(), *_reachers(), *_overwriters())
    for name, body, verdict in pages:
        files = {"index_html": body, "film_mp4": _FILM}
        make = partial(_packed, files) if "film.mp4" in body else partial(_page, body)
        yield HostileInput("page", name, make, verdict, Place.PAGE, _CODEC)
    for name, files, verdict in _lies():
        make = partial(_packed, files)
        yield HostileInput("page with files", name, make, verdict, Place.PAGE, _CODEC)


def plain_page() -> HostileInput:
    """Return a harmless page, which is blue."""
    page = a_page("<style>body { background: blue }</style>")
    return HostileInput("page", "plain", lambda: page.encode(), RENDERED, Place.PAGE)


def _page(body: str) -> bytes:
    return a_page(body, seconds=0.3).encode()


def _packed(files: Files) -> bytes:
    return packed(**{**files, "index_html": _page(str(files["index_html"]))})


def _script(code: str) -> str:
    return f"<script>{code}</script>"


def _restless() -> Iterator[_Made]:
    yield "a loop in a frame", _script("requestAnimationFrame(() => { while (true); })"), _TIMED_OUT
    yield (
        "timers, observers and transitions without end",
        f"<i></i>{_PLAYING}"
        + _script("""const time = () => { setTimeout(time); setTimeout(() => 0) }; time();
            const [each] = document.getElementsByTagName("i"); let at = 0;
            new ResizeObserver(() => { each.style.width = `${++at}px` }).observe(each);
            const go = () => document.startViewTransition(() => { each.style.opacity =
              Math.random() }).finished.then(go, go); go();
            const [video] = document.getElementsByTagName("video"); const call = () => {
              for (let at = 0; at < 1000; at++) video.requestVideoFrameCallback(call) }; call()"""),
        RENDERED,
    )
    yield (
        "a storm of animationend",
        "<style>@keyframes a { to { opacity: 0.9 } } @keyframes b { to { opacity: 0.8 } }</style>"
        + _script("""for (let at = 0; at < 1000; at++) {
            const each = document.createElement("i"); each.style.animation = "a 1ms";
            each.onanimationend = () => { each.style.animation =
              each.style.animationName === "a" ? "b 1ms" : "a 1ms" };
            document.documentElement.append(each) }"""),
        RENDERED,
    )
    yield (
        "10,000 lines of the console and one of 1 MB",
        _script("""for (let at = 0; at < 1e4; at++) console.error("line", at);
            console.error("x".repeat(1e6))"""),
        RENDERED,
    )
    yield (
        "errors without end",
        _script("setInterval(() => { throw new Error('x'.repeat(1e6)) })"),
        invalid("A script of the page failed"),
    )
    yield (
        "rejections by the thousand, a debugger and a sleep",
        _script("""debugger; try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) }
            catch {} for (let at = 0; at < 1e4; at++) Promise.reject(new Error(String(at)))"""),
        invalid("A script of the page failed: Error: 0"),
    )


def _greedy() -> Iterator[_Made]:
    yield (
        "memory without end",
        _script("const all = []; while (true) all.push(new Uint8Array(1e7).fill(1))"),
        invalid("Array buffer allocation failed"),
    )
    yield (
        "textures of 4 GB",
        "<canvas></canvas>"
        + _script("""const gl = document.querySelector("canvas").getContext("webgl2");
            for (let at = 0; at < 16; at++) { gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
            gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 8192, 8192, 0, gl.RGBA, gl.UNSIGNED_BYTE,
            null); gl.generateMipmap(gl.TEXTURE_2D) }"""),
        _TOO_LARGE,
    )
    levels = "".join(f"--a{at}: {f'var(--a{at - 1})' * 10}; " for at in range(1, 12))
    yield (
        "styles, filters and pictures that multiply",
        f"""<style>:root {{ --a0: xxxxxxxxxx; {levels} }} p::before {{ content: var(--a11) }}
        </style><p></p><canvas width="32000" height="32000"></canvas>
        <svg width="64" height="36"><filter id="f" x="0" y="0" width="1" height="1">
        {"<feTurbulence numOctaves='10000' baseFrequency='0.9'/>" * 20}
        {"<feMorphology radius='2000'/><feGaussianBlur stdDeviation='5000'/>" * 100}</filter>
        <rect width="64" height="36" filter="url(#f)"/></svg>
        <img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'
        width='30000' height='30000'><rect width='30000' height='30000'/></svg>">
        <div style="height: 1e9px; width: 1e9px"></div>"""
        + _script("""document.querySelector("canvas").getContext("2d").fillRect(0, 0, 1e5, 1e5);
            document.adoptedStyleSheets = Array.from({ length: 5000 }, (_, at) => {
            const sheet = new CSSStyleSheet(); sheet.replaceSync(`.c${at} { color: red }`);
            return sheet });
            for (let at = 0; at < 100; at++) crypto.getRandomValues(new Uint8Array(65536))"""),
        RENDERED,
    )


def _players() -> Iterator[_Made]:
    yield "a hundred videos and sounds", _PLAYING * 50, RENDERED
    yield (
        "OfflineAudioContext of ten hours and 32 channels",
        _script("""const context = new OfflineAudioContext(32, 48000 * 36000, 48000);
            new OscillatorNode(context).start();
            reelbatch.wait(context.startRendering())"""),
        invalid("startRendering"),
    )
    yield (
        "thousands of contexts, also in each frame",
        _script("""for (let at = 0; at < 2000; at++) new AudioContext();
            const go = () => { const context = new AudioContext();
            new OscillatorNode(context).connect(context.destination);
            requestAnimationFrame(go) }; go()"""),
        RENDERED,
    )
    worklet = """class Stuck extends AudioWorkletProcessor { process() { while (true); } }
        registerProcessor("stuck", Stuck)"""
    yield (
        "an AudioWorklet that never ends",
        _script(f"""const context = new AudioContext();
            reelbatch.wait(context.audioWorklet.addModule(URL.createObjectURL(
            new Blob([`{worklet}`], {{ type: "text/javascript" }}))).then(() =>
            new AudioWorkletNode(context, "stuck").connect(context.destination)))"""),
        _TIMED_OUT,
    )
    paths = """["media", "picture", "media/", "picture/film.mp4?at=-1", "media/..", "x/y",
        "media/%2e%2e/%2e%2e/etc/passwd", "picture/x?at=" + "9".repeat(999), "anteroom.html",
        "media//etc/passwd"]"""
    yield (
        "values and sources that are none",
        '<video src="film.mp4"></video><video src="http://["></video><video src="data:,x"></video>'
        '<video src="file:///etc/passwd"></video><audio src="//127.0.0.1:9/a.mp3"></audio>'
        '<video src="/%00/../..%2f..%2fetc"></video>'
        + _script(f"""const [video] = document.getElementsByTagName("video");
            for (const name of ["currentTime", "playbackRate", "volume"])
              for (const value of [NaN, Infinity, -1, -Infinity, 1e308, "x", {{}}, null])
                try {{ video[name] = value }} catch {{}}
            video.play(); for (const path of {paths}) fetch(`/.reelbatch/${{path}}`);
            setInterval(() => {{ __reelbatchMedia.finish(1e9); __reelbatch.waitNoMore() }}, 10)"""),
        RENDERED,
    )


def _leavers() -> Iterator[_Made]:
    yield "about:blank", _script("location.href = 'about:blank'"), invalid("navigated to")
    yield (
        "blob:",
        _script("location.href = URL.createObjectURL(new Blob(['x'], { type: 'text/html' }))"),
        invalid("navigated to"),
    )
    again = invalid("interrupted its own loading")
    yield "itself, while it loads", _script("location.reload()"), again
    yield (
        "windows, dialogs, forms, downloads and addresses without end",
        """<meta http-equiv="refresh" content="0; url=/x"><a download href="data:,x"></a>
        <form action="/x" target="_blank"></form>"""
        + _script("""onbeforeunload = (event) => { event.preventDefault(); return "no" };
            for (let at = 0; at < 300; at++) { open("/index.html", `w${at}`); open("about:blank");
              document.forms[0].submit(); document.querySelector("a").click();
              history.pushState({}, "", `?${at}`) }
            for (const url of ["data:text/html,x", "javascript:'x'", "chrome://gpu", "x:y", "/x"])
              location.href = url;
            setInterval(() => { alert(1); confirm(2); prompt(3); print(); close(); history.back();
              location.href = "/x" }, 50)"""),
        RENDERED,
    )


def _reachers() -> Iterator[_Made]:
    addresses = ("file:///etc/passwd", "http://127.0.0.1:9/a.png", "http://[::1]:9/", "//x/")
    ways = "".join(
        f"""<img src="{each}"><iframe src="{each}"></iframe><embed src="{each}">
        <object data="{each}"></object><link rel="stylesheet" href="{each}">
        <link rel="preconnect" href="{each}"><link rel="prefetch" href="{each}">
        <video src="{each}"></video><script src="{each}"></script>
        <style>@import "{each}"; p {{ background: url({each}) }}
        @font-face {{ font-family: f; src: url({each}) }}</style><p style="font-family: f">x</p>
        <script>quiet(() => fetch("{each}")); quiet(() => navigator.sendBeacon("{each}"));
        quiet(() => new EventSource("{each}")); quiet(() => import("{each}"));
        quiet(() => new Worker("{each}")); quiet(() => {{ const asked = new XMLHttpRequest();
        asked.open("GET", "{each}", false); asked.send() }})</script>"""
        for each in addresses
    )
    yield "addresses in all ways", f"{_script(_QUIET)}{ways}", RENDERED
    yield (
        "sockets, workers, frames, devices and stores",
        "<iframe></iframe>"
        + _script(f"""{_QUIET} for (let at = 0; at < 100; at++) quiet(() => new WebSocket(
            "ws://127.0.0.1:9/")); quiet(() => new WebTransport("https://127.0.0.1:9/").ready);
            quiet(() => {{ const peer = new RTCPeerConnection({{ iceServers: [
            {{ urls: "stun:127.0.0.1:9" }}] }}); peer.createDataChannel("x");
            return peer.createOffer().then((offer) => peer.setLocalDescription(offer)) }});
            const code = URL.createObjectURL(new Blob(["while (true);"]));
            quiet(() => new Worker(code)); quiet(() => new Worker("data:,while(true);"));
            quiet(() => new SharedWorker(code)); quiet(() => CSS.paintWorklet.addModule(code));
            quiet(() => navigator.serviceWorker.register("/x"));
            const other = document.querySelector("iframe").contentWindow;
            other.setInterval(() => {{}}); other.requestAnimationFrame(() => {{}});
            new other.AudioContext(); other.fetch("http://127.0.0.1:9/").catch(() => 0);
            quiet(() => navigator.mediaDevices.getUserMedia({{ audio: true }}));
            quiet(() => navigator.geolocation.getCurrentPosition(() => 0));
            quiet(() => navigator.locks.request("x", () => new Promise(() => 0)));
            quiet(() => {{ for (let at = 0; at < 100; at++) localStorage[at] = "x".repeat(1e5) }});
            quiet(() => caches.open("x").then((cache) => cache.put("/x", new Response(
            new Uint8Array(1e7))))); quiet(() => showOpenFilePicker())"""),
        RENDERED,
    )


def _overwriters() -> Iterator[_Made]:
    yield (
        "the browser's own names",
        _PLAYING
        + _script("""for (const name of ["performance", "Date", "requestAnimationFrame", "Promise",
            "setTimeout", "Image", "fetch", "Event", "URL", "Math", "document", "btoa", "String",
            "Map", "Set", "console", "Array", "reportError", "reelbatch", "__reelbatch", "Object",
            "__reelbatchMedia", "Float32Array", "Uint8Array", "JSON", "CSS", "OffscreenCanvas"])
            { try { window[name] = null } catch {} try { delete window[name] } catch {} }"""),
        RENDERED,
    )
    yield (
        "prototypes",
        _PLAYING
        + _script("""const bad = () => { throw new Error("mine") };
            for (const each of [Map, Set, Array, Promise, Function, String, Number, RegExp])
              for (const name of Object.getOwnPropertyNames(each.prototype))
                if (name !== "constructor" && name !== "length")
                  try { each.prototype[name] = bad } catch {}"""),
        invalid("mine"),
    )


def _lies() -> Iterator[tuple[str, Files, Verdict]]:
    playing = {"index_html": _PLAYING}
    yield "a video of days", {**playing, "film_mp4": endless_film()}, RENDERED
    yield "a video of text", {**playing, "film_mp4": b"#EXTM3U\nfile:///etc/passwd"}, RENDERED
    yield "a sound of days", {**playing, "film_mp4": _wave(2**32 - 100)}, RENDERED
    many = {f"f{at}_wav": _wave(9) for at in range(101)}
    elements = "".join(f'<audio src="{name.replace("_", ".")}">' for name in many)
    yield "101 files that play", {"index_html": elements, **many}, too_much("more than 100 files")
    text = """<style>@font-face { font-family: f; src: url(f.woff) } @font-face { font-family: g;
        src: url(g.woff2) }</style><p style="font: 9px f">x</p><p style="font: 9px g">x</p>
        <link rel="stylesheet" href="a.css"><script type="module" src="a.js"></script>
        <img src="a.js">"""
    yield (
        "fonts that are bombs, and files that import themselves",
        {
            "index_html": text,
            "f_woff": woff_bomb(400_000_000),
            "g_woff2": b"wOF2" * 1000,
            "a_css": '@import "a.css?1"; @import "a.css";',
            "a_js": 'import "./b.js"; import "./a.js?x"; await import("./c.js")',
            "b_js": 'import "./a.js"',
            "c_js": "await new Promise(() => {})",
        },
        RENDERED,
    )


def _wave(size: int) -> bytes:
    """Return a sound that claims to have `size` bytes."""
    kind = struct.pack("<HHIIHH", 1, 1, 48_000, 96_000, 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", 16) + kind + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", size + 36) + head + bytes(9600)
