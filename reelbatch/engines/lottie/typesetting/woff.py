"""Whether a WOFF font may be unpacked: fontTools unpacks whatever is in it, without a bound.

A WOFF (https://www.w3.org/TR/WOFF/) is a header, a directory with an entry a table, and the tables,
each packed by zlib where that makes it smaller.
"""

import struct
import zlib

_SIGNATURE = b"wOFF"
_HEADER_SIZE = 44
_ENTRY = struct.Struct(">4sIIII")  # tag, offset, packed length, length, checksum
_LARGEST = 64 * 1024**2  # bytes of all tables; the largest fonts for Chinese have 30 MB


def check_unpacked_size(content: bytes) -> None:
    """Raises ValueError where a WOFF unpacks to too much, or to more than it states."""
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
