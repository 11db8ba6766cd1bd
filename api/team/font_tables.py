"""What the API reads of a font that anybody may have sent: its names, and which characters it has.

Two tables are read, each up to a bound and each of their records once, so that no font costs more
than a legitimate one. All else of a font is read in confined render processes. The tables are
described at https://learn.microsoft.com/typography/opentype/spec, as `name` and `cmap`.
"""

import struct
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from reelbatch.engines.characters import Range, merged, ranges_as_text

_MOST_TABLES = 512  # fonts have 10 to 40
_NAME_BYTES = 3 * 65_535  # offsets in the table are of 16 bits
_CMAP_BYTES = 4 * 1024**2  # the largest fonts for Chinese have half of one MiB
_SEGMENT_BYTES = 512 * 1024  # all that offsets of 16 bits can lead to
_LONGEST_NAME = 1024  # bytes
_MOST_RANGES = 20_000  # of characters; fonts with all of Chinese have 6,000

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
    """The names with these ids that the font has, in English where it has several languages.

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
    """The characters that the font has glyphs for, as `reelbatch.engines.characters` writes them.

    It is empty where they are given in an unusual form, or in more pieces than any font needs.
    Raises TableUnreadable where the font has no table of them.
    """
    table = _read_table(font, b"cmap", _CMAP_BYTES)
    try:
        ranges = list(islice(merged(_in_order(_ranges(table))), _MOST_RANGES + 1))
    except (struct.error, IndexError, _Unusual):
        return ""
    return ranges_as_text(ranges) if len(ranges) <= _MOST_RANGES else ""


class _Unusual(Exception):
    pass


def _read_table(font: BinaryIO, tag: bytes, most: int) -> bytes:
    """Up to `most` bytes of a table. Raises TableUnreadable."""
    font.seek(4)
    count = int.from_bytes(font.read(2))
    font.seek(12)
    directory = font.read(_DIRECTORY_ENTRY.size * min(count, _MOST_TABLES))
    whole_entries = len(directory) - len(directory) % _DIRECTORY_ENTRY.size
    for found, _, offset, length in _DIRECTORY_ENTRY.iter_unpack(directory[:whole_entries]):
        if found == tag:
            font.seek(offset)
            table = font.read(min(length, most))
            if len(table) < min(length, most):
                break
            return table
    raise TableUnreadable(f"its table {tag.decode()} is not there, or not all of it")


def _records(form: struct.Struct, table: bytes, start: int, count: int) -> Iterator[Sequence[int]]:
    """Raises struct.error where the table ends too early."""
    return (form.unpack_from(table, start + number * form.size) for number in range(count))


def _decoded(content: bytes, encoding: tuple[int, int]) -> str:
    """Nothing where the text is broken or its encoding unknown."""
    try:
        return content.decode(_TEXT_ENCODINGS.get(encoding, "ascii"))
    except UnicodeDecodeError:
        return ""


def _ranges(table: bytes) -> Iterator[Range]:
    """First and last characters, by the best table. Raises struct.error, IndexError or _Unusual."""
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
    """Format 12. The glyph 0 is for what a font lacks."""
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
    """Raises _Unusual for ranges that overlap, which could be read for hours."""
    before = -1
    for first, last in ranges:
        if not before < first <= last <= sys.maxunicode:
            raise _Unusual
        before = last
        yield first, last
