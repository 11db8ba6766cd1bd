"""Draws the slides. Only render processes import this module."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
)
from reelbatch.engines.encoding import open_writer, output_size
from reelbatch.models.errors import LimitExceeded, RenderError, TemplateInvalid
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.assets import TextAsset

RATE = 10  # frames per second, which is also the number of frames per slide


class SlidesRenderer(Renderer):
    def inspect(self, template: Path, template_type: str, limits: RenderLimits):
        if template.stat().st_size > limits.template_size:
            raise LimitExceeded(f"A {template_type} file may have {limits.template_size} bytes.")
        first, *texts = template.read_text("utf-8", "replace").splitlines() or [""]
        size = re.fullmatch(r"([1-9]\d{0,4}) x ([1-9]\d{0,4})", first)
        if not size or not texts:
            raise TemplateInvalid("Start with a size such as 640 x 360, then write slides.")
        width, height, frames = int(size[1]), int(size[2]), RATE * len(texts)
        if width * height > limits.pixels_per_frame or frames > limits.frames:
            raise LimitExceeded(f"This server can't render {frames} frames of {width} x {height}.")
        main = Composition(name="main", width=width, height=height, frame_rate=RATE, frames=frames)
        layers = [
            Layer(composition="main", position=n, name=f"slide {n}", layer_type="text", text=text)
            for n, text in enumerate(texts, start=1)
        ]
        return TemplateInspection(compositions=[main], layers=layers, fonts=[])

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        found = self.inspect(request.template, request.template_type, request.limits)
        main, out = found.compositions[0], request.output
        frames = range(main.frames)[out.first_frame : out.end_frame]
        if request.composition != "main" or not frames:
            raise RenderError(f"There is one composition, main, with {main.frames} frames.")
        assets = [given.asset for given in request.assets if isinstance(given.asset, TextAsset)]
        texts = {asset.layer_name: asset.value for asset in assets}
        words = [texts.get(layer.name, layer.text or "") for layer in found.layers]
        path, codec, draft, rate = request.output_path, out.codec, out.draft, Fraction(RATE)
        w, h = output_size(codec, main.width, main.height, draft)
        with open_writer(path, codec, width=w, height=h, frame_rate=rate, draft=draft) as film:
            for done, number in enumerate(frames, start=1):
                picture = Image.new("RGBA", (w, h), "#204060")
                pen, middle, size = ImageDraw.Draw(picture), (w / 2, h / 2), h // 8 + 8
                pen.text(middle, words[number // RATE], "white", font_size=size, anchor="mm")
                film.write(np.asarray(picture)[..., [2, 1, 0, 3]])  # B, G, R, A
                report(100 * done / len(frames))
        return RenderedFile(w, h, len(frames))
