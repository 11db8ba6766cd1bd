"""Layers that show a video.

Each gets an image asset whose pixels are repainted before every output frame
(docs/decisions/0004-video-layers.md).
"""

import copy
import math
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.decoding.footage import Footage
from reelbatch.engines.decoding.footage_pixels import FootagePainter
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    array,
    is_object,
    layer_type,
    number,
    objects,
    reference,
)
from reelbatch.engines.lottie.images import asset_content, box_of, names_video
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.thorvg import Frame
from reelbatch.models.errors import AssetInvalid, LimitExceeded

MAX_VIDEOS = 32  # layers with a video, counting every use of their precomposition
_LARGEST_SCALE = 3.0  # pixels of a picture per pixel of its box, for layers that grow
_PRECISION = 10**6  # the largest denominator of a time in frames; the rest is exporters' noise


@dataclass(frozen=True, kw_only=True)
class ReplacedVideo:
    """A video that replaces a layer's picture."""

    file: Path
    layer_name: str
    box: tuple[float, float]  # the size in the layer that it is fitted into, in pixels
    size: tuple[float, float]  # pixels
    has_sound: bool
    own: bool = False  # the template's own video, not a job's


def replaced_video(
    file: Path, layer_name: str, box: tuple[float, float] | None, limits: RenderLimits
) -> ReplacedVideo:
    """Open a video to find its size and sound. Without a box, it keeps its own size.

    Raises AssetInvalid if the file is not a video, LimitExceeded if it is too large.
    """
    with closing(Footage(file, limits)) as footage:
        box = box or footage.size
        if box[0] * box[1] > limits.pixels_per_frame:
            raise LimitExceeded(
                f"A video layer has more than {limits.pixels_per_frame} pixels "
                "(REELBATCH_MAX_FRAME_PIXELS)."
            )
        return ReplacedVideo(
            file=file,
            layer_name=layer_name,
            box=box,
            size=footage.size,
            has_sound=footage.has_sound,
        )


def own_videos(
    document: LottieDocument, files: TemplateFiles, folder: Path, limits: RenderLimits
) -> dict[str, ReplacedVideo]:
    """The template's own videos by asset id; their files are written to `folder`.

    A video that cannot be read is treated as a missing picture. Raises LimitExceeded.
    """
    found: dict[str, ReplacedVideo] = {}
    for identity, asset in document.assets.items():
        content = asset_content(asset, files) if names_video(asset) else None
        box = box_of(asset)
        if content is None or box is None:
            continue
        file = folder / f"own-video-{len(found)}"
        file.write_bytes(content)
        with suppress(AssetInvalid):
            video = replaced_video(file, str(asset.get("nm")), box, limits)
            found[identity] = replace(video, own=True)
    return found


@dataclass(frozen=True)
class _Clock:
    """How time runs inside a layer, and when it is visible, in frames of the output's document."""

    origin: Fraction = Fraction(0)  # the frame of the local frame 0
    stretch: Fraction = Fraction(1)  # frames per local frame; negative: backwards
    start: Fraction | float = -math.inf
    end: Fraction | float = math.inf

    def of(self, layer: Json) -> "_Clock":
        """The clock inside `layer`, which is itself inside what this clock is for."""
        seen = sorted((self._outside(layer, "ip"), self._outside(layer, "op")))
        stretch = _fraction(layer.get("sr"), 1.0) or Fraction(1)
        return _Clock(
            origin=self.origin + _fraction(layer.get("st"), 0.0) * self.stretch,
            stretch=self.stretch * stretch,
            start=max(self.start, seen[0]),
            end=min(self.end, seen[1]),
        )

    def local(self, frame: Fraction) -> Fraction:
        return (frame - self.origin) / self.stretch

    def _outside(self, layer: Json, key: str) -> Fraction:
        return self.origin + _fraction(layer.get(key), 0.0) * self.stretch


