"""Small Lottie documents, and a workshop that renders them and looks at the pixels."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from engines.base import RenderedFile, RenderLimits, RenderRequest, ResolvedAsset
from engines.lottie import LottieEngine
from models.assets import Asset
from models.codecs import CODECS
from models.jobs import Output
from models.templates import TemplateInspection

Json = dict[str, Any]
Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): R, G, B, A, straight."""

_ASSET: TypeAdapter[Asset] = TypeAdapter(Asset)
FRAMES = 6


@dataclass
class Workshop:
    """Builds documents of 100x60 pixels and six frames, and renders them."""

    folder: Path
    engine: LottieEngine = field(default_factory=LottieEngine)
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
        return self.engine.inspect(path, "lottie", self.limits)

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
        output: str = "output",
    ) -> tuple[Path, RenderedFile]:
        path = template if isinstance(template, Path) else self.file(template)
        kind = CODECS[codec]
        if kind.output_type == "image":
            end = frame + 1
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
            output_path=self.folder / f"{output}.{kind.extension}",
            work_dir=self.folder,
            assets=assets,
            fonts=fonts,
            limits=self.limits,
        )
        return request.output_path, self.engine.render(request, self.progress.append)

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


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
