"""Videos show the picture at the page's time, and the film has the sounds that the page plays."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reelbatch.engines.encoding.pyav import (
    add_audio_stream,
    add_video_stream,
    encode_picture,
    encode_sound,
    mux,
)
from reelbatch.engines.html import HtmlEngine
from tests.reelbatch.engines.html.pages import Film, Picture, a_page, needs_browser, packed

_RATE = 48_000


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of ten pictures, each 20 levels lighter than the previous, with a 1000 Hz tone."""
    file = tmp_path_factory.mktemp("video") / "video.mp4"
    with av.open(str(file), "w") as output:
        pictures = add_video_stream(output, "libx264", Fraction(10), {"crf": "1", "g": "10"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 36, "yuv420p"
        sound = add_audio_stream(output, "aac", _RATE)
        for number in range(10):
            levels = np.full((36, 64, 3), 20 * number + 20, np.uint8)
            picture = av.VideoFrame.from_ndarray(levels, "rgb24")
            for packet in encode_picture(pictures, picture):
                mux(output, packet)
        wave = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(_RATE) / _RATE)
        frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[np.newaxis], "fltp", "mono")
        frame.sample_rate = _RATE
        last = encode_picture(pictures, None)
        for packet in [*last, *encode_sound(sound, frame), *encode_sound(sound, None)]:
            mux(output, packet)
    return file


def levels(pictures: list[Picture], row: int = 18, column: int = 32) -> list[int]:
    """Return which frame of the video each picture shows."""
    return [round((int(picture[row, column, 0]) - 20) / 20) for picture in pictures]


