"""Hostile videos and sounds, and files that FFmpeg might mistake for them."""

import io
import struct
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from tests.hostile.corpus import RENDERED, SEED, HostileInput, Place, Verdict, bad_asset

_NO_VIDEO = bad_asset("is not a video")
_NO_PICTURE = bad_asset("no picture in it")
_DAMAGED = bad_asset("is damaged")
_NO_DECODER = bad_asset("codec (unknown) is not supported")
_NO_SOUND = bad_asset("cannot be read as sound")
_H264 = Path(__file__).with_name("film.mp4")
_Made = tuple[str, Callable[[], bytes], Verdict]
_TARGETS = ("file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:9/a.ts", "concat:/etc/passwd")

_UNREADABLE = {
    "a mp4 truncated to 10 %": _NO_VIDEO,
    "a mp4 truncated to 50 %": _NO_VIDEO,
    "a mp4 truncated to 90 %": _NO_VIDEO,
    "a mp4 with random bytes (1)": _NO_VIDEO,
    "a mp4 with random bytes (2)": _NO_VIDEO,
    "a matroska truncated to 10 %": _NO_VIDEO,
    "a matroska truncated to 50 %": bad_asset("no picture that can be decoded"),
    "a matroska with random bytes (0)": _NO_VIDEO,
    "a matroska with random bytes (1)": _NO_PICTURE,
    "a matroska with random bytes (2)": _NO_DECODER,
    "a webm truncated to 10 %": _NO_VIDEO,
    "a webm truncated to 50 %": _NO_VIDEO,
    "a webm with random bytes (0)": _NO_DECODER,
    "a webm with random bytes (1)": _NO_PICTURE,
    "a webm with random bytes (2)": _NO_PICTURE,
    "a avi truncated to 10 %": _NO_VIDEO,
    "a avi truncated to 50 %": _NO_VIDEO,
    "a mpegts truncated to 10 %": _NO_VIDEO,
}


def media_inputs() -> Iterator[HostileInput]:
    for name, make in _playlists():
        yield HostileInput("video", name, make, _NO_VIDEO, Place.VIDEO)
        yield HostileInput("audio", name, make, _NO_SOUND, Place.AUDIO, "video_h264_vbr_5mbps")
    for name, make, verdict in (*_videos(), *_damaged()):
        yield HostileInput("video", name, make, verdict, Place.VIDEO)
    for name, make, verdict in _sounds():
        yield HostileInput("audio", name, make, verdict, Place.AUDIO, "video_h264_vbr_5mbps")


def _playlists() -> Iterator[tuple[str, Callable[[], bytes]]]:
    for target in _TARGETS:
        hls = f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\n{target}\n#EXT-X-ENDLIST\n"
        yield f"an HLS playlist of {target}", partial(bytes, hls.encode())
        concat = f"ffconcat version 1.0\nfile '{target}'\n"
        yield f"a concat script of {target}", partial(bytes, concat.encode())
    dash = b"""<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">
    <Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">
    <BaseURL>file:///etc/passwd</BaseURL></Representation></AdaptationSet></Period></MPD>"""
    yield "a DASH manifest", lambda: dash
    yield "an SDP description", lambda: b"v=0\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n"
    smil = b'<smil><body><video src="file:///etc/passwd"/></body></smil>'
    yield "a SMIL file", lambda: smil
    yield "an FFmetadata file", lambda: b";FFMETADATA1\n[CHAPTER]\n"
    yield "text", lambda: b"hello\n" * 500
    yield "a picture sequence", lambda: b"%d.png"
    yield "an image", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)
    yield "subtitles", lambda: b"1\n00:00:00,000 --> 00:00:01,000\nhello\n"
    yield "a lavfi graph", lambda: b"movie=/etc/passwd"
    yield "nothing", lambda: b""


