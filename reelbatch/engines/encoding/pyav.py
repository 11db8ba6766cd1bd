"""PyAV's streams and packets with complete types, which PyAV's own annotations lack."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

UNTRUSTED_INPUT = {
    "protocol_whitelist": "file",
    "max_streams": "64",  # each has a decoder: a thousand used 900 MB before the first picture
}
"""Options for opening an untrusted file, to be combined with a list of formats."""

EncodedPacket: TypeAlias = "Packet[Any]"  # generic for the type checker only


def add_video_stream(
    container: OutputContainer, encoder: str, rate: Fraction, options: dict[str, str]
) -> VideoStream:
    stream = container.add_stream(  # pyright: ignore[reportUnknownMemberType]  # untyped **kwargs
        encoder, rate=rate, options=options
    )
    assert isinstance(stream, VideoStream)  # noqa: S101  # for the type checker
    return stream


def add_audio_stream(container: OutputContainer, encoder: str, rate: int) -> AudioStream:
    stream = container.add_stream(  # pyright: ignore[reportUnknownMemberType]  # untyped **kwargs
        encoder, rate=rate
    )
    assert isinstance(stream, AudioStream)  # noqa: S101  # for the type checker
    return stream


def copy_video_stream(container: OutputContainer, like: VideoStream, rate: Fraction) -> VideoStream:
    """Add a track for packets of `like`, which are copied without encoding them again."""
    # opaque: by the codec's id, since the decoder may have a name that no encoder has
    stream = container.add_stream_from_template(  # pyright: ignore[reportUnknownMemberType]  # untyped **kwargs
        like, opaque=True
    )
    stream.codec_context.codec_tag = like.codec_context.codec_tag
    stream.codec_context.framerate = rate
    stream.time_base = 1 / rate
    return stream


def packets_of(container: InputContainer, stream: VideoStream) -> Iterator[EncodedPacket]:
    return container.demux(stream)


def encode_picture(stream: VideoStream, picture: VideoFrame | None) -> list[EncodedPacket]:
    """Return the packets that `picture` completes; None flushes the encoder."""
    return stream.encode(picture)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def encode_sound(stream: AudioStream, sound: AudioFrame | None) -> list[EncodedPacket]:
    """Return the packets that `sound` completes; None flushes the encoder."""
    return stream.encode(sound)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def mux(container: OutputContainer, packet: EncodedPacket) -> None:
    container.mux(packet)  # pyright: ignore[reportUnknownMemberType]