class VideoLayers:
    """The video layers of one render.

    `assets` are their image assets by id, and `pictures` the pixels that are shown for them.
    """

    def __init__(
        self,
        *,
        document: LottieDocument,
        composition: LottieComposition,
        videos: Mapping[str, ReplacedVideo],
        limits: RenderLimits,
    ) -> None:
        """Find the layers that refer to `videos`.

        Each use of a precomposition with such layers gets its own copy, because it has its own
        time. Raises AssetInvalid if a video's time is remapped, LimitExceeded if there are too
        many videos.
        """
        self._document = document
        self._videos = videos
        self._limits = limits
        self._rate = document.frame_rate
        self._first_frame = _fraction(composition.first_frame, 0.0)
        self._layers: list[_VideoLayer] = []
        self._with_videos = _compositions_with(document, videos)
        self.assets: dict[str, Json] = {}
        self._visit(composition.layers, _Clock())
        self.pictures: dict[str, Frame] = {layer.name: layer.canvas for layer in self._layers}

    def show(self, frame: int) -> None:
        """Paint the pictures for an output frame, counted from 0. Raises AssetInvalid."""
        for layer in self._layers:
            layer.show(frame + self._first_frame)

    def close(self) -> None:
        for layer in self._layers:
            layer.close()

    def _visit(self, layers: list[Json], clock: _Clock) -> None:
        for layer in layers:
            identity = reference(layer.get("refId"))
            if layer_type(layer) == "image" and identity in self._videos:
                self._add(layer, self._videos[identity], clock.of(layer))
            elif layer_type(layer) == "precomp" and identity in self._with_videos:
                if is_object(layer.get("tm")) and all(each.own for each in self._videos.values()):
                    continue
                if is_object(layer.get("tm")):
                    raise AssetInvalid(
                        f"The layer {layer.get('nm')!r} remaps the time of a precomposition that "
                        "shows a video, which is not supported. Export it without time remapping."
                    )
                self._visit(self._own_layers(layer, identity), clock.of(layer))

    def _add(self, layer: Json, video: ReplacedVideo, clock: _Clock) -> None:
        if len(self._layers) == MAX_VIDEOS:
            raise LimitExceeded(f"The job shows videos in more than {MAX_VIDEOS} layers.")
        name = f"reelbatch-video-{len(self._layers)}"
        width, height = video.box
        self.assets[name] = {"id": name, "w": width, "h": height, "u": "", "p": name, "e": 0}
        layer["refId"] = name
        canvas = _canvas(video, _largest_scale(layer), self._limits)
        self._layers.append(
            _VideoLayer(
                name=name,
                video=video,
                clock=clock,
                canvas=canvas,
                frame_rate=self._rate,
                limits=self._limits,
            )
        )

    def _own_layers(self, layer: Json, identity: str) -> list[Json]:
        """A copy, only for `layer`, of the precomposition that it shows."""
        asset = self._document.assets[identity]
        layers = copy.deepcopy(objects(asset["layers"]))
        layer["refId"] = f"{identity} {len(self._document.assets)}"
        self._document.assets[layer["refId"]] = {**asset, "layers": layers}
        return layers


class _VideoLayer:
    """One use of a video, whose file is open while it is visible."""

    def __init__(
        self,
        *,
        name: str,
        video: ReplacedVideo,
        clock: _Clock,
        canvas: Frame,
        frame_rate: Fraction,
        limits: RenderLimits,
    ) -> None:
        self.name = name
        self.canvas = canvas
        self._video = video
        self._clock = clock
        self._frame_rate = frame_rate
        self._limits = limits
        self._footage: Footage | None = None
        self._painter: FootagePainter | None = None
        self._shown: VideoFrame | None = None

    def show(self, frame: Fraction) -> None:
        if not self._clock.start <= frame < self._clock.end:
            self.close()
            return
        try:
            self._paint(self._clock.local(frame) / self._frame_rate)
        except AssetInvalid as error:
            raise AssetInvalid(f"Layer {self._video.layer_name!r}: {error.message}") from error

    def close(self) -> None:
        if self._footage is not None:
            self._footage.close()
        self._footage = self._painter = self._shown = None

    def _paint(self, seconds: Fraction) -> None:
        if self._footage is None or self._painter is None:
            self._footage = Footage(self._video.file, self._limits)
            self._painter = FootagePainter(
                self.canvas, self._footage.size, self._footage.quarter_turns
            )
            self._painter.clear()
        picture = self._footage.picture_at(seconds)
        if picture is self._shown:
            return
        if picture is None:
            self._painter.clear()
        else:
            self._painter.paint(picture)
        self._shown = picture


def _compositions_with(document: LottieDocument, videos: Iterable[str]) -> set[str]:
    """The ids of precompositions that show one of `videos`, at any depth."""
    shown, found = set(videos), set[str]()
    while shown:
        around = {
            identity
            for identity, layers in document.precompositions.items()
            if any(reference(layer.get("refId")) in shown for layer in layers)
        }
        shown = around - found
        found |= around
    return found


def _canvas(video: ReplacedVideo, scale: float, limits: RenderLimits) -> Frame:
    """Transparent pixels in the box's proportions, as fine as video and layer can use."""
    width, height = video.box
    finest = max(video.size[0] / width, video.size[1] / height)
    affordable = math.sqrt(limits.pixels_per_frame / (width * height))
    scale = min(max(1.0, min(scale, finest)), affordable)
    return np.zeros((max(1, round(height * scale)), max(1, round(width * scale)), 4), np.uint8)


def _largest_scale(layer: Json) -> float:
    """The largest scale of the layer's own transform, from 1 to `_LARGEST_SCALE`."""
    transform = layer.get("ks")
    scale = transform.get("s") if is_object(transform) else None
    content = scale.get("k") if is_object(scale) else None
    states = [keyframe.get("s") for keyframe in objects(content)] or [content]
    percents = [abs(number(side, 100.0)) for state in states for side in array(state)]
    return min(max([100.0, *percents]) / 100, _LARGEST_SCALE)


def _fraction(value: object, default: float) -> Fraction:
    return Fraction(number(value, default)).limit_denominator(_PRECISION)
