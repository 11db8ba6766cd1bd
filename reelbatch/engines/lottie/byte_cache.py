"""Caches results for the next renders of this process.

A render process works for one team after another. So a cached value is a pure function of its key,
a key contains the hash of every input, and values are bytes. No render can change what another one
gets, and only those who bring the same template can find its entry.
"""

from collections.abc import Hashable
from hashlib import sha256

from cachetools import LRUCache

_LARGEST_SHARE = 4  # a value takes at most a quarter of the cache


class ByteCache(LRUCache[Hashable, bytes]):
    """The most recently used values, up to `capacity` bytes in total."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, getsizeof=len)

    def put(self, key: Hashable, value: bytes) -> None:
        """Store `value` unless it is too large; the least recently used values make room."""
        if len(value) <= self.maxsize // _LARGEST_SHARE:
            self[key] = value


def content_key(content: bytes) -> bytes:
    """A hash that identifies `content` in a key."""
    return sha256(content).digest()
