"""Checks whether a WOFF font may be unpacked, because fontTools unpacks fonts of any size.

A WOFF (https://www.w3.org/TR/WOFF/) is a header, a directory with an entry per table, and the
tables, each compressed with zlib if that makes it smaller.
"""

import struct
import zlib

_SIGNATURE = b"wOFF"
_HEADER_SIZE = 44
_ENTRY = struct.Struct(">4sIIII")  # tag, offset, packed length, length, checksum
_LARGEST = 64 * 1024**2  # bytes of all tables; the largest Chinese fonts have 30 MB


def check_unpacked_size(content: bytes) -> None:
    """Raise ValueError if a WOFF unpacks to too many bytes, or to more than it declares."""
    if not content.startswith(_SIGNATURE):
        return
    (count,) = struct.unpack_from(">H", content, 12)
    total = 0
    for number in range(count):
        entry = _ENTRY.unpack_from(content, _HEADER_SIZE + number * _ENTRY.size)
        _, offset, packed, length, _ = entry
        total += length
        if total > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST // 1024**2} MiB unpacked")
        if packed < length:
            unpacker = zlib.decompressobj()
            unpacker.decompress(content[offset : offset + packed], length)
            if unpacker.unconsumed_tail:
                raise ValueError("a table is larger than the font declares")
