"""The sound track of a video file."""

from collections.abc import Sequence
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer

from reelbatch.engines.encoding.audio import (
    LAYOUT,
    SAMPLE_FORMAT,
    SAMPLE_RATE,
    AudioClip,
    Mixer,
)
from reelbatch.engines.encoding.pyav import add_audio_stream, encode_sound, mux

_SOUND_CHUNK = 4800  # samples: a tenth of a second


class SoundTrack:
    """Encodes the mixed clips, up to the time that pictures have been written."""

    def __init__(
        self, container: OutputContainer, encoder: str, clips: Sequence[AudioClip]
    ) -> None:
        self._container = container
        self._mixer = Mixer(clips)
        self._stream: AudioStream = add_audio_stream(container, encoder, SAMPLE_RATE)
        self._stream.codec_context.layout = LAYOUT
        self._stream.codec_context.thread_count = 1
        if encoder != "pcm_s16le":
            self._stream.codec_context.bit_rate = 192_000
        self._position = 0  # samples

    def write_until(self, seconds: Fraction) -> None:
        """Write the sound up to that second of the output."""
        end = round(seconds * SAMPLE_RATE)
        while self._position < end:
            count = min(_SOUND_CHUNK, end - self._position)
            frame = AudioFrame.from_ndarray(self._mixer.read(count), SAMPLE_FORMAT, LAYOUT)
            frame.sample_rate = SAMPLE_RATE
            frame.pts = self._position
            frame.time_base = Fraction(1, SAMPLE_RATE)
            self._position += count
            self._mux(frame)

    def finish(self) -> None:
        self._mux(None)
        self.close()

    def close(self) -> None:
        self._mixer.close()

    def _mux(self, frame: AudioFrame | None) -> None:
        for packet in encode_sound(self._stream, frame):
            mux(self._container, packet)
