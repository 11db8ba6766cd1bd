"""A workshop that builds small Lottie documents, renders them and returns their pixels."""

import io
import json
import wave
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ResolvedAsset,
)
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.codecs import CODECS

Json = dict[str, Any]
Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): R, G, B, A, not premultiplied."""

_ASSET: TypeAdapter[Asset] = TypeAdapter(Asset)
FRAMES = 6
_RATE = 48_000  # samples per second


# Each kind of footage with its encoder, pixel format and options.
_FOOTAGE: dict[str, tuple[str, str, dict[str, str]]] = {
    "mp4": ("libx264", "yuv420p", {"qp": "4", "g": "12"}),
    "mkv": ("libx264", "yuv420p", {"qp": "4"}),
    "mpegts": ("libx264", "yuv420p", {"qp": "4"}),
    "avi": ("mpeg4", "yuv420p", {"qscale": "1"}),
    "webm": ("libvpx-vp9", "yuva420p", {"crf": "4", "b": "0", "deadline": "realtime"}),
    "mov": ("prores_ks", "yuva444p10le", {"profile": "4444"}),
    "gif": ("gif", "gray", {}),
}
_CONTAINERS = {"mkv": "matroska"}


def _grey(size: tuple[int, int], level: int, *, clear: bool) -> av.VideoFrame:
    width, height = size
    pixels = np.full((height, width, 4), level, np.uint8)
    pixels[..., 3] = 255
    if clear:
        pixels[:, width // 2 :, 3] = 0
    return av.VideoFrame.from_ndarray(pixels, "rgba")


@dataclass
class Workshop:
    """Builds documents of 100x60 pixels and six frames, and renders them."""

    folder: Path
    renderer: Renderer = field(default_factory=lambda: LottieEngine.renderer())
    progress: list[float] = field(default_factory=list[float])
    limits: RenderLimits = field(default_factory=RenderLimits)

    # Documents

    def document(self, *layers: Json, **fields: Any) -> Json:
        for index, layer in enumerate(layers, start=1):
            layer.setdefault("ind", index)
        header: Json = {"v": "5.7.0", "nm": "Main", "fr": 30, "ip": 0, "op": FRAMES}
        return {**header, "w": 100, "h": 60, "assets": [], "layers": list(layers)} | fields

    def layer(self, kind: int, name: str, x: float = 0, y: float = 0, **fields: Any) -> Json:
        transform: Json = {
            "o": {"a": 0, "k": 100},
            "r": {"a": 0, "k": 0},
            "p": {"a": 0, "k": [x, y, 0]},
            "a": {"a": 0, "k": [0, 0, 0]},
            "s": {"a": 0, "k": [100, 100, 100]},
        }
        times: Json = {"ip": 0, "op": FRAMES, "st": 0}
        return {"ty": kind, "nm": name, "ks": transform, **times} | fields

    def solid(
        self, name: str, color: str, x: float = 0, y: float = 0, w: int = 100, h: int = 60, **f: Any
    ) -> Json:
        return self.layer(1, name, x, y, sc=color, sw=w, sh=h, **f)

    def text(self, name: str, words: str, font: str = "Inter-Bold", **style: Any) -> Json:
        written: Json = {"t": words, "s": 30, "f": font, "fc": [0, 0, 0], "j": 0, "lh": 30, "tr": 0}
        return self.layer(5, name, 5, 40, t={"d": {"k": [{"t": 0, "s": written | style}]}, "a": []})

    def shape(self, name: str, *items: Json, **fields: Any) -> Json:
        placed: Json = {"ty": "tr", **self.layer(3, "")["ks"]}
        return self.layer(4, name, shapes=[{"ty": "gr", "it": [*items, placed]}], **fields)

    def rectangle(self, x: float, y: float, w: float, h: float) -> Json:
        size, place = {"a": 0, "k": [w, h]}, {"a": 0, "k": [x + w / 2, y + h / 2]}
        return {"ty": "rc", "p": place, "s": size, "r": {"a": 0, "k": 0}}

    def fill(self, *color: float) -> Json:
        return {"ty": "fl", "c": {"a": 0, "k": [*color, 1]}, "o": {"a": 0, "k": 100}}

    def precomp(self, name: str, asset: str, **fields: Any) -> Json:
        return self.layer(0, name, refId=asset, **{"w": 100, "h": 60} | fields)

    # Files

    def file(self, content: Json | bytes, name: str = "template.json") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def archive(self, entries: Mapping[str, Json | bytes], name: str = "template.zip") -> Path:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items():
                text = content if isinstance(content, bytes) else json.dumps(content).encode()
                archive.writestr(entry, text)
        return self.file(packed.getvalue(), name)

    def picture(
        self, color: tuple[int, ...], size: tuple[int, int] = (8, 8), kind: str = "PNG"
    ) -> bytes:
        packed = io.BytesIO()
        Image.new("RGBA" if len(color) == 4 else "RGB", size, color).save(packed, kind)
        return packed.getvalue()

    def footage(
        self,
        kind: str = "mp4",
        *,
        frames: int = FRAMES,
        rate: int = 30,
        size: tuple[int, int] = (100, 60),
        sound: bytes | None = None,
    ) -> bytes:
        """A video whose frame number n has the grey 30 + 10 * n, repeating after 20 frames.

        In formats with transparency, its right half is transparent.
        """
        codec, layout, options = _FOOTAGE[kind]
        packed = io.BytesIO()
        film: Any = av.open(packed, "w", format=_CONTAINERS.get(kind, kind))
        with film:
            stream = film.add_stream(codec, rate=rate, options=options)
            stream.width, stream.height, stream.pix_fmt = *size, layout
            voice = film.add_stream("aac", rate=48_000) if sound else None
            for number in range(frames):
                frame = _grey(size, 30 + 10 * (number % 20), clear="a" in layout)
                picture = frame.reformat(format=layout, dst_colorspace="ITU601")
                picture.pts, picture.time_base = number, Fraction(1, rate)
                film.mux(stream.encode(picture))
            film.mux(stream.encode(None))
            if voice:
                with av.open(io.BytesIO(sound or b""), "r") as recording:
                    for part in recording.decode(audio=0):
                        film.mux(voice.encode(part))
                film.mux(voice.encode(None))
        return packed.getvalue()

    def tone(self, seconds: float) -> bytes:
        """A loud tone as a WAV file."""
        times = np.arange(round(seconds * _RATE)) / _RATE
        packed = io.BytesIO()
        with wave.open(packed, "wb") as sound:
            sound.setparams((1, 2, _RATE, 0, "NONE", ""))
            sound.writeframes((np.sin(2 * np.pi * 440 * times) * 20000).astype("<i2").tobytes())
        return packed.getvalue()

    # Assets

    def asset(self, content: bytes | None = None, **fields: Any) -> ResolvedAsset:
        file = self.file(content, "asset.bin") if content is not None else None
        return ResolvedAsset(_ASSET.validate_python(fields), file)

    def call(self, function: str, layer: str | list[str], **params: Any) -> ResolvedAsset:
        return self.asset(type="function", name=function, params={"layerName": layer, **params})

    def value(self, layer: str, name: str, value: Any) -> ResolvedAsset:
        return self.asset(type="data", layerName=layer, property=name, value=value)

    # Work

    def inspect(self, template: Json | Path) -> TemplateInspection:
        path = template if isinstance(template, Path) else self.file(template)
        return self.renderer.inspect(path, "lottie", self.limits)

    def render(
        self,
        template: Json | Path,
        codec: str = "image_png",
        *,
        composition: str = "Main",
        frame: int = 0,
        end: int | None = None,
        assets: Sequence[ResolvedAsset] = (),
        fonts: Sequence[Path] = (),
        draft: bool = False,
        expressions: bool = True,
        output: str = "output",
    ) -> tuple[Path, RenderedFile]:
        path = template if isinstance(template, Path) else self.file(template)
        kind = CODECS[codec]
        if kind.output_type == "image":
            end = frame + 1
        work_dir = self.folder / "work"
        work_dir.mkdir(exist_ok=True)
        request = RenderRequest(
            template=path,
            template_type="zip" if path.suffix == ".zip" else "lottie",
            composition=composition,
            output=Output(
                output_type=kind.output_type,
                codec=codec,
                first_frame=frame,
                end_frame=end,
                draft=draft,
            ),
            output_path=work_dir / f"{output}.{kind.extension}",
            work_dir=work_dir,
            assets=assets,
            fonts=fonts,
            limits=self.limits,
            expressions=expressions,
        )
        return request.output_path, self.renderer.render(request, self.progress.append)

    def still(self, template: Json | Path, *assets: ResolvedAsset, **settings: Any) -> Pixels:
        path, _ = self.render(template, assets=assets, **settings)
        return np.asarray(Image.open(path).convert("RGBA"))

    def film(self, template: Json | Path, codec: str, **settings: Any) -> list[Pixels]:
        path, _ = self.render(template, codec, **settings)
        with av.open(path, "r") as film:
            return [
                np.asarray(frame.to_ndarray(format="rgba"), np.uint8)
                for frame in film.decode(video=0)
            ]

    def loud_halves(self, path: Path, seconds: int) -> list[bool]:
        """Whether each half second of a film's sound is loud."""
        with av.open(path, "r") as film:
            mono = av.AudioResampler("flt", "mono", _RATE)
            frames = [out for frame in film.decode(audio=0) for out in mono.resample(frame)]
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
        halves = [samples[int(_RATE * at) :][: _RATE // 10] for at in np.arange(0.2, seconds, 0.5)]
        return [bool(np.abs(half).max() > 0.05) if len(half) else False for half in halves]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
