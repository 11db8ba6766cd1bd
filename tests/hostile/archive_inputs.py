"""Hostile zip files, as templates of the types `zip` and `lottie` (dotLottie)."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tests.hostile.corpus import RENDERED, HostileInput, Verdict, invalid, too_much
from tests.hostile.documents import document, packed, picture, solid

_ANIMATION = packed(document(solid()))
_WITH_PICTURE = packed(
    document(picture(), assets=[{"id": "picture", "w": 8, "h": 8, "u": "", "p": "passwd", "e": 0}])
)
_MIB = 1024**2


def archive_inputs() -> Iterator[HostileInput]:
    for name, make, verdict in (*_shapes_of_archives(), *_names_of_entries(), *_headers()):
        yield HostileInput("archive", name, make, verdict)


def archive(
    entries: Sequence[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two entries with the same name are intended
        for entry, content in entries:
            dated = zipfile.ZipInfo(entry) if isinstance(entry, str) else entry  # dated 1980
            opened.writestr(dated, content, compress_type=method)
    return file.getvalue()


def _shapes_of_archives() -> Iterator[tuple[str, Callable[[], bytes], Verdict]]:
    plain = archive([("data.json", _ANIMATION)])
    unreadable = invalid("archive cannot be read")
    yield "an empty archive", lambda: archive([]), invalid("no Lottie JSON")
    yield "no animation", lambda: archive([("a.txt", b"hello")]), invalid("no Lottie JSON")
    bomb = [("data.json", _ANIMATION), ("bomb", bytes(64 * _MIB))]
    yield "a bomb of one entry", lambda: archive(bomb), too_much("unpacked")
    many = [("data.json", _ANIMATION), *((f"{n}.png", bytes(_MIB)) for n in range(64))]
    yield "a bomb of many entries", lambda: archive(many), too_much("unpacked")
    animation = [("data.json", b" " * 64 * _MIB)]
    yield "a bomb as the animation", lambda: archive(animation), too_much("unpacked")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"a bomb by method {method}", partial(archive, bomb, method), too_much("unpacked")
    yield "archives in an archive", _nested, invalid("no Lottie JSON")
    yield "6,000 entries", _crowd, too_much("5000 entries")
    yield "entries that overlap", _overlapping, too_much("unpacked")
    yield (
        "two animations of one name",
        lambda: archive([("data.json", _ANIMATION), ("data.json", b"[]")]),
        RENDERED,
    )
    broken = [(f"{n:03}.json", b"[" * 1000) for n in range(200)]
    yield "200 broken animations", lambda: archive(broken), invalid("no Lottie JSON")
    deep = [("data.json", b"[" * 200_000)]
    yield "an animation nested too deeply", lambda: archive(deep), invalid("no Lottie JSON")
    for share in (30, 50, 90, 99):
        yield (
            f"truncated to {share} %",
            partial(bytes, plain[: len(plain) * share // 100]),
            unreadable,
        )
    yield "only its signature", lambda: b"PK\x03\x04", unreadable
    yield "only its end", lambda: plain[-22:], unreadable
    yield "junk in front", lambda: b"junk" * 100 + plain, invalid("not JSON")
    yield "junk behind", lambda: plain + b"junk" * 100, RENDERED
    yield (
        "a manifest nested too deeply",
        lambda: archive([("manifest.json", b"[" * 200_000), ("data.json", _ANIMATION)]),
        RENDERED,
    )
    for manifest in (b'{"animations": 5}', b'{"animations": [{"id": "../../etc/passwd"}]}', b"5"):
        yield (
            f"the manifest {manifest.decode()}",
            partial(archive, [("manifest.json", manifest), ("data.json", _ANIMATION)]),
            RENDERED,
        )


def _names_of_entries() -> Iterator[tuple[str, Callable[[], bytes], Verdict]]:
    for path in (
        "../../../../../../tmp/reelbatch-escaped",
        "/tmp/reelbatch-escaped",
        "..\\..\\tmp\\reelbatch-escaped",
        "C:\\reelbatch-escaped",
        "images/../../reelbatch-escaped",
        "a/" * 500 + "b",
        "x" * 60_000,
        "con",
        "\u202egnp.x",
        "new\nline",
        ".",
    ):
        yield (
            f"an entry called {path[:40]!r}",
            partial(archive, [(path, b"escaped"), ("data.json", _ANIMATION)]),
            RENDERED,
        )
    link = zipfile.ZipInfo("passwd")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    yield (
        "a symlink to /etc/passwd",
        lambda: archive([(link, b"/etc/passwd"), ("data.json", _WITH_PICTURE)]),
        RENDERED,
    )
    linked = zipfile.ZipInfo("data.json")
    linked.create_system, linked.external_attr = 3, 0o120777 << 16
    yield (
        "a symlink as the animation",
        lambda: archive([(linked, b"/etc/passwd")]),
        invalid("no Lottie JSON"),
    )
    device = zipfile.ZipInfo("passwd")
    device.create_system, device.external_attr = 3, 0o060666 << 16
    yield "a device", lambda: archive([(device, b""), ("data.json", _WITH_PICTURE)]), RENDERED


def _headers() -> Iterator[tuple[str, Callable[[], bytes], Verdict]]:
    unreadable = invalid("archive cannot be read")
    plain = archive([("data.json", _ANIMATION)])
    stored = archive([("data.json", _ANIMATION)], zipfile.ZIP_STORED)
    central = plain.rindex(b"PK\x01\x02")
    stored_central = stored.rindex(b"PK\x01\x02")
    end = plain.rindex(b"PK\x05\x06")

    def changed(content: bytes, at: int, layout: str, *values: int) -> Callable[[], bytes]:
        patched = bytearray(content)
        struct.pack_into(layout, patched, at, *values)
        return lambda: bytes(patched)

    yield "encrypted", changed(plain, central + 8, "<H", 1), unreadable
    yield "strongly encrypted", changed(plain, central + 8, "<H", 0x41), unreadable
    yield "an unknown compression", changed(plain, central + 10, "<H", 99), unreadable
    yield "a wrong checksum", changed(plain, central + 16, "<I", 1), unreadable
    yield "a size that is too small", changed(plain, central + 24, "<I", 10), unreadable
    yield "a size of 4 GiB", changed(plain, central + 24, "<I", 2**32 - 2), too_much("unpacked")
    yield "a packed size beyond the file", changed(plain, central + 20, "<I", 10**6), RENDERED
    yield (
        "a stored size beyond the file",
        changed(stored, stored_central + 20, "<II", 10**6, 10**6),
        unreadable,
    )
    yield "an offset beyond the file", changed(plain, central + 42, "<I", 2**31), unreadable
    yield "a directory beyond the file", changed(plain, end + 16, "<I", 2**31), unreadable
    yield "a directory of 4 GiB", changed(plain, end + 12, "<I", 2**32 - 1), unreadable
    yield "65,535 entries stated", changed(plain, end + 8, "<HH", 65535, 65535), RENDERED
    yield "another local name", changed(plain, 30, "<B", ord("x")), unreadable
    yield (
        "zip64 without its record",
        changed(plain, end + 8, "<HHII", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        unreadable,
    )
    yield (
        "zip64 sizes without their field",
        changed(plain, central + 20, "<II", 0xFFFFFFFF, 0xFFFFFFFF),
        too_much("unpacked"),
    )
    huge = zipfile.ZipInfo("data.json")
    huge.extra = struct.pack("<HHQQ", 1, 16, 2**62, 2**62)
    yield "a zip64 field of 4 EiB", lambda: archive([(huge, _ANIMATION)]), RENDERED
    yield "a zip64 end in the wrong place", lambda: _false_zip64(plain), unreadable


def _nested() -> bytes:
    inner = bytes(8 * _MIB)
    for level in range(5):
        inner = archive([(f"{level}.zip", inner)])
    return inner


def _crowd() -> bytes:
    return archive([("data.json", _ANIMATION), *((f"{n}", b"") for n in range(6000))])


def _overlapping() -> bytes:
    """Fifield's bomb: many directory entries for the content of one file."""
    single = archive([("bomb.png", bytes(2 * _MIB))])
    central, end = single.rindex(b"PK\x01\x02"), single.rindex(b"PK\x05\x06")
    entry = single[central:end]
    closing = bytearray(single[end:])
    struct.pack_into("<HHI", closing, 8, 40, 40, len(entry) * 40)
    return single[:central] + entry * 40 + bytes(closing)


def _false_zip64(plain: bytes) -> bytes:
    end = plain.rindex(b"PK\x05\x06")
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 2**60, 1)
    return plain[:end] + locator + plain[end:]
