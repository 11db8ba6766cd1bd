"""Hostile templates, as an attacker might upload them: made from scratch, or from a sample.

They are the same each time. An engine may render those that it can make sense of.
"""

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

TEMPLATE_SIZE = 32 * 1024**2
"""The limit for templates in the checks, in unpacked bytes: low, so that a bomb can be small."""
ESCAPED = "reelbatch-escaped-from-archive"
"""The name of files that hostile archives try to write outside the render's folder."""

_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class HostileTemplate:
    name: str
    make: Callable[[bytes], bytes | None]
    """Makes the template from a sample; returns None if the sample is not suitable."""


def hostile_templates() -> list[HostileTemplate]:
    return [
        HostileTemplate("empty", lambda _: b""),
        HostileTemplate("random", lambda _: random.Random(1).randbytes(64 * 1024)),  # noqa: S311
        HostileTemplate("zeros", lambda _: bytes(1024**2)),
        HostileTemplate("text-without-end", lambda _: b"A" * 4 * 1024**2),
        HostileTemplate("deep-arrays", lambda _: b"[" * 200_000),
        HostileTemplate("deep-objects", lambda _: b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        HostileTemplate("huge-json", lambda _: b"[" + b"0," * 1_000_000 + b"0]"),
        HostileTemplate("entities", lambda _: _entities()),
        HostileTemplate("zip-bomb", lambda _: _archive({"data.json": bytes(2 * TEMPLATE_SIZE)})),
        HostileTemplate("zip-that-lies", lambda _: _lying_archive()),
        HostileTemplate("zip-that-leads-out", lambda _: _leading_out()),
        HostileTemplate("zip-of-nothing", lambda _: _archive({})),
        HostileTemplate("truncated", lambda sample: sample[: len(sample) // 2]),
        HostileTemplate("nearly-whole", lambda sample: sample[: -max(1, len(sample) // 20)]),
        HostileTemplate("flipped-bits", _flipped),
        HostileTemplate("huge-numbers", lambda sample: _numbers(sample, b"999999999999999999999")),
        HostileTemplate("many-pixels", lambda sample: _numbers(sample, b"99999")),
        HostileTemplate("negative-numbers", lambda sample: _numbers(sample, b"-7")),
        HostileTemplate("zeros-for-numbers", lambda sample: _numbers(sample, b"0")),
    ]


def _entities() -> bytes:
    """The billion laughs of XML."""
    lines = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">' + "".join(lines)).encode() + (
        b"]><a>&a9;</a>"
    )


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_dated(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _dated(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))


def _lying_archive() -> bytes:
    """An archive whose entry claims to have ten bytes and has as many as a bomb."""
    size = 2 * TEMPLATE_SIZE
    honest = _archive({"data.json": bytes(size)})
    return honest.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


def _leading_out() -> bytes:
    names = [f"../../../{ESCAPED}", f"/tmp/{ESCAPED}", f"..\\..\\{ESCAPED}"]  # noqa: S108
    return _archive(dict.fromkeys(names, b"escaped"))


def _flipped(sample: bytes) -> bytes:
    chance = random.Random(len(sample))  # noqa: S311
    flipped = bytearray(sample)
    for _ in range(max(3, len(sample) // 200)):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _numbers(sample: bytes, number: bytes) -> bytes | None:
    """Replace every number in the sample; None if it has no text."""
    if not sample.startswith(_ZIP):
        return _with_numbers(sample, number)
    try:
        with zipfile.ZipFile(io.BytesIO(sample)) as archive:
            files = dict(_texts(archive, number))
    except (zipfile.BadZipFile, zlib.error):
        return None
    return _archive(files)


def _texts(archive: zipfile.ZipFile, number: bytes) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        content = archive.read(name)
        yield name, _with_numbers(content, number) or content


def _with_numbers(content: bytes, number: bytes) -> bytes | None:
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return re.sub(rb"(?<![\w#-])\d+(\.\d+)?(?!\w)", number, content)