def _videos() -> list[_Made]:
    return [
        ("an MP4 of 30,000 x 30,000", partial(_sized, 30_000, 30_000), RENDERED),
        ("an MP4 of 0 x 0", partial(_sized, 0, 0), RENDERED),
        ("an MP4 that lasts for ages", endless_film, RENDERED),
        ("an MP4 of a million samples in no bytes", _lying_samples, bad_asset("video")),
        ("an MP4 with a box of 2^63 bytes", lambda: _boxed(2**63), _NO_PICTURE),
        ("an MP4 whose boxes are nested 10,000 deep", _nested_boxes, _NO_PICTURE),
        ("an MP4 of a thousand tracks", _many_tracks, _NO_VIDEO),
        ("an MP4 whose media are elsewhere", _elsewhere, RENDERED),
        ("an MP4 of 8 bits that says PQ", partial(_encoded, "mp4", 16), RENDERED),
        ("an AVI of 8 bits that says HLG", partial(_encoded, "avi", 18), RENDERED),
        ("a Matroska file of lengths without end", _endless_matroska, _NO_VIDEO),
        ("an AVI of junk", lambda: b"RIFF\xff\xff\xff\x7fAVI LIST" + b"\xff" * 5000, _NO_PICTURE),
        ("an Ogg file of empty pages", _empty_pages, _NO_VIDEO),
        ("an FLV of junk", lambda: b"FLV\1\5\0\0\0\t" + b"\xff" * 5000, _NO_VIDEO),
        ("an MPEG-TS of a thousand programs", _many_programs, bad_asset("video")),
        ("an H.264 stream without a container", _raw_stream, RENDERED),
        ("a sound", partial(_wav), _NO_VIDEO),
    ]


def _damaged() -> list[_Made]:
    random = Random(SEED)  # noqa: S311  # the same videos each time
    made: list[_Made] = []
    for kind in ("mp4", "matroska", "webm", "avi", "mpegts", "gif"):
        for share in (10, 50, 90):
            name = f"a {kind} truncated to {share} %"
            made.append((name, partial(_truncated, kind, share), _UNREADABLE.get(name, RENDERED)))
        for number in range(3):
            seed = random.randrange(2**32)
            name = f"a {kind} with random bytes ({number})"
            made.append((name, partial(_spoiled, kind, seed), _UNREADABLE.get(name, RENDERED)))
    return made


def _sounds() -> list[_Made]:
    sound = _wav()
    return [
        ("a WAV of 4 GiB in 44 bytes", lambda: sound[:40] + b"\xff\xff\xff\xff", RENDERED),
        ("a WAV of 65,535 channels", lambda: _patched(sound, 22, "<H", 65_535), _DAMAGED),
        ("a WAV of no channels", lambda: _patched(sound, 22, "<H", 0), _DAMAGED),
        ("a WAV of 0 Hz", lambda: _patched(sound, 24, "<I", 0), _NO_SOUND),
        ("a WAV of 4 GHz", lambda: _patched(sound, 24, "<I", 2**32 - 1), _NO_SOUND),
        ("a WAV of 1 Hz", lambda: _patched(sound, 24, "<I", 1), RENDERED),
        (
            "a WAV of 1,000 bits",
            lambda: _patched(sound, 34, "<H", 1000),
            bad_asset("unknown codec"),
        ),
        ("half a WAV", lambda: sound[: len(sound) // 2], RENDERED),
        (
            "an MP3 of junk",
            lambda: b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"\xff\xfb\x90\0" * 200,
            _NO_SOUND,
        ),
        ("a FLAC of junk", lambda: b"fLaC\x80\xff\xff\xff" + b"\xff" * 200, _NO_SOUND),
        ("a video without sound", partial(_film, "mp4"), bad_asset("no sound")),
    ]


def _film(kind: str) -> bytes:
    """Return the same bytes each time. The MP4 is a file: x264's output differs now and then."""
    if kind == "mp4":
        return _H264.read_bytes()
    return _moved(kind) if kind in {"matroska", "mpegts"} else _encoded(kind)


def _moved(kind: str) -> bytes:
    """Copy the H.264 film to another container."""
    file = io.BytesIO()
    film: Any = av.open(file, "w", format=kind, options={"fflags": "+bitexact"})
    with film, av.open(_H264) as source:
        stream = film.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                film.mux(packet)
    return file.getvalue()


def _encoded(kind: str, transfer: int = 2) -> bytes:
    """Encode a film. `transfer` is a code of H.273; 2 means unspecified."""
    codecs = {"webm": "libvpx-vp9", "avi": "mpeg4", "gif": "gif"}
    file = io.BytesIO()
    film: Any = av.open(file, "w", format=kind, options={"fflags": "+bitexact"})
    with film:
        stream = film.add_stream(codecs.get(kind, "libx264"), rate=30)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "rgb8" if kind == "gif" else "yuv420p"
        stream.codec_context.color_trc = transfer
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= Flags.bitexact
        for number in range(12):
            pixels = np.full((48, 64, 3), number * 20, np.uint8)
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=stream.pix_fmt)
            picture.pts, picture.time_base = number, Fraction(1, 30)
            film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
    return file.getvalue()


@cache
def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(bytes(9600))
    return file.getvalue()


def _patched(content: bytes, at: int, layout: str, *values: int) -> bytes:
    patched = bytearray(content)
    struct.pack_into(layout, patched, at, *values)
    return bytes(patched)


def _truncated(kind: str, share: int) -> bytes:
    return _film(kind)[: len(_film(kind)) * share // 100]


def _spoiled(kind: str, seed: int) -> bytes:
    random = Random(seed)  # noqa: S311  # the same video each time
    content = bytearray(_film(kind))
    for _ in range(30):
        content[random.randrange(16, len(content))] = random.randrange(256)
    return bytes(content)


def _sized(width: int, height: int) -> bytes:
    """Change the size in the sample description and in the track header."""
    film = _film("mp4")
    film = _patched(film, film.index(b"avc1", film.index(b"stsd")) + 28, ">HH", width, height)
    return _patched(film, film.index(b"tkhd") + 80, ">II", width << 16, height << 16)


def endless_film() -> bytes:
    film = _film("mp4")
    for box, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20), (b"elst", 12)):
        film = _patched(film, film.index(box) + at, ">I", 0x7FFFFFFF)
    return film


