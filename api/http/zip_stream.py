"""ZIP archives that are sent while they are written, with only one piece in memory at a time."""

import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ZipEntry:
    """A file in the archive; its `size` in bytes decides whether it needs ZIP64."""

    name: str
    size: int
    modified_at: datetime
    content: AsyncIterable[bytes]


async def zip_stream(entries: AsyncIterable[ZipEntry]) -> AsyncGenerator[bytes]:
    """The archive in pieces. Files are stored uncompressed: films and pictures barely shrink.

    Sizes and checksums follow the contents (APPNOTE.TXT, 4.3.9), since they are not known before.
    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
    """
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as archive:
        async for entry in entries:
            info = zipfile.ZipInfo(entry.name, entry.modified_at.timetuple()[:6])
            info.file_size = entry.size
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as file:
                async for chunk in entry.content:
                    file.write(chunk)
                    yield outbox.take()
    yield outbox.take()


class _Outbox(io.RawIOBase):
    """Data that is written but not yet sent. It cannot seek, so zipfile writes a stream."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any, /) -> int:
        """`piece` is any buffer; it is copied, because its owner may reuse it."""
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
