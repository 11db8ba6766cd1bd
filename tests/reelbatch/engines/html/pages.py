"""Pages to draw, and the pictures that result."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from reelbatch.engines.base import RenderedFile, RenderRequest, ResolvedAsset
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.html.browser import HOW_TO_GET_IT, find_browser
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.codecs import CODECS
from reelbatch.models.wire.fonts import FontFace

_ASSET: TypeAdapter[Asset] = TypeAdapter(Asset)
_MANIFEST = {"width": 64, "height": 36, "frameRate": 10, "seconds": 1}

Picture = np.ndarray[Any, np.dtype[np.uint8]]

needs_browser = pytest.mark.skipif(find_browser() is None, reason=HOW_TO_GET_IT)


def a_page(body: str, **manifest: Any) -> str:
    described = json.dumps({**_MANIFEST, **manifest})
    return (
        f'<!doctype html><script type="application/json" id="reelbatch">{described}</script>'
        f"<style>body {{ margin: 0 }} i {{ position: absolute; width: 4px; height: 36px; "
        f"background: red }}</style>{body}"
    )


def packed(**files: str | bytes) -> bytes:
    """Return a zip; `_` stands for the dot in a file's name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in files.items():
            writer.writestr(name.replace("_", "."), content)
    return archive.getvalue()


class Film:
    """Renders pages in the test's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._renders = 0
        self.rendered: RenderedFile | None = None  # of the last render
        self.output: Path | None = None  # of the last render

    def __call__(
        self,
        template: str | bytes,
        *assets: dict[str, Any],
        codec: str = "video_prores_4444",
        frames: range | None = None,
        sound: bool = True,
        fonts: Mapping[str, Path] | None = None,
    ) -> list[Picture]:
        """Return the pictures as R, G, B, A. A still shows the first frame unless `frames` is set.

        `fonts` are the team's, by family.
        """
        request = self.request(template, codec, assets, frames, sound=sound)
        if fonts:
            faces = [FontFace(family=family) for family in fonts]
            request = replace(request, fonts=list(fonts.values()), font_faces=faces)
        self.output = request.output_path
        self.rendered = HtmlEngine.renderer().render(request, lambda _: None)
        if CODECS[codec].output_type == "image":
            return [np.asarray(Image.open(request.output_path).convert("RGBA"))]
        with av.open(request.output_path, "r") as file:
            decoded = file.decode(video=0)
            return [np.asarray(frame.to_ndarray(format="rgba"), np.uint8) for frame in decoded]

    def request(
        self,
        template: str | bytes,
        codec: str,
        assets: Sequence[dict[str, Any]] = (),
        frames: range | None = None,
        *,
        sound: bool = True,
    ) -> RenderRequest:
        self._renders += 1
        folder = self._folder / f"render-{self._renders}"
        work_dir = folder / "work"
        work_dir.mkdir(parents=True)
        file = folder / "template"
        file.write_bytes(template if isinstance(template, bytes) else template.encode())
        kind = CODECS[codec]
        if frames is None and kind.output_type == "image":
            frames = range(1)
        output = Output(
            output_type=kind.output_type,
            codec=codec,
            first_frame=frames.start if frames else 0,
            end_frame=frames.stop if frames else None,
        )
        return RenderRequest(
            template=file,
            template_type="html",
            composition="index",
            output=output,
            output_path=work_dir / f"output.{kind.extension}",
            work_dir=work_dir,
            assets=[
                ResolvedAsset(_ASSET.validate_python(asset), self._file_of(asset))
                for asset in assets
            ],
            sound=sound,
        )

    def _file_of(self, asset: dict[str, Any]) -> Path | None:
        return Path(asset["src"]) if "src" in asset else None