def _lying_samples() -> bytes:
    film = _film("mp4")
    film = _patched(film, film.index(b"stsz") + 8, ">II", 1, 10**6)
    return _patched(film, film.index(b"stts") + 12, ">II", 10**6, 1)


def _boxed(size: int) -> bytes:
    kind = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
    return kind + struct.pack(">I4sQ", 1, b"moov", size) + bytes(100)


def _nested_boxes() -> bytes:
    inner = b""
    for _ in range(10_000):
        inner = struct.pack(">I4s", 8 + len(inner), b"trak")[:8] + inner[:70_000]
    kind = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
    return kind + struct.pack(">I4s", 8 + len(inner), b"moov") + inner


def _many_tracks() -> bytes:
    film = _film("mp4")
    moov = film.index(b"moov") - 4
    size = struct.unpack_from(">I", film, moov)[0]
    track = film.index(b"trak") - 4
    length = struct.unpack_from(">I", film, track)[0]
    tracks = film[track : track + length] * 999
    grown = _patched(film, moov, ">I", size + len(tracks))
    return grown[: moov + size] + tracks + grown[moov + size :]


def _elsewhere() -> bytes:
    """Add a QuickTime data reference (dref) to another file."""
    film = _film("mp4")
    at = film.index(b"url ", film.index(b"dref"))
    return _patched(film, at + 4, ">I", 0)


def _endless_matroska() -> bytes:
    return (
        bytes.fromhex("1a45dfa3 8f 4282 88") + b"matroska" + b"\x18\x53\x80\x67\x01" + b"\xff" * 999
    )


def _empty_pages() -> bytes:
    return (b"OggS\0\2" + bytes(20) + b"\0") * 5000


def _many_programs() -> bytes:
    random = Random(SEED)  # noqa: S311  # the same stream each time
    packets = (
        struct.pack(">BHB", 0x47, 0x4000 | random.randrange(0x2000), 0x10) + random.randbytes(184)
        for _ in range(1000)
    )
    return b"".join(packets)


def _raw_stream() -> bytes:
    film = _film("mpegts")
    return b"\0\0\0\1" + film[film.index(b"\0\0\0\1") + 4 :]
