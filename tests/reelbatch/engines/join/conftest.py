"""Clips of flat colours, and what a player sees and hears after they are joined."""

import io
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reelbatch.engines.base import RenderedFile, RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.join import JoinEngine
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import MediaAsset

_RATE = 48_000  # samples per second
_NAMES: dict[tuple[bool, bool, bool], str] = {
    (True, False, False): "red",
    (False, True, False): "green",
    (False, False, True): "blue",
    (True, True, True): "white",
    (False, False, False): "black",
}
COLOURS = {name: tuple(255 * on for on in colour) for colour, name in _NAMES.items()}


@dataclass
class CuttingRoom:
    """Makes clips, and joins them."""

    folder: Path
    limits: RenderLimits = field(default_factory=RenderLimits)
    progress: list[float] = field(default_factory=list[float])

    def clip(
        self,
        *colours: str,
        rate: Fraction | int = 30,
        size: tuple[int, int] = (64, 32),
        tone: float = 0.0,
        kind: str = "mp4",
    ) -> Path:
        """Make a clip with a frame of each colour, and `tone` seconds of sound (0 for none)."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.{kind}"
        film: Any = av.open(path, "w", format={"mkv": "matroska"}.get(kind, kind))
        with film:
            stream = film.add_stream("libx264", rate=rate, options={"qp": "4"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            voice = film.add_stream("aac", rate=_RATE) if tone else None
            for number, colour in enumerate(colours):
                pixels = np.full((size[1], size[0], 3), COLOURS[colour], np.uint8)
                picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
                picture = picture.reformat(format="yuv420p", dst_colorspace="ITU601")
                picture.pts, picture.time_base = number, 1 / Fraction(rate)
                film.mux(stream.encode(picture))
            film.mux(stream.encode(None))
            if voice:
                with av.open(io.BytesIO(a_tone(tone)), "r") as recording:
                    for part in recording.decode(audio=0):
                        film.mux(voice.encode(part))
                film.mux(voice.encode(None))
        return path

    def join(self, *files: Path, draft: bool = False) -> tuple[Path, RenderedFile]:
        work = self.folder / "work"
        work.mkdir()
        template = self.folder / "template"
        template.touch()
        request = RenderRequest(
            template=template,
            template_type="",
            composition="",
            output=Output(output_type="video", codec="video_h264_vbr_15mbps", draft=draft),
            output_path=work / "output.mp4",
            work_dir=work,
            assets=[_asset(position, file) for position, file in enumerate(files)],
            limits=self.limits,
        )
        return request.output_path, JoinEngine.renderer().render(request, self.progress.append)

    def joined(self, *files: Path) -> list[str]:
        """Return the colour in the middle of every frame."""
        return [_colour(pixels, 0.5, 0.5) for pixels in pictures(self.join(*files)[0])]


def _asset(position: int, file: Path) -> ResolvedAsset:
    src = "https://example.com/clip"
    asset = MediaAsset(type="video", layer_name=f"assets.{position}", src=src)
    return ResolvedAsset(asset, file)


def a_tone(seconds: float) -> bytes:
    """Return a loud tone as a WAV file."""
    times = np.arange(round(seconds * _RATE)) / _RATE
    packed = io.BytesIO()
    with wave.open(packed, "wb") as sound:
        sound.setparams((1, 2, _RATE, 0, "NONE", ""))
        sound.writeframes((np.sin(2 * np.pi * 440 * times) * 20000).astype("<i2").tobytes())
    return packed.getvalue()


def pictures(file: Path) -> list[Any]:
    """Return all frames: uint8 (height, width, 3), R, G, B."""
    with av.open(file, "r") as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def _colour(pixels: Any, x: float, y: float) -> str:
    """Return the name of the colour at a place; `x` and `y` are shares of the picture."""
    height, width = pixels.shape[:2]
    red, green, blue = (bool(part > 127) for part in pixels[int(y * height), int(x * width)])
    return _NAMES[red, green, blue]


@pytest.fixture
def colour_at() -> Callable[[Any, float, float], str]:
    return _colour


@pytest.fixture
def room(tmp_path: Path) -> CuttingRoom:
    return CuttingRoom(tmp_path)


@pytest.fixture
def loudness() -> Callable[[Path, Sequence[float]], list[bool]]:
    """Measures whether a film is loud at given times in seconds."""

    def measure(file: Path, seconds: Sequence[float]) -> list[bool]:
        with av.open(file, "r") as film:
            mono = av.AudioResampler("flt", "mono", _RATE)
            frames = [out for frame in film.decode(audio=0) for out in mono.resample(frame)]
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
        parts = [samples[int(_RATE * at) :][: _RATE // 20] for at in seconds]
        return [bool(np.abs(part).max() > 0.05) if len(part) else False for part in parts]

    return measure
