"""Hostile After Effects projects, written by the library or put together byte by byte."""

import io
import math
import struct
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from PIL import Image
from psd_tools import PSDImage

from reelbatch.projects.chunks import MAX_CHUNKS, MAX_DEPTH
from tests.hostile.corpus import RENDERED, HostileInput, Verdict, invalid, too_much
from tests.reelbatch.projects.made import RED, Stage, a_project, a_zip

Content = bytes | Callable[[], bytes]

_SOURCE, _PARENT = 40, 132  # offsets of the identities in a layer's `ldta`
_MANY = 5_000  # layers


def project_inputs() -> Iterator[HostileInput]:
    for name, content, verdict in _inputs():
        make = content if callable(content) else partial(bytes, content)
        yield HostileInput("project", name, make, verdict)


def _inputs() -> Iterator[tuple[str, Content, Verdict]]:
    damaged = invalid("project is damaged")
    yield "RIFX and nothing else", b"RIFX", invalid("not an After Effects project")
    yield "RIFX of zeros", b"RIFX" + bytes(1000), invalid("The project cannot be read")
    for share in (0.1, 0.5, 0.9):
        yield f"cut at {share:g}", partial(_cut, share), invalid("The project is truncated")
    yield "a chunk that is longer than its list", partial(_length, 0x7FFFFFFF), damaged
    yield "a chunk of the largest length", partial(_length, 0xFFFFFFFF), damaged
    yield "a list without a kind", _riff(_chunk(b"LIST", b"ab")), damaged
    yield "lists in lists", partial(_nested, MAX_DEPTH + 1), too_much("nested deeper")
    yield "a million lists in lists", partial(_nested, 100_000), too_much("nested deeper")
    yield "millions of chunks", _many_chunks, too_much(f"more than {MAX_CHUNKS} chunks")
    yield "a composition in itself", _in_itself, invalid("contains itself")
    yield (
        "layers that are each other's parents",
        _circle_of_parents,
        invalid("each other's parents"),
    )
    yield "five thousand layers", _many_layers, RENDERED
    for number in (math.nan, math.inf, -math.inf, 1e300):
        yield f"a position of {number:g}", partial(_position, number), RENDERED
    yield "a text in a thousand brackets", _deep_text, RENDERED
    yield "a project of XML", b'<?xml version="1.0"?><AfterEffectsProject/>', invalid(".aepx")
    yield "two projects in a zip", _two, invalid("more than one project")
    yield "Premiere's graphics", a_zip({"project.prgraphic": b""}), invalid("Premiere")
    yield "a zip in a zip in a zip", _zips, invalid("no After Effects project")
    huge = _photoshop()[:14] + struct.pack(">II", 30_000, 30_000) + _photoshop()[22:]
    for name, content, verdict in (
        ("a Photoshop file of 900 million pixels", huge, invalid("A picture has more than")),
        ("half a Photoshop file", _photoshop()[: len(_photoshop()) // 2], RENDERED),
        ("a Photoshop file that is a PDF of zeros", b"%PDF-1.7\n" + bytes(10_000), RENDERED),
        ("a page of 14,000 inches", _page(14_400 * 70), invalid("A picture has more than")),
        ("a page that is its own parent", _page(80, parent=3), RENDERED),
    ):
        yield name, partial(_with_footage, content), verdict


@cache
def _plain() -> bytes:
    def build(stage: Stage) -> None:
        stage.solid(RED)
        stage.main.add_text("Hello").transform["ADBE Position"].value = [20, 30, 0]

    return a_project(build)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)


def _riff(content: bytes) -> bytes:
    return _chunk(b"RIFX", b"Egg!" + content)


def _cut(share: float) -> bytes:
    return _plain()[: int(len(_plain()) * share)]


def _length(length: int) -> bytes:
    place = _plain().index(b"tdsb") + 4
    return _plain()[:place] + struct.pack(">I", length) + _plain()[place + 4 :]


def _nested(levels: int) -> bytes:
    sizes = range(4 + 12 * (levels - 1), 3, -12)
    return _riff(b"".join(b"LIST" + struct.pack(">I", size) + b"Fold" for size in sizes))


def _many_chunks() -> bytes:
    return _riff(_chunk(b"tdsb", b"") * (MAX_CHUNKS + 1))


def _layers(content: bytes | bytearray) -> Iterator[int]:
    """Yield the positions of the layers' data."""
    place = content.find(b"ldta")
    while place >= 0:
        yield place + 8
        place = content.find(b"ldta", place + 1)


def _in_itself() -> bytes:
    content = bytearray(a_project(lambda stage: stage.main.add(stage.composition("Inner"))))
    [shown] = {
        struct.unpack_from(">I", content, place + _SOURCE)[0] for place in _layers(content)
    } - {0}
    main = min(_items(bytes(content), 4) - {shown})
    for place in _layers(content):
        if struct.unpack_from(">I", content, place + _SOURCE)[0] == shown:
            struct.pack_into(">I", content, place + _SOURCE, main)
    return bytes(content)


def _items(content: bytes, kind: int) -> set[int]:
    """Return the identities of all items of a kind; 4 is a composition."""
    found: set[int] = set()
    place = content.find(b"idta")
    while place >= 0:
        body = place + 8
        if struct.unpack_from(">H", content, body)[0] == kind:
            found.add(struct.unpack_from(">I", content, body + 16)[0])
        place = content.find(b"idta", place + 1)
    return found


def _circle_of_parents() -> bytes:
    def build(stage: Stage) -> None:
        stage.solid(RED).parent = stage.solid(RED)

    content = bytearray(a_project(build))
    pairs = {
        struct.unpack_from(">I", content, place)[0]: struct.unpack_from(
            ">I", content, place + _PARENT
        )[0]
        for place in _layers(content)
    }
    [(child, parent)] = [pair for pair in pairs.items() if pair[1]]
    for place in _layers(content):
        if struct.unpack_from(">I", content, place)[0] == parent:
            struct.pack_into(">I", content, place + _PARENT, child)
    return bytes(content)


def _many_layers() -> bytes:
    """Repeat the first layer many times, with only its data and its name."""
    content = _plain()
    place = next(
        place for place in _layers(content) if content[place - 20 : place - 8][8:] == b"Layr"
    )
    (length,) = struct.unpack_from(">I", content, place - 4)
    data = _chunk(b"ldta", content[place : place + length])
    empty = _chunk(b"LIST", b"tdgp")
    layer = _chunk(b"LIST", b"Layr" + data + _chunk(b"Utf8", b"Many") + empty)
    return _inserted(content, place - 20, layer * _MANY)


def _inserted(content: bytes, place: int, more: bytes) -> bytes:
    """Insert `more` before the chunk at `place`, and extend all lists that it is in."""
    grown = bytearray(content)
    at, end = 0, len(content)
    while at < place:
        kind, length = struct.unpack_from(">4sI", content, at)
        end = at + 8 + length
        if kind in (b"RIFX", b"LIST") and at < place < end:
            struct.pack_into(">I", grown, at + 4, length + len(more))
            at += 12
        else:
            at = end + length % 2
    return bytes(grown[:place]) + more + bytes(grown[place:])


def _position(number: float) -> bytes:
    before, after = struct.pack(">d", 20.0), struct.pack(">d", number)
    return _plain().replace(before + struct.pack(">d", 30.0), after + struct.pack(">d", 30.0))


def _deep_text() -> bytes:
    content = _plain()
    place = content.index(b"btdk")
    (length,) = struct.unpack_from(">I", content, place - 4)
    brackets = (b"/0 " + b"[" * 1000).ljust(length - 4, b" ")
    return content[: place + 4] + brackets + content[place + length :]


def _two() -> bytes:
    return a_zip({"a.aep": _plain(), "b.aep": _plain()})


@cache
def _photoshop() -> bytes:
    """Make a Photoshop file of 80 by 60 pixels."""
    content = io.BytesIO()
    picture = Image.new("RGB", (80, 60), "red")
    cast("Any", PSDImage).frompil(picture).save(content)
    return content.getvalue()


def _page(size: int, *, parent: int = 2) -> bytes:
    """Make a PDF without a cross-reference table."""
    return (
        b"%%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent %d 0 R/MediaBox[0 0 %d %d]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%%%EOF" % (parent, size, size)
    )


def _with_footage(content: bytes) -> bytes:
    """Make a project that shows a Photoshop file, whose content is replaced by `content`."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "logo.psd"
        file.write_bytes(_photoshop())
        project = a_project(lambda stage: stage.footage(file))
    return a_zip({"project.aep": project, "logo.psd": content})


def _zips() -> bytes:
    return a_zip({"project.aegraphic": a_zip({"project.aegraphic": a_zip({"a": b""})})})