def heard(film: Film) -> dict[str, list[float]]:
    """Return the loudness of the 1000 Hz and 3000 Hz tones in each tenth of a second."""
    assert film.output is not None
    with av.open(str(film.output)) as file:
        plain = av.AudioResampler("fltp", "stereo", _RATE)
        parts = [
            part.to_ndarray()[0] for frame in file.decode(audio=0) for part in plain.resample(frame)
        ]
    samples = np.concatenate(parts)
    tenths = samples[: len(samples) // 4800 * 4800].reshape(-1, 4800)
    spectrum = np.abs(np.fft.rfft(tenths)) / 2400
    return {
        name: [round(float(each), 1) for each in spectrum[:, at]]
        for name, at in (("1000", 100), ("3000", 300))
    }


_VIDEO = """<style>video {{ position: absolute; width: 64px; height: 36px }}</style>
    <video src="video.mp4" {0}></video><script>
    const video = document.querySelector("video"); {1}</script>"""


@needs_browser
@pytest.mark.parametrize(
    ("attributes", "script", "expected"),
    [
        ("autoplay muted", "", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("muted", "setTimeout(() => video.play(), 300)", [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]),
        ("autoplay muted loop", "video.playbackRate = 2", [0, 2, 4, 6, 8, 0, 2, 4, 6, 8]),
        (
            "",
            """const draw = (time) => { video.currentTime = 0.95 - time / 1000;
            requestAnimationFrame(draw) }; requestAnimationFrame(draw)""",
            [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        ),
    ],
)
def test_a_video_shows_the_picture_of_the_pages_time(
    film: Film, video: Path, attributes: str, script: str, expected: list[int]
) -> None:
    page = packed(
        index_html=a_page(_VIDEO.format(attributes, script)), video_mp4=video.read_bytes()
    )
    assert levels(film(page)) == expected
    assert levels(film(page, frames=range(6, 8))) == expected[6:8]


@needs_browser
def test_a_video_that_ended_keeps_its_picture_while_another_one_plays_the_file(
    film: Film, video: Path
) -> None:
    body = """<style>video { position: absolute; width: 64px; height: 36px }</style>
        <video src="video.mp4" autoplay muted></video>
        <video src="video.mp4" muted style="left: 64px"></video>
        <video src="video.mp4" muted style="left: 128px"></video>
        <video src="http://"></video><script>
        const [, late, ended, broken] = document.querySelectorAll("video");
        if (broken.currentSrc !== "") throw new Error(broken.currentSrc);
        ended.onloadedmetadata = () => { ended.currentTime = ended.duration };
        setTimeout(() => late.play(), 500)</script>"""
    page = packed(index_html=a_page(body, width=192, seconds=1.3), video_mp4=video.read_bytes())
    pictures = film(page)
    assert levels(pictures) == [*range(10), 9, 9, 9]
    assert levels(pictures, column=96) == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]
    assert levels(pictures, column=160) == [9] * 13
    assert film.rendered is not None
    assert "http:// is not the address of a file" in str(film.rendered.warnings)


@needs_browser
def test_scripts_draw_a_video_and_receive_its_events(film: Film, video: Path) -> None:
    body = """<canvas width="64" height="36" style="display: block"></canvas><script>
        const video = document.createElement("video"); video.muted = true;
        video.src = "video.mp4"; const names = [];
        for (const name of ["loadedmetadata", "canplay", "play", "playing", "error"])
          video.addEventListener(name, () => names.push(name));
        const pen = document.querySelector("canvas").getContext("2d");
        video.onended = () => { if (names.join() !== "play,loadedmetadata,canplay,playing" ||
          video.videoWidth !== 64 || video.duration.toFixed(1) !== "1.0") throw names };
        video.play();
        const draw = () => { pen.drawImage(video, 0, 0); requestAnimationFrame(draw) };
        requestAnimationFrame(draw)</script>"""
    page = packed(index_html=a_page(body, seconds=1.2), video_mp4=video.read_bytes())
    assert levels(film(page)) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9]


@needs_browser
def test_a_texture_an_asset_and_a_source_in_a_shadow_root_show_a_video(
    film: Film, video: Path
) -> None:
    body = """<style>canvas, video { display: block; width: 64px; height: 36px }</style>
        <canvas width="64" height="36"></canvas><video data-layer="clip" autoplay muted></video>
        <div><template shadowrootmode="open"><video style="display: block; width: 64px;
          height: 36px" autoplay muted><source src="gone.webm"><source src="video.mp4"></video>
        </template></div><script>const gl = document.querySelector("canvas").getContext("webgl2",
          { antialias: false });
        const video = document.createElement("video"); video.src = "video.mp4"; video.muted = true;
        gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
        gl.bindFramebuffer(gl.READ_FRAMEBUFFER, gl.createFramebuffer());
        const draw = () => { video.currentTime = 0.95 - reelbatch.time;
          requestAnimationFrame(draw) };
        video.onseeked = () => {
          gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, video);
          gl.framebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D,
            gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
          gl.blitFramebuffer(0, 0, 64, 36, 0, 0, 64, 36, gl.COLOR_BUFFER_BIT, gl.NEAREST) };
        video.onloadeddata = () => requestAnimationFrame(draw); video.load()</script>"""
    clip = {"type": "video", "layerName": "clip", "src": str(video)}
    page = packed(index_html=a_page(body, height=108), video_mp4=video.read_bytes())
    pictures = film(page, clip)
    assert levels(pictures) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert levels(pictures, row=54) == levels(pictures, row=90) == list(range(10))


@needs_browser
def test_a_part_of_a_file_is_served(film: Film) -> None:
    script = """<script>reelbatch.wait((async () => {
        const part = async (range) => {
          const found = await fetch("digits.txt", { headers: { Range: range } });
          return [found.status, found.headers.get("Content-Range"), await found.text()].join() };
        for (const [range, expected] of [["bytes=2-4", "206,bytes 2-4/10,234"],
            ["bytes=7-", "206,bytes 7-9/10,789"], ["bytes=8-99", "206,bytes 8-9/10,89"],
            ["bytes=4-2", "200,,0123456789"], ["bytes=99-", "200,,0123456789"]])
          if (await part(range) !== expected) throw new Error(`${range}: ${await part(range)}`)
        })())</script>"""
    film(packed(index_html=a_page(script), digits_txt="0123456789"), codec="image_png")


@needs_browser
def test_sound_is_heard_in_time_also_in_segments(film: Film, video: Path) -> None:
    body = """<audio data-layer="voice"></audio><video src="video.mp4"></video><script>
        const video = document.querySelector("video"), voice = document.querySelector("audio");
        setTimeout(() => { video.currentTime = 0.5; video.play() }, 300);
        setTimeout(() => { video.pause() }, 500);
        setTimeout(() => { voice.volume = 0.5; voice.play() }, 1000);
        setTimeout(() => { const context = new AudioContext(), tone = context.createOscillator();
          tone.frequency.value = 3000; const level = context.createGain();
          level.gain.value = 0.25; tone.connect(level).connect(context.destination);
          tone.start(); tone.stop(context.currentTime + 0.2) }, 700)</script>"""
    page = packed(index_html=a_page(body, seconds=1.5), video_mp4=video.read_bytes())
    voice = {"type": "audio", "layerName": "voice", "src": str(video)}
    film(page, voice, codec="video_prores_4444")
    sounds = heard(film)
    near = [0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2]
    assert sounds["1000"] == pytest.approx(near, abs=0.11)
    assert sounds["3000"] == pytest.approx([*[0] * 7, 0.25, 0.25, *[0] * 6], abs=0.11)
    whole = film.request(page, "video_prores_4444", [voice])
    clips = HtmlEngine.renderer().sounds(whole)
    assert [round(clip.start, 1) for clip in clips] == [0.3, 1.0, 0.7]


@needs_browser
def test_sound_is_in_time_even_if_the_page_delays_its_first_frame(film: Film, video: Path) -> None:
    body = """<video src="video.mp4"></video><script>
        const context = new AudioContext();
        reelbatch.wait(new Promise((done) => setTimeout(done, 300))).then(() => {
          document.querySelector("video").play();
          const tone = context.createOscillator(); tone.frequency.value = 3000;
          const level = context.createGain(); level.gain.value = 0.25;
          tone.connect(level).connect(context.destination);
          tone.start(context.currentTime + 0.4); tone.stop(context.currentTime + 0.8) })</script>"""
    page = packed(index_html=a_page(body, seconds=0.8), video_mp4=video.read_bytes())
    film(page, codec="video_prores_4444")
    sounds = heard(film)
    assert sounds["1000"] == pytest.approx([0.35] * 8, abs=0.11)
    assert sounds["3000"] == pytest.approx([*[0] * 4, *[0.25] * 4], abs=0.11)


@needs_browser
def test_audio_contexts_beyond_the_limit_are_silent_and_reported(film: Film) -> None:
    body = """<script>for (let at = 0; at < 40; at++) {
        const context = new AudioContext(), tone = context.createOscillator();
        tone.frequency.value = at < 32 ? 1000 : 3000; const level = context.createGain();
        level.gain.value = at < 32 ? 0.01 : 0.1; tone.connect(level).connect(context.destination);
        tone.start(); tone.stop(context.currentTime + 1) }</script>"""
    film(a_page(body, seconds=0.3))
    assert heard(film) == {"1000": pytest.approx([0.3] * 3, abs=0.11), "3000": [0.0] * 3}
    assert film.rendered is not None
    [warning] = film.rendered.warnings
    assert "An AudioContext is silent after 0 seconds" in warning.message
