"""Reads the names and the characters of an untrusted font.

It reads two tables, each up to a limit and each of their records once, so that no font costs more
than a legitimate one. Everything else in a font is read in confined render processes. The tables
`name` and `cmap` are described at https://learn.microsoft.com/typography/opentype/spec.
"""

import struct
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from reelbatch.engines.characters import Range, merged, ranges_as_text

_MAX_TABLES = 512  # fonts have 10 to 40
_NAME_BYTES = 3 * 65_535  # offsets in the table have 16 bits
_CMAP_BYTES = 4 * 1024**2  # the largest fonts for Chinese have half a MiB
_SEGMENT_BYTES = 512 * 1024  # the reach of 16-bit offsets
_LONGEST_NAME = 1024  # bytes
_MAX_RANGES = 20_000  # of characters; fonts with all of Chinese have 6,000

_DIRECTORY_ENTRY = struct.Struct(">4sIII")  # tag, checksum, offset, length
_NAME_RECORD = struct.Struct(">6H")  # platform, encoding, language, name, length, offset
_CMAP_RECORD = struct.Struct(">HHI")  # platform, encoding, offset
_GROUP = struct.Struct(">III")  # first character, last one, glyph of the first
# By platform (Unicode, Macintosh, Windows) and encoding.
_TEXT_ENCODINGS = {
    **{(0, encoding): "utf_16_be" for encoding in range(7)},
    **{(3, encoding): "utf_16_be" for encoding in (0, 1, 10)},
    (3, 2): "cp932",
    (3, 3): "gb18030",
    (3, 4): "cp950",
    (3, 5): "cp949",
    (1, 0): "mac_roman",
    (1, 1): "cp932",
    (1, 2): "cp950",
    (1, 3): "cp949",
}
_ENGLISH = ((1, 0), (3, 0x409))  # platform and language
# Platform and encoding of Unicode's characters, the most complete ones first.
_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))


class TableUnreadable(Exception):
    """A table is missing or broken."""


def read_names(font: BinaryIO, ids: Collection[int]) -> dict[int, str]:
    """The font's names with these ids, in English if there are several languages.

    Names longer than 1,024 bytes are left out. Raises TableUnreadable.
    """
    names: dict[int, str] = {}
    in_english: set[int] = set()
    table = _read_table(font, b"name", _NAME_BYTES)
    try:
        _, count, start = struct.unpack_from(">3H", table)
        for record in _records(_NAME_RECORD, table, 6, count):
            platform, encoding, language, name, length, offset = record
            if name not in ids or name in in_english or length > _LONGEST_NAME:
                continue
            begin = start + offset
            if text := _decoded(table[begin : begin + length], (platform, encoding)):
                names[name] = text
                in_english.update({name} if (platform, language) in _ENGLISH else ())
    except struct.error:
        raise TableUnreadable("its table name is broken") from None
    return names


def read_characters(font: BinaryIO) -> str:
    """The characters that the font has glyphs for, in the format of `reelbatch.engines.characters`.

    The result is empty if the table has an unusual form, or more ranges than any font needs. Raises
    TableUnreadable if the font has no such table.
    """
    table = _read_table(font, b"cmap", _CMAP_BYTES)
    try:
        ranges = list(islice(merged(_in_order(_ranges(table))), _MAX_RANGES + 1))
    except (struct.error, IndexError, _Unusual):
        return ""
    return ranges_as_text(ranges) if len(ranges) <= _MAX_RANGES else ""


class _Unusual(Exception):
    pass


def _read_table(font: BinaryIO, tag: bytes, most: int) -> bytes:
    """Up to `most` bytes of a table. Raises TableUnreadable."""
    font.seek(4)
    count = int.from_bytes(font.read(2))
    font.seek(12)
    directory = font.read(_DIRECTORY_ENTRY.size * min(count, _MAX_TABLES))
    whole_entries = len(directory) - len(directory) % _DIRECTORY_ENTRY.size
    for found, _, offset, length in _DIRECTORY_ENTRY.iter_unpack(directory[:whole_entries]):
        if found == tag:
            font.seek(offset)
            table = font.read(min(length, most))
            if len(table) < min(length, most):
                break
            return table
    raise TableUnreadable(f"its table {tag.decode()} is missing or incomplete")


def _records(form: struct.Struct, table: bytes, start: int, count: int) -> Iterator[Sequence[int]]:
    """Raises struct.error if the table ends too early."""
    return (form.unpack_from(table, start + number * form.size) for number in range(count))


def _decoded(content: bytes, encoding: tuple[int, int]) -> str:
    """The text; empty if it is broken or its encoding is unknown."""
    try:
        return content.decode(_TEXT_ENCODINGS.get(encoding, "ascii"))
    except UnicodeDecodeError:
        return ""


def _ranges(table: bytes) -> Iterator[Range]:
    """The ranges in the best subtable. Raises struct.error, IndexError or _Unusual."""
    (count,) = struct.unpack_from(">H", table, 2)
    offsets = {
        (platform, encoding): offset
        for platform, encoding, offset in _records(_CMAP_RECORD, table, 4, count)
    }
    for key in filter(offsets.__contains__, _UNICODE):
        match int.from_bytes(table[offsets[key] :][:2]):
            case 4:
                return _of_segments(table[offsets[key] :][:_SEGMENT_BYTES])
            case 12:
                return _of_groups(table[offsets[key] :])
            case _:
                pass
    raise _Unusual


def _of_groups(table: bytes) -> Iterator[Range]:
    """Format 12. The glyph 0 stands for missing characters."""
    (count,) = struct.unpack_from(">I", table, 12)
    for first, last, glyph in _records(_GROUP, table, 16, count):
        if first < last or glyph:
            yield first + (glyph == 0), last


def _of_segments(table: bytes) -> Iterator[Range]:
    """Format 4, for characters up to U+FFFF."""
    count = int.from_bytes(table[6:8]) // 2
    words = struct.unpack_from(f">{len(table) // 2 - 7}H", table, 14)
    lasts, firsts = words[:count], words[count + 1 :]
    deltas, offsets = words[2 * count + 1 :], words[3 * count + 1 :]
    for number, (first, last) in enumerate(_in_order(zip(firsts, lasts, strict=False))):
        delta, offset = deltas[number], offsets[number]
        for character in range(first, last + 1):
            # An offset counts from its own place, in bytes.
            glyph = offsets[number + offset // 2 + character - first] if offset else character
            if (glyph or not offset) and (glyph + delta) % 0x10000:
                yield character, character


def _in_order(ranges: Iterable[Range]) -> Iterator[Range]:
    """Raises _Unusual for overlapping ranges, which could take hours to read."""
    before = -1
    for first, last in ranges:
        if not before < first <= last <= sys.maxunicode:
            raise _Unusual
        before = last
        yield first, last
