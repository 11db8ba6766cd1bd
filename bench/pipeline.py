"""Raster pipeline: the engine against drawing and encoding alone."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import av
import numpy as np

from bench.figures import Figure, measure, seconds_of
from bench.promo import FRAMES, HEIGHT, WIDTH, promo_request
from bench.run import Run
from engines.encoding.presets import preset_of
from engines.encoding.pyav import EncodedPacket, add_video_stream, encode_picture, mux
from engines.lottie import LottieEngine
from engines.lottie.document import read_document
from engines.lottie.drawing import Drawing
from engines.lottie.fonts import FontShelf
from engines.lottie.inspection import own_fonts
from engines.lottie.scene import compose
from engines.lottie.source import read_template
from models.codecs import CODECS

_RATE = Fraction(30)


def pipeline(run: Run) -> list[Figure]:
    """Two seconds of the product promo at 1280 x 720, in one process."""
    folder = run.folder("pipeline")
    engine, request = LottieEngine(), promo_request(folder, FRAMES)
    drawing = _drawing(request.template)
    ready = _ready_frames(drawing)

    def draw_and_encode() -> float:
        started = perf_counter()
        for number in range(FRAMES):
            drawing.frame(number)
        return perf_counter() - started + seconds_of(lambda: _encode(ready, folder / "alone.mp4"))

    figure = measure(
        Figure(
            name="raster pipeline",
            ours="the engine, from the template's file to the MP4",
            other="drawing, then encoding of ready yuv420p frames, nothing else",
            goal=0.80,
        ),
        lambda: seconds_of(lambda: engine.render(request, lambda _percent: None)),
        draw_and_encode,
        run.sizes.rounds,
    )
    return [figure]


def _drawing(template: Path) -> Drawing:
    request = promo_request(template.parent, FRAMES)
    files = read_template(template, request.limits)
    document = read_document(files.animation)
    shelf = FontShelf(own_fonts(document, files), [])
    composition = document.compositions["main"]
    scene = compose(document, composition, {}, files, shelf, request.limits)
    return Drawing(scene, WIDTH, HEIGHT, opaque=True)


def _ready_frames(drawing: Drawing) -> list[av.VideoFrame]:
    return [
        av.VideoFrame.from_ndarray(np.array(drawing.frame(number)), format="bgra").reformat(
            format="yuv420p"
        )
        for number in range(FRAMES)
    ]


def _encode(frames: Sequence[av.VideoFrame], path: Path) -> None:
    codec = CODECS["video_h264_vbr_5mbps"]
    preset = preset_of(codec, width=WIDTH, height=HEIGHT, frame_rate=_RATE, draft=False)
    with av.open(str(path), "w", format=preset.container) as container:
        stream = add_video_stream(container, preset.encoder, _RATE, dict(preset.options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, preset.pixel_format
        stream.codec_context.thread_count = preset.threads

        def write(packets: Sequence[EncodedPacket]) -> None:
            for packet in packets:
                mux(container, packet)

        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, 1 / _RATE
            write(encode_picture(stream, frame))
        write(encode_picture(stream, None))
