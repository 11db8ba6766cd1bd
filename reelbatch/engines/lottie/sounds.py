"""The sounds of a composition and its precompositions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reelbatch.engines.encoding import AudioClip
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    array,
    at_rest,
    is_object,
    layer_type,
    number,
    objects,
    reference,
)
from reelbatch.engines.lottie.images import asset_content
from reelbatch.engines.lottie.source import TemplateFiles
from reelbatch.engines.lottie.video_layers import ReplacedVideo

_FULL_LEVEL = 100.0  # percent
_LOUDEST = 10.0  # times the recorded level


@dataclass(frozen=True)
class ReplacedSound:
    """A file that plays for a layer."""

    layer: Json
    file: Path


@dataclass(frozen=True)
class _Span:
    """A part of the output, in frames of the composition."""

    origin: float  # the frame of the local frame 0
    start: float
    end: float


class SoundTrack:
    """Collects the audio clips of a render; embedded sounds are written to `folder`."""

    def __init__(
        self,
        *,
        document: LottieDocument,
        files: TemplateFiles,
        replaced: Sequence[ReplacedSound],
        videos: Mapping[str, ReplacedVideo],
        folder: Path,
    ) -> None:
        self._document = document
        self._files = files
        self._replaced = replaced
        self._videos = videos
        self._folder = folder
        self._embedded: dict[str, Path] = {}

    def clips(self, composition: LottieComposition, frames: range) -> list[AudioClip]:
        """The clips on the timeline of an output that shows `frames`, counted from 0."""
        first_frame = composition.first_frame + frames.start
        whole = _Span(0.0, first_frame, first_frame + len(frames))
        rate = float(self._document.frame_rate)
        return [
            AudioClip(
                file=file,
                start=(span.origin - first_frame) / rate,
                end=(span.end - first_frame) / rate,
                gain=gain,
            )
            for file, span, gain in self._sounds(composition.layers, whole)
            if span.end > span.start
        ]

    def _sounds(self, layers: list[Json], around: _Span) -> Iterator[tuple[Path, _Span, float]]:
        for layer in layers:
            if layer.get("hd") is True:
                continue
            span = _span_of(layer, around)
            replaced = [sound.file for sound in self._replaced if sound.layer is layer]
            if replaced:
                yield replaced[-1], _from_in_point(layer, span, around), _gain(layer)
            elif layer_type(layer) == "audio":
                file = self._embedded_file(layer)
                if file is not None:
                    yield file, span, _gain(layer)
            elif layer_type(layer) == "image":
                video = self._videos.get(reference(layer.get("refId")))
                if video is not None and video.has_sound and _runs_at_its_own_speed(layer):
                    yield video.file, span, _gain(layer)
            elif layer_type(layer) == "precomp":
                asset = self._document.asset_of(layer) or {}
                for file, each, gain in self._sounds(objects(asset.get("layers")), span):
                    yield file, each, gain * _gain(layer)

    def _embedded_file(self, layer: Json) -> Path | None:
        asset = self._document.asset_of(layer)
        content = asset_content(asset, self._files) if asset is not None else None
        if asset is None or not content:
            return None
        identity = str(asset.get("id"))
        if identity not in self._embedded:
            path = self._folder / f"sound-{len(self._embedded)}"
            path.write_bytes(content)
            self._embedded[identity] = path
        return self._embedded[identity]


def _span_of(layer: Json, around: _Span) -> _Span:
    return _Span(
        origin=around.origin + number(layer.get("st"), 0.0),
        start=max(around.start, around.origin + number(layer.get("ip"), 0.0)),
        end=min(around.end, around.origin + number(layer.get("op"), around.end)),
    )


def _from_in_point(layer: Json, span: _Span, around: _Span) -> _Span:
    """An audio layer's sound starts at its start time, that of other layers at the in point."""
    if layer_type(layer) == "audio":
        return span
    return _Span(around.origin + number(layer.get("ip"), 0.0), span.start, span.end)


def _runs_at_its_own_speed(layer: Json) -> bool:
    return number(layer.get("sr"), 1.0) == 1.0


def _gain(layer: Json) -> float:
    """The gain of a layer: `au.lv` has a percentage per channel."""
    audio = layer.get("au")
    level = at_rest(audio.get("lv")) if is_object(audio) else None
    levels = [number(channel, _FULL_LEVEL) for channel in array(level) or [level]]
    return max(0.0, min(_LOUDEST, sum(levels) / len(levels) / _FULL_LEVEL))
