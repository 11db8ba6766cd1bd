"""Peers: other programs make the same film from the same Lottie."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import av

from bench.figures import Figure, seconds_of
from bench.peers import installed
from bench.peers.film import ENCODING, mean_difference, our_request, write_lottie
from bench.peers.rlottie import film_by_rlottie
from bench.processor import measure_both
from bench.promo import HEIGHT, WIDTH
from bench.run import Run
from reelbatch.engines.lottie import LottieEngine


def peers(run: Run) -> list[Figure]:
    """Our engine, in one process, compared with every installed peer."""
    ffmpeg = installed.ffmpeg()
    if ffmpeg is None:
        print(f"peers: ffmpeg is not installed: {installed.HOW_TO}")
        return []
    films = _Films(run.folder("peers"), run.sizes.long_rounds)
    return [*_browser(films, ffmpeg), *_rlottie(films, ffmpeg), *_ffmpeg_alone(films, ffmpeg)]


class _Films:
    """Films of the promo."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self._renderer = LottieEngine.renderer()
        self._rounds = rounds
        self.folder = folder
        self.lottie = write_lottie(folder / "promo.json")
        self.film, self.ours = folder / "theirs.mp4", folder / "ours.mp4"

    def compare(self, other: str, their_film: Callable[[], float]) -> list[Figure]:
        """Compare with a program that draws. It should be slower, with the same film."""
        figures = self._measure(other, their_film, goal=1.0)
        difference = mean_difference(self.ours, self.film)
        for figure in figures:
            figure.other = f"{other}; mean difference of the pixels {difference:.2%}"
        return figures

    def compare_encoding(self, other: str, their_film: Callable[[], float]) -> list[Figure]:
        return self._measure(other, their_film, goal=None)

    def _measure(
        self, other: str, their_film: Callable[[], float], goal: float | None
    ) -> list[Figure]:
        """Two figures: elapsed time and processor time."""
        request = our_request(self.lottie, self.ours)

        def our_film() -> float:
            return seconds_of(lambda: self._renderer.render(request, lambda _percent: None))

        our_film()  # both start warm
        their_film()
        figure = Figure(
            name=f"peer: {other}",
            ours=f"the engine makes a film from {self.lottie.name}",
            other=other,
            goal=goal,
        )
        return measure_both(figure, our_film, their_film, self._rounds)


def _browser(films: _Films, ffmpeg: str) -> list[Figure]:
    program = installed.chromium()
    if program is None:
        print(
            f"peers: Chromium with Playwright and lottie-web is not installed: {installed.HOW_TO}"
        )
        return []
    from bench.peers.lottie_web import browser, film_by_browser  # Playwright may be absent

    with browser(program) as running:
        return films.compare(
            "headless Chromium with lottie-web and screenshots",
            lambda: film_by_browser(running, ffmpeg, films.lottie, films.film),
        )


def _rlottie(films: _Films, ffmpeg: str) -> list[Figure]:
    library = installed.rlottie()
    if library is None:
        print(f"peers: rlottie is not installed: {installed.HOW_TO}")
        return []
    return films.compare(
        "rlottie with ffmpeg",
        lambda: film_by_rlottie(library, ffmpeg, films.lottie, films.film),
    )


def _ffmpeg_alone(films: _Films, ffmpeg: str) -> list[Figure]:
    """ffmpeg draws nothing, so no renderer with its encoder and all threads can be faster."""
    ready = films.folder / "ready.yuv"
    LottieEngine.renderer().render(our_request(films.lottie, films.ours), lambda _percent: None)
    with av.open(str(films.ours)) as container, ready.open("wb") as file:
        for frame in container.decode(video=0):
            file.write(frame.to_ndarray(format="yuv420p").tobytes())
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", "30")
    command = (ffmpeg, "-loglevel", "error", "-y", *raw, "-i", ready, *ENCODING, films.film)

    def encode() -> float:
        started = perf_counter()
        subprocess.run(command, check=True)
        return perf_counter() - started

    return films.compare_encoding("ffmpeg alone encodes ready frames", encode)
