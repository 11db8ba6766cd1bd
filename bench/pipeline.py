"""Raster pipeline: the engine, compared with only drawing and encoding."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import av
import numpy as np

from bench.figures import Figure, seconds_of
from bench.processor import measure_both
from bench.promo import CODEC, FRAMES, HEIGHT, WIDTH, promo_request
from bench.run import Run
from bench.service import PROCESSES
from reelbatch.engines.encoding.presets import preset_of
from reelbatch.engines.encoding.pyav import EncodedPacket, add_video_stream, encode_picture, mux
from reelbatch.engines.lottie import LottieEngine
from reelbatch.engines.lottie.drawing import Drawing
from reelbatch.engines.lottie.inspection import own_fonts
from reelbatch.engines.lottie.opening import open_template
from reelbatch.engines.lottie.scene import compose
from reelbatch.engines.lottie.sheets import sheets_of
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.models.wire.codecs import CODECS

_RATE = Fraction(30)
_FILMS_EACH = 2  # per process and round


def pipeline(run: Run) -> list[Figure]:
    """Two seconds of the product promo at 1280 x 720, in one process and in one per core."""
    return [*_one_process(run), *_all_cores(run)]


def _one_process(run: Run) -> list[Figure]:
    film = _Film(run.folder("pipeline"))
    return measure_both(
        Figure(
            name="raster pipeline, one process",
            ours="the engine, from the template's file to the MP4",
            other="only drawing, then encoding of ready yuv420p frames",
            goal=0.80,
        ),
        film.seconds_of_engine,
        film.seconds_of_parts,
        run.sizes.rounds,
    )


def _all_cores(run: Run) -> list[Figure]:
    folder = run.folder("pipeline-all-cores")
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _prepare, (folder,)) as pool:

        def on_all(work: Callable[[int], None]) -> float:
            films = range(PROCESSES * _FILMS_EACH)
            return seconds_of(lambda: pool.map(work, films, chunksize=1))

        on_all(_make_film)  # both start warm
        on_all(_make_parts)
        return measure_both(
            Figure(
                name=f"raster pipeline, {PROCESSES} processes",
                ours="the engine in one process per core",
                other="drawing, then encoding of ready yuv420p frames, in one process per core",
                goal=0.80,
            ),
            lambda: on_all(_make_film),
            lambda: on_all(_make_parts),
            run.sizes.rounds,
        )


class _Film:
    """The film in one process: made by the engine, and with only the two unavoidable steps."""

    def __init__(self, folder: Path) -> None:
        self._renderer = LottieEngine.renderer()
        self._request = promo_request(folder, FRAMES, f"{os.getpid()}")
        self._alone = folder / f"{os.getpid()}-alone.mp4"
        self._drawing = _drawing(self._request.template)
        self._ready = _ready_frames(self._drawing)

    def seconds_of_engine(self) -> float:
        return seconds_of(lambda: self._renderer.render(self._request, lambda _percent: None))

    def seconds_of_parts(self) -> float:
        started = perf_counter()
        for number in range(FRAMES):
            self._drawing.frame(number)
        _encode(self._ready, self._alone)
        return perf_counter() - started


_film: _Film | None = None


def _prepare(folder: Path) -> None:
    global _film
    os.nice(5)  # like render processes
    own = folder / f"{os.getpid()}"
    own.mkdir()
    _film = _Film(own)


def _make_film(_number: int) -> None:
    assert _film is not None, "_prepare has run"
    _film.seconds_of_engine()


def _make_parts(_number: int) -> None:
    assert _film is not None, "_prepare has run"
    _film.seconds_of_parts()


def _drawing(template: Path) -> Drawing:
    request = promo_request(template.parent, FRAMES)
    document, files = open_template(template, request.limits)
    shelf = FontShelf(own_fonts(document, files), [])
    composition = document.compositions["main"]
    scene = compose(document, composition, {}, files, shelf, request.limits, [])
    return Drawing(sheets_of(scene), WIDTH, HEIGHT, background=(255, 255, 255))


def _ready_frames(drawing: Drawing) -> list[av.VideoFrame]:
    return [
        av.VideoFrame.from_ndarray(np.array(drawing.frame(number)), format="bgra").reformat(
            format="yuv420p"
        )
        for number in range(FRAMES)
    ]


def _encode(frames: Sequence[av.VideoFrame], path: Path) -> None:
    preset = preset_of(CODECS[CODEC], width=WIDTH, height=HEIGHT, frame_rate=_RATE, draft=False)
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
