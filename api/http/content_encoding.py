"""Compressed request bodies (RFC 9110, 8.4). No I/O of its own."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator

from reelbatch.models.errors import BodyTooLarge, RequestError, UnsupportedMediaType

_PIECE = 64 * 1024  # bytes that are unpacked at a time
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header and checksum


def unpacked(
    pieces: AsyncIterable[bytes], encoding: str | None, limit: int
) -> AsyncIterable[bytes]:
    """The body's pieces without their Content-Encoding.

    Raises UnsupportedMediaType, and while it is read RequestError for what is not gzip, and
    BodyTooLarge as soon as the content passes `limit` bytes, however small its packed form is.
    """
    match (encoding or "identity").strip().lower():
        case "identity":
            return pieces
        case "gzip" | "x-gzip":
            return _gunzip(pieces, limit)
        case other:
            raise UnsupportedMediaType(
                f"The Content-Encoding {other[:40]} is not supported: send gzip or identity."
            )


async def _gunzip(pieces: AsyncIterable[bytes], limit: int) -> AsyncIterator[bytes]:
    gunzip = _Gunzip()
    size = 0
    async for packed in pieces:
        for piece in gunzip.feed(packed):
            size += len(piece)
            if size > limit:
                raise BodyTooLarge(
                    f"The body is larger than the {limit} bytes that this server takes, unpacked."
                )
            yield piece
    if not gunzip.is_complete:
        raise RequestError("The body is not complete: its gzip data ends too early.")


class _Gunzip:
    """Unpacks gzip data, also of several members one after another (RFC 1952, 2.2)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._started = False

    @property
    def is_complete(self) -> bool:
        return self._member.eof or not self._started

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Raises RequestError for what is not gzip."""
        while packed:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            self._started = True
            try:
                piece = self._member.decompress(packed, _PIECE)
            except zlib.error as error:
                raise RequestError(f"The body is not gzip: {error}.") from None
            if piece:
                yield piece
            packed = self._member.unconsumed_tail or self._member.unused_data
